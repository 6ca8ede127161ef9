import { workspace } from 'vscode';
import { norms, type Norm } from '../core/bound.ts';
import { defaultRequest, type InspectionRequest } from '../core/inspection/request.ts';
import type { Question } from './questions.ts';

const providers = [
  'auto',
  'cpu',
  'webgpu',
  'cuda',
  'dml',
  'coreml',
] as const satisfies readonly InspectionRequest['provider'][];

const section = 'lipschitz';

/** Read at the moment of use, so that a change counts from the next inspection on. Nonsense in settings.json gives the default. */
export function requestFor(file: string, question: Question = {}): InspectionRequest {
  const request = defaultRequest(file);
  const configuration = workspace.getConfiguration(section);
  return {
    ...request,
    norm: oneOf<Norm>(norms, configuration.get('norm'), request.norm),
    budgetSeconds: within(configuration.get('budgetSeconds'), 0.1, 86_400, request.budgetSeconds),
    provider: oneOf(providers, configuration.get('provider'), request.provider),
    threads: Math.floor(within(configuration.get('threads'), 0, 1024, request.threads)),
    ...question,
  };
}

export interface WorkerSettings {
  readonly memoryLimitMB: number;
  readonly idleSeconds: number;
}

export function workerSettings(): WorkerSettings {
  const configuration = workspace.getConfiguration(section);
  return {
    memoryLimitMB: within(configuration.get('memoryLimitMb'), 256, 1_048_576, 4096),
    idleSeconds: within(configuration.get('idleShutdownSeconds'), 1, 86_400, 300),
  };
}

export const mapBudgetSeconds = (): number =>
  within(workspace.getConfiguration(section).get('mapBudgetSeconds'), 0.1, 86_400, 60);

export const annotationsEnabled = (): boolean =>
  workspace.getConfiguration(section).get<unknown>('annotations.enabled') !== false;

export const classLensEnabled = (): boolean =>
  annotationsEnabled() && workspace.getConfiguration(section).get<unknown>('annotations.codeLens') !== false;

export const inlayHintsEnabled = (): boolean =>
  annotationsEnabled() && workspace.getConfiguration(section).get<unknown>('annotations.inlayHints') === true;

export const linkedSelectionEnabled = (): boolean =>
  annotationsEnabled() && workspace.getConfiguration(section).get<unknown>('annotations.linkedSelection') !== false;

const oneOf = <T extends string>(allowed: readonly T[], value: unknown, otherwise: T): T =>
  allowed.find((one) => one === value) ?? otherwise;

const within = (value: unknown, low: number, high: number, otherwise: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
