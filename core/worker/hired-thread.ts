import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Cancelled } from '../compute/work.ts';
import type { Hand } from '../inspection/crew.ts';
import type { FromThread } from './hired-thread-messages.ts';

/** More would only wait for memory. */
const mostThreads = 8;

/** A bundle beside the program's. Where there is none, as in tests of the sources, nobody is hired. */
export const besideTheProgram = (name: string): string => join(dirname(realpathSync(process.argv[1]!)), name);

/** Starts a thread for every core, or for as many as are wanted; each comes when it is ready. */
export function hireThreads<Task, Result>(
  path: string,
  start: unknown,
  signal: AbortSignal,
  { threads, most = mostThreads }: { readonly threads: number; readonly most?: number },
): readonly Promise<Hand<Task, Result>>[] {
  const count = Math.min(mostThreads, most, threads > 0 ? threads : availableParallelism());
  if (count < 2 || !existsSync(path)) return [];
  return Array.from({ length: count }, () => new HiredThread<Task, Result>(path, start, signal).ready());
}

/** A thread that works on one task at a time. */
class HiredThread<Task, Result> implements Hand<Task, Result> {
  readonly #worker: Worker;
  readonly #signal: AbortSignal;
  #answer: { resolve(message: FromThread<Result>): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(path: string, start: unknown, signal: AbortSignal) {
    this.#worker = new Worker(path, { workerData: start });
    this.#signal = signal;
    this.#worker.on('message', (message: FromThread<Result>) => this.#answer?.resolve(message));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('A thread that helped with the computation ended.')));
    signal.addEventListener('abort', this.#stop, { once: true });
  }

  async ready(): Promise<this> {
    await this.#ask(undefined);
    return this;
  }

  async work(task: Task): Promise<Result> {
    const message = await this.#ask(task);
    if (message.kind !== 'done') throw new Error('A thread that helped with the computation gave no answer.');
    return message.result;
  }

  #ask(task: Task | undefined): Promise<FromThread<Result>> {
    return new Promise<FromThread<Result>>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#answer = { resolve, reject };
      if (task !== undefined) this.#worker.postMessage(task);
      else if (this.#signal.aborted) this.#stop();
    }).then((message) => {
      if (message.kind === 'failed') throw new Error(message.message);
      return message;
    });
  }

  readonly #stop = (): void => {
    this.#fail(new Cancelled());
    void this.#worker.terminate();
  };

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#answer?.reject(this.#failure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#stop);
    await this.#worker.terminate();
  }
}
