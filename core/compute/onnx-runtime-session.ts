import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Provider } from '../report/inspection.ts';
import { UserError } from '../sentence.ts';
import type { NumericArray, Session } from './engine.ts';
import type { RuntimeLibrary } from './onnx-runtime-library.ts';

export async function openSession(
  library: RuntimeLibrary,
  model: Uint8Array,
  provider: Provider,
  threads: number,
): Promise<Session> {
  const options = sessionOptions(library, provider, threads);
  const session = await library.InferenceSession.create(model, options).catch((error: unknown) => {
    if (!(error instanceof Error) || !fusedAway.test(error.message)) throw error;
    return library.InferenceSession.create(model, { ...options, graphOptimizationLevel: 'basic' });
  });
  return new OnnxSession(library, session);
}

/** It melts x sigmoid(x) into an operator that it can only compute in float32, also where the file computes in float64. */
const fusedAway = /Failed to find kernel for com\.microsoft\.\S+ \(node:'[^']*Fusion/;

/**
 * ONNX Runtime 1.30 melts a margin of zeros into the MaxPool behind it, whose own margin counts as less than everything: where all entries are
 * below zero the maximum comes out as theirs instead of 0.
 */
const truthful = { optimization: { disable_specified_optimizers: 'Pad_Fusion' } };

/** Everything less comes as an exception too. */
const fatal = 4;

function sessionOptions(library: RuntimeLibrary, provider: Provider, threads: number): InferenceSession.SessionOptions {
  if (library.runtime === 'wasm') return { executionProviders: ['wasm'], logSeverityLevel: fatal, extra: truthful };
  return {
    // Alone: beside 'cpu', a provider that is missing would be dropped in silence. ONNX Runtime itself places the nodes that a
    // provider lacks on the CPU.
    executionProviders: [provider],
    logSeverityLevel: fatal,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Every session has a pool and an arena of its own and an inspection opens dozens. Spinning pools steal cores from each other
    // (2 threads on 2 busy cores: 0.65 ms a run without, 1.3 ms with), and arenas keep their peak until the session ends, for
    // no measurable gain.
    extra: { session: { intra_op: { allow_spinning: '0' } }, ...truthful },
    enableCpuMemArena: false,
    enableMemPattern: false,
  };
}

class OnnxSession implements Session {
  readonly #library: RuntimeLibrary;
  readonly #session: InferenceSession;
  #disposed = false;

  constructor(library: RuntimeLibrary, session: InferenceSession) {
    this.#library = library;
    this.#session = session;
  }

  async run(
    inputs: Readonly<Record<string, NumericArray>>,
    into: Readonly<Record<string, NumericArray>> = {},
  ): Promise<Readonly<Record<string, NumericArray>>> {
    if (this.#disposed) throw new Error('The session was used after it was disposed.');
    const names = Object.keys(into);
    // The WebAssembly build takes given results, but leaves them as they are.
    const given = names.length > 0 && this.#library.runtime !== 'wasm';
    const results = given
      ? await this.#session.run(this.#tensors(inputs), this.#tensors(into))
      : await this.#session.run(this.#tensors(inputs));
    if (names.length === 0 || given)
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, into[name] ?? arrayOf(name, tensor)])); // prettier-ignore
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => {
        const wanted = into[name];
        const found = arrayOf(name, tensor);
        if (wanted === undefined) return [name, found];
        (wanted.data as Float64Array).set(found.data as Float64Array);
        return [name, wanted];
      }),
    );
  }

  #tensors(arrays: Readonly<Record<string, NumericArray>>): Record<string, Tensor> {
    return Object.fromEntries(
      Object.entries(arrays).map((array) => [array[0], tensorOf(this.#library, array)] as const),
    );
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#session.release();
  }
}

const computable = [
  'float32',
  'float64',
  'int64',
  'uint64',
  'int32',
  'uint32',
  'int16',
  'uint16',
  'int8',
  'uint8',
  'bool',
] as const;
type Computable = (typeof computable)[number];
const isComputable = (type: string): type is Computable => (computable as readonly string[]).includes(type);

function tensorOf(library: RuntimeLibrary, [name, { type, shape, data }]: readonly [string, NumericArray]): Tensor {
  if (!isComputable(type)) throw new UserError(`The input "${name}" is of type ${type}, which is not computed with.`);
  return new library.Tensor(type, data, [...shape]);
}

function arrayOf(name: string, { type, dims, data }: Tensor): NumericArray {
  if (!isComputable(type)) {
    throw new UserError(
      `The output "${name}" is of type ${type}, which is not computed with: let the model end in float32 or float64.`,
    );
  }
  return { type, shape: dims, data: data as NumericArray['data'] };
}
