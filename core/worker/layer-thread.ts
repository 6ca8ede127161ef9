import { openEngine } from '../compute/onnx-runtime.ts';
import { AffineMaps } from '../inspection/affine-maps.ts';
import { LayerHand } from '../inspection/layer-hand.ts';
import { openNetwork, prepareFor } from '../inspection/open-model.ts';
import { startPace } from '../inspection/pace.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import { serveThread } from './serve-thread.ts';

/** The main module of a thread that works on the layers of a network. What it opens ends with the thread. */
await serveThread(async (request: InspectionRequest) => {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const { analysed } = await prepareFor(request, openNetwork(request).network, engine);
  const pace = startPace(engine, new AbortController().signal, request.budgetSeconds);
  return new LayerHand(analysed, new AffineMaps(analysed), pace);
});
