import type { FailedInspection, Inspection } from '../report/inspection.ts';
import { exitCodes, type ExitCode } from './usage.ts';

/** What the answers mean to a build that waits for them. */
export function verdict(answers: readonly (Inspection | FailedInspection)[], max: number | undefined): ExitCode {
  const read = answers.filter((answer): answer is Inspection => !('error' in answer));
  if (read.length === 0) return exitCodes.unreadable;
  const exceeded = max !== undefined && read.some((answer) => !withinLimit(answer, max));
  return exceeded || read.length < answers.length ? exitCodes.exceeded : exitCodes.done;
}

/** A limit is kept only when it is proved to be: an unbounded network exceeds every limit. */
const withinLimit = ({ lipschitz, norm }: Inspection, max: number): boolean => {
  const upper = lipschitz[norm]?.upper;
  return upper !== undefined && upper.value !== null && upper.value <= max;
};
