import type { Work } from '../../compute/work.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { widened, type Expansion } from './expansion.ts';

type Sums = ReadonlyMap<string, Float64Array>;

/**
 * |change of an output| for changes of the inputs of at most 1: sources first to last, each element of each sent through the linear lanes
 * to everything behind it. undefined when time runs out.
 */
export async function largestChange(expansion: Expansion, paths: Sums, work: Work): Promise<number | undefined> {
  const { steps, input, inputSize, output, targets } = expansion;
  const changes = new Map([...targets].map((name) => [name, new Float64Array(paths.get(name)!.length)]));
  const send = async (name: string, after: number, radii: Float64Array): Promise<boolean> => {
    for (const [k, radius] of radii.entries()) {
      if (work.remainingSeconds() <= 0) return false;
      await work.breathe();
      if (radius === 0) continue;
      for (const [target, image] of imagesOf(expansion, name, after, k, radius)) {
        const change = changes.get(target)!;
        for (let i = 0; i < image.length; i++) change[i]! += Math.abs(image[i]!);
      }
    }
    return true;
  };
  if (!(await send(input, 0, new Float64Array(inputSize).fill(1)))) return undefined;
  for (const [at, { to, remainder }] of steps.entries()) {
    if (remainder === undefined) continue;
    const sizes = remainder.from.map((from) => widened(changes.get(from)!, paths.get(from)!, expansion));
    if (!(await send(to, at + 1, remainder.forward(sizes)))) return undefined;
  }
  return largest(widened(changes.get(output)!, paths.get(output)!, expansion));
}

/** Sum of the changes of all outputs for a unit change of one input: the same, last to first. */
export async function largestTotal(expansion: Expansion, paths: Sums, work: Work): Promise<number | undefined> {
  const { steps, input, inputSize, output, outputSize } = expansion;
  const weights = new Map<string, Float64Array>([[output, new Float64Array(outputSize).fill(1)]]);
  const collect = async (name: string, after: number, size: number): Promise<Float64Array | undefined> => {
    const totals = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      if (work.remainingSeconds() <= 0) return undefined;
      await work.breathe();
      for (const [target, image] of imagesOf(expansion, name, after, k, 1)) {
        const weight = weights.get(target);
        if (weight !== undefined) for (let i = 0; i < image.length; i++) totals[k]! += Math.abs(image[i]!) * weight[i]!;
      }
    }
    return widened(totals, paths.get(name)!, expansion);
  };
  for (const [at, { to, size, remainder }] of [...steps.entries()].reverse()) {
    if (remainder === undefined) continue;
    const totals = await collect(to, at + 1, size);
    if (totals === undefined) return undefined;
    for (const [k, values] of remainder.backward(totals).entries()) {
      const from = remainder.from[k]!;
      const old = weights.get(from);
      weights.set(from, old === undefined ? values.slice() : values.map((value, i) => value + old[i]!));
    }
  }
  const totals = await collect(input, 0, inputSize);
  return totals && largest(totals);
}

/** factor times the k-th element of a tensor as it arrives at every target from there on, along the linear lanes. */
function imagesOf(
  { steps, targets, inputSize, input }: Expansion,
  name: string,
  after: number,
  k: number,
  factor: number,
): readonly (readonly [string, Float64Array])[] {
  const start = new Float64Array(name === input ? inputSize : steps[after - 1]!.size);
  start[k] = factor;
  const applied = (map: LinearMap, value: Float64Array): Float64Array =>
    value === start ? columnOf(map, start, k) : map.apply(value);
  const values = new Map<string, Float64Array>([[name, start]]);
  for (let at = after; at < steps.length; at++) {
    const { to, lanes } = steps[at]!;
    let sum: Float64Array | undefined;
    for (const { from, map } of lanes) {
      const value = values.get(from);
      if (value === undefined) continue;
      const image = applied(map, value);
      if (sum === undefined) sum = image;
      else for (let i = 0; i < sum.length; i++) sum[i]! += image[i]!;
    }
    if (sum !== undefined) values.set(to, sum);
  }
  return [...values].filter(([target]) => targets.has(target));
}

/** W start, where start is zero but for its k-th element: of a matrix written down, one column. */
function columnOf(map: LinearMap, start: Float64Array, k: number): Float64Array {
  const { structure } = map;
  if (structure.kind !== 'dense' || structure.repeats !== 1) return map.apply(start);
  const { matrix, inputs, outputs } = structure;
  return Float64Array.from({ length: outputs }, (_, i) => matrix[i * inputs + k]! * start[k]!);
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);
