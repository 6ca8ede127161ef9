import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '../compute/onnx-runtime.ts';
import { CellHand } from '../inspection/cell-hand.ts';
import type { MapRequest } from '../inspection/map-request.ts';
import { openModel } from '../inspection/open-model.ts';
import { startPace } from '../inspection/pace.ts';
import type { FromThread, ToThread } from './map-thread-messages.ts';

/** A thread's main module: opens the model of its request, then works on blocks of cells until it is ended from outside. */
const request = workerData as MapRequest;
const say = (message: FromThread): void => parentPort!.postMessage(message);
const failed = (error: unknown): void => say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }); // prettier-ignore

try {
  const engine = await openEngine({ provider: 'cpu', threads: request.threads });
  // What is open ends with the thread.
  const model = await openModel(request, engine);
  const hand = new CellHand(request, model, startPace(engine, new AbortController().signal, request.budgetSeconds));
  parentPort!.on('message', (task: ToThread) => {
    hand.work(task).then((cells) => say({ kind: 'cells', cells }), failed);
  });
  await hand.method();
  say({ kind: 'ready' });
} catch (error) {
  failed(error);
}
