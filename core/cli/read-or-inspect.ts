import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Engine } from '../compute/engine.ts';
import { readInspection } from '../inspection/read-inspection.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import type { Inspection } from '../report/inspection.ts';
import { runInspection } from './run-inspection.ts';

/** More than that is no inspection of ours, and not worth reading to find out. */
const mostBytes = 512 * 2 ** 20;

/** A model, or what an earlier run said of one: JSON that `inspect --json` wrote is taken as it is. */
export async function readOrInspect(
  request: InspectionRequest,
  engineFor: () => Promise<Engine>,
  signal: AbortSignal,
): Promise<Inspection> {
  const earlier = await earlierInspection(request.file);
  return earlier ?? runInspection(request, await engineFor(), signal);
}

/** undefined for anything else, a TensorFlow.js model.json among them: what is wrong with it the reader of models says. */
async function earlierInspection(file: string): Promise<Inspection | undefined> {
  if (!file.toLowerCase().endsWith('.json')) return undefined;
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || found.size > mostBytes) return undefined;
  const text = await readFile(file, 'utf8');
  return /"format"\s*:\s*"lipschitz-inspection"/.test(text.slice(0, 1000))
    ? readInspection(text, basename(file))
    : undefined;
}
