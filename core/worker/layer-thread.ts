import { openEngine } from '../compute/onnx-runtime.ts';
import { LayerHand } from '../inspection/layer-hand.ts';
import { startPace } from '../inspection/pace.ts';
import { type SentLayer, Unpacking } from './sent-layer.ts';
import { serveThread } from './serve-thread.ts';

/** The main module of a thread that works on the layers of a network. What it opens ends with the thread. */
await serveThread(async () => {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const hand = new LayerHand(startPace(engine, new AbortController().signal, Number.POSITIVE_INFINITY));
  const unpacking = new Unpacking();
  return { work: (sent: SentLayer) => hand.work(unpacking.layer(sent)) };
});
