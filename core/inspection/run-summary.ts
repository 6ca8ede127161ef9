import { arch, availableParallelism, cpus, release, type } from 'node:os';
import type { InspectionRequest } from './request.ts';
import type { RunSummary } from '../report/inspection.ts';

/** When and where an inspection is computed, and how long it may take: of the machine only its kind, nothing that names it. */
export const runSummary = ({ budgetSeconds }: InspectionRequest): RunSummary => ({
  startedAt: new Date().toISOString(),
  budgetSeconds,
  system: `${type()} ${/^[\d.]*\d/.exec(release())?.[0] ?? ''} ${arch()}`,
  runtime: `Node ${process.versions.node}`,
  processor: `${availableParallelism()} × ${cpus()[0]?.model.trim() || 'unknown processor'}`,
});
