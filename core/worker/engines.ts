import type { Engine } from '../compute/engine.ts';
import { openEngine, type EngineOptions } from '../compute/onnx-runtime.ts';

/**
 * The engines of this process, opened when first asked for and kept: loading ONNX Runtime takes 0.1 s, and trying a GPU up to
 * seconds.
 */
export class Engines {
  readonly #open = new Map<string, Promise<Engine>>();

  async use<T>({ provider, threads }: EngineOptions, work: (engine: Engine) => Promise<T>): Promise<T> {
    const key = `${provider} ${threads}`;
    const opening = this.#open.get(key) ?? openEngine({ provider, threads, onNotice: print });
    this.#open.set(key, opening);
    try {
      const engine = await opening;
      const { summary } = engine;
      const result = await work(engine);
      // It moved work to the CPU on the way, which is told of this model and must not be told of the next.
      if (engine.summary !== summary) await this.#close(key, engine);
      return result;
    } catch (error) {
      // Whatever state the failure left it in, the next call gets a fresh one.
      this.#open.delete(key);
      await opening.then(
        (engine) => engine.dispose(),
        () => undefined,
      );
      throw error;
    }
  }

  async #close(key: string, engine: Engine): Promise<void> {
    this.#open.delete(key);
    await engine.dispose();
  }
}

/** The parent writes it to the log; that a result was computed elsewhere stands in the result itself. */
const print = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
