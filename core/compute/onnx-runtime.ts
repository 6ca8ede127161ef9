import { availableParallelism } from 'node:os';
import type { EngineSummary, Provider } from '../report/inspection.ts';
import type { Engine, Session } from './engine.ts';
import { loadRuntime, type RuntimeLibrary } from './onnx-runtime-library.ts';
import { openRescued } from './onnx-runtime-rescue.ts';
import { answersRightly, selfTestModel } from './onnx-runtime-self-test.ts';
import { openSession } from './onnx-runtime-session.ts';

export interface EngineOptions {
  readonly provider: 'auto' | Provider;
  /** 0: one per core, 8 at most, for the graphs here do not scale further. */
  readonly threads: number;
  /** Told, in a sentence for the user, when something computes elsewhere than was asked for. */
  readonly onNotice?: (sentence: string) => void;
  /** 'wasm' does not even try the native library. */
  readonly runtime?: 'native' | 'wasm';
}

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const threads = options.threads > 0 ? options.threads : Math.min(8, availableParallelism());
  const library = await loadRuntime(options.runtime ?? 'native', threads);
  if (library.notice !== undefined) options.onNotice?.(library.notice);
  const wanted = chooseProvider(options.provider);
  const failure = wanted === 'cpu' ? undefined : await probe(library, wanted, threads);
  const fallback = failure ?? library.notice;
  if (failure !== undefined) options.onNotice?.(failure);
  return new OnnxEngine(
    library,
    {
      provider: failure === undefined ? wanted : 'cpu',
      threads,
      runtime: library.runtime,
      ...(fallback === undefined ? {} : { fallback }),
    },
    options.onNotice,
  );
}

/**
 * `auto` is the CPU. Asking for a GPU where there is none is harmless (an error after 2 ms), but where there is one it costs the
 * seconds that the first shaders take, the adapter may be a software one 100 times slower than the CPU (the API does not tell), and
 * the graphs of an inspection are small: launching their kernels takes longer than computing them. Who has work for a GPU names it.
 */
const chooseProvider = (asked: 'auto' | Provider): Provider => (asked === 'auto' ? 'cpu' : asked);

const titles: Readonly<Record<Provider, string>> = {
  cpu: 'The CPU',
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'Core ML',
};

/** Undefined when the provider works; otherwise the sentence that says why it does not. */
async function probe(library: RuntimeLibrary, provider: Provider, threads: number): Promise<string | undefined> {
  const sentence = (reason: string): string =>
    `${titles[provider]} cannot be used here (${reason}), so the CPU computes instead.`;
  if (library.runtime === 'wasm') return sentence('the WebAssembly build of ONNX Runtime has no GPU');
  let session: Session | undefined;
  try {
    session = await openSession(library, selfTestModel, provider, threads);
    return (await answersRightly(session)) ? undefined : sentence('it computed a test graph wrongly');
  } catch (error) {
    return sentence(reasonOf(error));
  } finally {
    await session?.dispose();
  }
}

/** ONNX Runtime prefixes its messages with C++ paths and signatures; what a user can read comes after them. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const readable = prefixes.reduce((rest, prefix) => prefix.exec(rest)?.[1] ?? rest, message.split('\n')[0]!);
  const sentence = readable.trim().replace(/\.$/, '');
  return sentence.length > 160 ? `${sentence.slice(0, 160)}…` : sentence;
}

const prefixes: readonly RegExp[] = [
  /ERR: (.*)/,
  /was false\. (.*)/,
  /Status Message: (.*)/,
  /^Ort\w+: (.*)/,
  /^\S+\.(?:cc|cpp|h):\d+ \S+ (.*)/,
];

class OnnxEngine implements Engine {
  readonly #library: RuntimeLibrary;
  readonly #onNotice: ((sentence: string) => void) | undefined;
  readonly #open = new Set<Session>();
  #summary: EngineSummary;

  constructor(library: RuntimeLibrary, summary: EngineSummary, onNotice: ((sentence: string) => void) | undefined) {
    this.#library = library;
    this.#summary = summary;
    this.#onNotice = onNotice;
  }

  get summary(): EngineSummary {
    return this.#summary;
  }

  async open(model: Uint8Array, on: 'chosen' | 'cpu'): Promise<Session> {
    const { provider } = this.#summary;
    const session =
      on === 'cpu' || provider === 'cpu'
        ? await this.#openOn(model, 'cpu')
        : await openRescued(
            () => this.#openOn(model, provider),
            () => this.#openOn(model, 'cpu'),
            this.#noteFallback,
          );
    return this.#tracked(session);
  }

  async dispose(): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map((session) => session.dispose()));
  }

  #openOn(model: Uint8Array, provider: Provider): Promise<Session> {
    return openSession(this.#library, model, provider, this.#summary.threads);
  }

  /** Said once: the graphs that a provider cannot run are often many, and always for the same reason. */
  readonly #noteFallback = (error: unknown): void => {
    if (this.#summary.fallback !== undefined) return;
    const provider = titles[this.#summary.provider];
    const fallback = `${provider} could not run a part of the work (${reasonOf(error)}), so the CPU computed that part.`;
    this.#summary = { ...this.#summary, fallback };
    this.#onNotice?.(fallback);
  };

  #tracked(session: Session): Session {
    const tracked: Session = {
      run: (inputs, into) => session.run(inputs, into),
      dispose: () => {
        this.#open.delete(tracked);
        return session.dispose();
      },
    };
    this.#open.add(tracked);
    return tracked;
  }
}
