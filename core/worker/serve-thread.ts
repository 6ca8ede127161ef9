import { parentPort, workerData } from 'node:worker_threads';
import type { Hand } from '../inspection/crew.ts';
import type { FromThread } from './hired-thread-messages.ts';

/** The thread's side: opens what its start asks for, then works on task after task until it is ended from outside. */
export async function serveThread<Task, Result>(
  open: (start: never) => Promise<Pick<Hand<Task, Result>, 'work'>>,
): Promise<void> {
  const say = (message: FromThread<Result>): void => parentPort!.postMessage(message);
  const failed = (error: unknown): void => say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }); // prettier-ignore
  try {
    const hand = await open(workerData as never);
    parentPort!.on('message', (task: Task) => {
      hand.work(task).then((result) => say({ kind: 'done', result }), failed);
    });
    say({ kind: 'ready' });
  } catch (error) {
    failed(error);
  }
}
