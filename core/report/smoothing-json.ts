import { writtenJson } from './json.ts';
import type { SmoothingReport } from './smoothing.ts';

/** The contract of REPORT-FORMAT.md. What the panel computes with stays out of it. */
export function smoothingJson(report: SmoothingReport): string {
  return writtenJson({ ...report, problem: undefined }, 'the smoothing');
}
