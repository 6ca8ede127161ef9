import { basename } from 'node:path';
import type { Engine } from '../compute/engine.ts';
import { smooth } from '../inspection/smooth.ts';
import type { SmoothingRequest } from '../inspection/smooth-request.ts';
import type { SmoothingReport } from '../report/smoothing.ts';
import { progressLine } from './progress.ts';

export interface SmoothingOutcome {
  readonly report: SmoothingReport;
  readonly model: Uint8Array | undefined;
}

/** Runs one smoothing to its end, with progress on stderr. */
export async function runSmoothing(
  request: SmoothingRequest,
  engine: Engine,
  signal: AbortSignal,
): Promise<SmoothingOutcome> {
  const progress = progressLine(process.stderr, basename(request.file));
  let model: Uint8Array | undefined;
  let report: SmoothingReport | undefined;
  try {
    for await (const event of smooth(request, engine, signal)) {
      if (event.kind === 'activity') progress.show(event.activity, event.fraction);
      if (event.kind === 'model') model = event.bytes;
      if (event.kind === 'finished') report = event.report;
    }
  } finally {
    progress.end();
  }
  if (report === undefined) throw new Error('The smoothing ended without an answer.');
  return { report, model };
}
