import type { Engine } from '../../compute/engine.ts';
import type { InspectionRequest } from '../../inspection/request.ts';
import type { commandOptions } from '../arguments.ts';
import type { ExitCode } from '../usage.ts';

export interface Command {
  readonly options: readonly (keyof typeof commandOptions)[];
  run(args: readonly string[], engineFor: EngineFor, signal: AbortSignal): Promise<ExitCode>;
}

/** Opens the engine when the arguments are known to be right; the caller disposes it. */
export type EngineFor = (request: Pick<InspectionRequest, 'provider' | 'threads'>) => Promise<Engine>;
