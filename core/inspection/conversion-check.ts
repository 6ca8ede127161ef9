import type { Engine, Session } from '../compute/engine.ts';
import type { Work } from '../compute/work.ts';
import { enclosedImage } from '../estimators/witness/certify.ts';
import type { Network } from '../network/network.ts';
import { elementCount, isFloating } from '../network/tensor.ts';
import { prepare } from '../passes/prepare.ts';
import { UserError } from '../sentence.ts';
import { startPace } from './pace.ts';

/** How far what ONNX Runtime makes of a written file is from what the network that was read is, by our own arithmetic in doubles. */
export interface ConversionCheck {
  /** Of an output's numbers, relative to 1 or to the number itself where that is larger. */
  readonly largestDifference: number;
  readonly points: number;
  /** False where every output is the same at all points, as behind units that are all off: then little was compared. */
  readonly moved: boolean;
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

interface Input {
  readonly name: string;
  readonly shape: readonly number[];
}

const points = 3;
const secondsForAll = 60;

/**
 * Runs the written file and compares it with the reading it was written from, point by point. The two share the reading but nothing that
 * computes: there ONNX Runtime's kernels in float32 on the bytes of the file, here the enclosures of our operators. A text says why nothing
 * was compared.
 */
export async function checkConversion(
  network: Network,
  bytes: Uint8Array,
  engine: Engine,
  signal: AbortSignal,
): Promise<ConversionCheck | string> {
  const inputs = network.inputs.flatMap(({ name, type, shape }): Input[] => {
    const sizes = shape?.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : undefined));
    const known = sizes?.filter((size) => size !== undefined) ?? [];
    return isFloating(type) && known.length === sizes?.length ? [{ name, shape: known }] : [];
  });
  if (inputs.length < network.inputs.length || inputs.length === 0)
    return 'a size of its input is free, or its input is not of decimals';
  const session = await engine.open(bytes, 'cpu');
  try {
    return await compared(network, inputs, session, startPace(engine, signal, secondsForAll).until(secondsForAll));
  } finally {
    await session.dispose();
  }
}

async function compared(
  network: Network,
  inputs: readonly Input[],
  session: Session,
  work: Work,
): Promise<ConversionCheck | string> {
  let largestDifference = 0;
  let moved = false;
  const first = new Map<string, ArrayLike<number>>();
  let shapes: { readonly name: string; readonly shape: readonly number[] }[] = [];
  for (let point = 0; point < points; point++) {
    const values = new Map(inputs.map((input, which) => [input.name, sample(input, point, which)]));
    const results = await session.run(
      Object.fromEntries(
        inputs.map(({ name, shape }) => [name, { type: 'float32' as const, shape, data: values.get(name)! }]),
      ),
    );
    shapes = network.outputs.map(({ name }) => ({ name, shape: results[name]!.shape }));
    const [free, ...others] = inputs;
    const held = new Map(others.map(({ name }) => [name, Float64Array.from(values.get(name)!)]));
    for (const { name } of network.outputs) {
      try {
        const { runnable, output } = await prepare(
          network,
          { input: free!.name, output: name, dims: {}, held },
          work.engine,
        );
        const own = await enclosedImage(runnable, output, Array.from(values.get(free!.name)!), work);
        if (own === undefined)
          return `not all of its operators have an arithmetic of our own, or it takes longer than ${secondsForAll} s`;
        const given = results[name]!.data as ArrayLike<number>;
        const before = first.get(name) ?? given;
        first.set(name, before);
        moved ||= Array.from(given).some((value, i) => value !== before[i]);
        largestDifference = Math.max(largestDifference, farthest(given, own.lower, own.upper));
      } catch (error) {
        if (error instanceof UserError) return error.message;
        throw error;
      }
    }
  }
  return { largestDifference, points, moved, outputs: shapes };
}

/** Numbers of both signs, others for each input, up to 1/2 at the first point and twice as far at each after it: units may be off near 0. */
const sample = ({ shape }: Input, point: number, which: number): Float32Array =>
  Float32Array.from(
    { length: elementCount(shape) },
    (_, i) => Math.sin((i + 1) * (1 + (point + points * which) / 7)) * 2 ** (point - 1),
  );

function farthest(given: ArrayLike<number>, lower: Float64Array, upper: Float64Array): number {
  if (given.length !== lower.length) return Number.POSITIVE_INFINITY;
  return lower.reduce((most, low, i) => {
    // An interval of some width stands where a comparison is exactly at its threshold: what lies in it may be right.
    const apart = Math.max(low - Number(given[i]), Number(given[i]) - upper[i]!, 0) / Math.max(1, Math.abs(low));
    return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(most, apart);
  }, 0);
}
