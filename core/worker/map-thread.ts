import { openEngine } from '../compute/onnx-runtime.ts';
import { CellHand } from '../inspection/cell-hand.ts';
import type { MapRequest } from '../inspection/map-request.ts';
import { openModel } from '../inspection/open-model.ts';
import { startPace } from '../inspection/pace.ts';
import { serveThread } from './serve-thread.ts';

/** The main module of a thread that works on a map's cells. What it opens ends with the thread. */
await serveThread(async (request: MapRequest) => {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const model = await openModel(request, engine);
  const hand = new CellHand(request, model, startPace(engine, new AbortController().signal, request.budgetSeconds));
  await hand.method();
  return hand;
});
