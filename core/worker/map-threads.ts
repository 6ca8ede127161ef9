import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Cancelled } from '../compute/work.ts';
import type { CellTask, Hand } from '../inspection/cell-hand.ts';
import type { MapRequest } from '../inspection/map-request.ts';
import type { MapCells } from '../report/map.ts';
import type { FromThread, ToThread } from './map-thread-messages.ts';

/** More would only wait for memory. */
const mostThreads = 8;

/** The bundle beside the program's. Where there is none, as in tests of the sources, nobody is hired. */
const script = (): string => join(dirname(realpathSync(process.argv[1]!)), 'map-thread.mjs');

/** Starts a thread for every core; each comes when it has opened the model. A GPU is one: nobody can help it. */
export function hireThreads(request: MapRequest, signal: AbortSignal, path = script()): readonly Promise<Hand>[] {
  const threads = Math.min(mostThreads, request.threads > 0 ? request.threads : availableParallelism());
  const onCpu = request.provider === 'auto' || request.provider === 'cpu';
  if (threads < 2 || !onCpu || !existsSync(path)) return [];
  return Array.from({ length: threads }, () => new ThreadHand(path, { ...request, threads: 1 }, signal).ready());
}

class ThreadHand implements Hand {
  readonly #worker: Worker;
  readonly #signal: AbortSignal;
  #answer: { resolve(message: FromThread): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(path: string, request: MapRequest, signal: AbortSignal) {
    this.#worker = new Worker(path, { workerData: request });
    this.#signal = signal;
    this.#worker.on('message', (message: FromThread) => this.#answer?.resolve(message));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('A thread that worked on the map ended.')));
    signal.addEventListener('abort', this.#stop, { once: true });
  }

  async ready(): Promise<Hand> {
    await this.#ask(undefined);
    return this;
  }

  async work(task: CellTask): Promise<MapCells> {
    const message = await this.#ask(task);
    if (message.kind !== 'cells') throw new Error('A thread that worked on the map gave no cells.');
    return message.cells;
  }

  #ask(task: ToThread | undefined): Promise<FromThread> {
    return new Promise<FromThread>((resolve, reject) => {
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
