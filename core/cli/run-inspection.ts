import { basename } from 'node:path';
import type { Engine } from '../compute/engine.ts';
import { inspect } from '../inspection/inspect.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import type { Inspection } from '../report/inspection.ts';
import { hireForLayers } from '../worker/layer-threads.ts';
import { progressLine } from './progress.ts';

/** Runs one inspection to its end, with progress on stderr. */
export async function runInspection(
  request: InspectionRequest,
  engine: Engine,
  signal: AbortSignal,
): Promise<Inspection> {
  const progress = progressLine(process.stderr, basename(request.file));
  let finished: Inspection | undefined;
  try {
    for await (const event of inspect(request, engine, signal, hireForLayers)) {
      if (event.kind === 'activity') progress.show(event.activity, event.fraction);
      if (event.kind === 'finished') finished = event.inspection;
    }
  } finally {
    progress.end();
  }
  if (finished === undefined) throw new Error('The inspection ended without an answer.');
  return finished;
}
