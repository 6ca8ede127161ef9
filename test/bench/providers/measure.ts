import { resolve } from 'node:path';
import type { Engine, NumericArray } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { maximaFor } from '../../../core/derivatives/maxima-for.ts';
import { median } from '../figures.ts';
import { workloads, type Workload } from './workloads.ts';

/** One graph on one provider. */
export interface Measured {
  readonly name: string;
  readonly items: number;
  readonly provider: string;
  /** Milliseconds until the session stood, and of its first run, which compiles shaders on a GPU. */
  readonly opened: number;
  readonly first: number;
  /** Milliseconds of a run, inputs and outputs copied, median. */
  readonly run: number;
  /** Largest difference from the CPU's answer over the largest entry, among the points on the same side of every kink. */
  readonly apart: number;
  /** Share of points that are apart by more than rounding: another rounding put them on the other side of a kink. */
  readonly kinked: number;
  readonly fallback?: string;
}

const enough = { seconds: 1.5, runs: 15 };

/** Everything on the CPU and on the provider named, each graph after the other. */
export async function* measureProvider(
  provider: 'webgpu' | 'cuda' | 'dml' | 'coreml',
  models: string,
  threads: number,
): AsyncGenerator<Measured> {
  const cpu = await openEngine({ provider: 'cpu', threads });
  try {
    for await (const workload of workloads(models, cpu)) {
      const [reference, here] = await measureOn(cpu, workload, undefined);
      yield here;
      // An engine for each graph: what one could not run must not speak for the next.
      const engine = await openEngine({ provider, threads });
      try {
        if (engine.summary.provider === provider) yield (await measureOn(engine, workload, reference))[1];
        else throw new Error(engine.summary.fallback);
      } finally {
        await engine.dispose();
      }
    }
  } finally {
    await cpu.dispose();
  }
}

async function measureOn(
  engine: Engine,
  { name, items, model, feeds }: Workload,
  reference: Float32Array | undefined,
): Promise<readonly [Float32Array, Measured]> {
  const began = performance.now();
  const session = await engine.open(model(maximaFor(engine)), 'chosen');
  const opened = performance.now() - began;
  const numbersOf = (results: Readonly<Record<string, NumericArray>>): Float32Array =>
    Object.values(results)[0]!.data as Float32Array;
  const compiling = performance.now();
  const answer = Float32Array.from(numbersOf(await session.run(feeds)));
  const first = performance.now() - compiling;
  const times: number[] = [];
  const start = performance.now();
  while (times.length < enough.runs && performance.now() - start < 1000 * enough.seconds) {
    const from = performance.now();
    await session.run(feeds);
    times.push(performance.now() - from);
  }
  await session.dispose();
  const { provider, fallback } = engine.summary;
  const differences = reference === undefined ? { apart: 0, kinked: 0 } : compared(answer, reference, items);
  const run = median(times);
  return [answer, { name, items, provider, opened, first, run, ...differences, ...(fallback === undefined ? {} : { fallback }) }]; // prettier-ignore
}

/** Two roundings in float32 of the same sums differ by less, of the largest entry; slopes beyond a kink by far more. */
const rounding = 1e-4;

function compared(answer: Float32Array, reference: Float32Array, items: number): Pick<Measured, 'apart' | 'kinked'> {
  const groups = answer.length % items === 0 ? items : 1;
  const each = answer.length / groups;
  const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  const apart = Array.from({ length: groups }, (_, group) => {
    let most = 0;
    for (let i = group * each; i < (group + 1) * each; i++) most = Math.max(most, Math.abs(answer[i]! - reference[i]!));
    return most / largest;
  });
  const same = apart.filter((value) => value < rounding);
  return { apart: same.reduce((most, value) => Math.max(most, value), 0), kinked: 1 - same.length / groups };
}

/** The default place of the public models. */
export const publicModels = resolve(import.meta.dirname, '../../../../shared/models');
