import { Worker } from 'node:worker_threads';
import type { GraphLayout, GraphShape } from '../report/graph-layout.ts';
import { UserError } from '../sentence.ts';

/** Nobody waits longer for a picture, and a hostile file can hold any number of edges. */
const mostSeconds = 60;
const mostMegabytes = 2048;

/**
 * Lays a graph out in a thread of its own: the Eclipse Layout Kernel computes for seconds without pause on large graphs, and
 * whoever asks (the extension's process, the command line) has to stay awake. `script` is the bundle of layout-thread.ts.
 */
export async function layOut(shape: GraphShape, script: string, signal: AbortSignal): Promise<GraphLayout> {
  const thread = new Worker(script, {
    workerData: shape,
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(1000 * mostSeconds)]);
  try {
    return await new Promise<GraphLayout>((resolve, reject) => {
      const late = (): void =>
        reject(
          new UserError(
            signal.aborted
              ? 'The layout of the graph was cancelled.'
              : `A network of ${shape.boxes.length} nodes could not be laid out within ${mostSeconds} s.`,
          ),
        );
      if (inTime.aborted) late();
      inTime.addEventListener('abort', late, { once: true });
      thread.on('message', resolve);
      thread.on('error', reject);
      thread.on('exit', () => reject(new UserError('The thread that lays out the graph ended early.')));
    });
  } finally {
    await thread.terminate();
  }
}
