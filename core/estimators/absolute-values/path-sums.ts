import type { Work } from '../../compute/work.ts';
import { gamma, tiny } from '../../rounding.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import type { Step } from './step.ts';

/** Rounded outward: what a map with entries of relative error `entryError` and sums of `terms` products may have lost. */
function outward(values: Float64Array, { terms, entryError }: LinearMap): Float64Array {
  const factor = 1 + gamma(2 * terms + 8) + entryError * (1 + gamma(8));
  return values.map((value) => value * factor + terms * tiny);
}

/** The remainders sum up to a window's worth of products. */
const slack = 1 + 2 ** -40;

/**
 * Per element of every tensor: by how much it changes at most when no input changes by more than 1. All paths from the inputs are summed
 * up with absolute values; the largest at the output is a bound from l-infinity to l-infinity.
 */
export async function forwardSums(
  steps: readonly Step[],
  input: string,
  size: number,
  work: Work,
): Promise<ReadonlyMap<string, Float64Array>> {
  const sums = new Map<string, Float64Array>([[input, new Float64Array(size).fill(1)]]);
  for (const { to, size: count, lanes, remainder } of steps) {
    const total = new Float64Array(count);
    const add = (values: Float64Array): void => values.forEach((value, i) => (total[i]! += value * slack));
    for (const { from, map } of lanes) {
      await work.breathe();
      const own = map();
      add(outward(own.magnitude().apply(sums.get(from)!), own));
    }
    if (remainder !== undefined) add(remainder.forward(remainder.from.map((from) => sums.get(from)!)));
    sums.set(to, total);
  }
  return sums;
}

/**
 * Per element of every tensor: by how much the outputs, all together, change at most per unit of change of it. The largest at the input
 * is a bound from l1 to l1. An input from which nothing arrives (on the region every unit on the way stands still) has zeros.
 */
export async function backwardSums(
  steps: readonly Step[],
  input: { readonly name: string; readonly size: number },
  output: { readonly name: string; readonly size: number },
  work: Work,
): Promise<ReadonlyMap<string, Float64Array>> {
  const sums = new Map<string, Float64Array>([[output.name, new Float64Array(output.size).fill(1)]]);
  const add = (name: string, values: Float64Array): void => {
    const old = sums.get(name);
    sums.set(
      name,
      values.map((value, i) => (value + (old?.[i] ?? 0)) * slack),
    );
  };
  for (const { to, lanes, remainder } of steps.toReversed()) {
    const weights = sums.get(to)!;
    for (const { from, map } of lanes) {
      await work.breathe();
      const own = map();
      add(from, outward(own.magnitude().applyTransposed(weights), own));
    }
    if (remainder !== undefined)
      for (const [k, values] of remainder.backward(weights).entries()) add(remainder.from[k]!, values);
  }
  if (!sums.has(input.name)) sums.set(input.name, new Float64Array(input.size));
  return sums;
}
