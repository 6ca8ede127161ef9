import type { Hand } from '../inspection/crew.ts';
import type { HireForLayers } from '../inspection/layer-crew.ts';
import type { LayerFindings, LayerTask } from '../inspection/layer-hand.ts';
import { besideTheProgram, hireThreads } from './hired-thread.ts';
import { Mailbox, type SentLayer } from './sent-layer.ts';

/** Threads for the norms of layers; they are computed on the CPU whatever runs the network. */
export const hireForLayers: HireForLayers = (here, signal, room, path = besideTheProgram('layer-thread.mjs')) =>
  hireThreads<SentLayer, LayerFindings>(path, undefined, signal, room).map(
    async (coming) => new LayerThread(await coming, here),
  );

/** Sends layers to a thread. What cannot be sent is done here. */
class LayerThread implements Hand<LayerTask, LayerFindings> {
  readonly #thread: Hand<SentLayer, LayerFindings>;
  readonly #here: Hand<LayerTask, LayerFindings>;
  readonly #mailbox = new Mailbox();

  constructor(thread: Hand<SentLayer, LayerFindings>, here: Hand<LayerTask, LayerFindings>) {
    this.#thread = thread;
    this.#here = here;
  }

  work(task: LayerTask): Promise<LayerFindings> {
    const made = task.map();
    const map = made && this.#mailbox.packed(made);
    return map === undefined ? this.#here.work(task) : this.#thread.work({ ...task, map });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
  }
}
