import type { Work } from '../../compute/work.ts';
import { widened, type Expansion } from './expansion.ts';

type Sums = ReadonlyMap<string, Float64Array>;

/**
 * The same two numbers as `by-columns.ts` from the other side: each element of each target is pulled back through the adjoints to
 * everything before it. Shares no product with that route, so one checks the other.
 */
export async function largestChangeByRows(expansion: Expansion, paths: Sums, work: Work): Promise<number> {
  const { steps, input, inputSize, output, outputSize } = expansion;
  const radii = new Map<string, Float64Array>([[input, new Float64Array(inputSize).fill(1)]]);
  const known = new Map<string, Float64Array>();
  const changeOf = async (target: string, size: number): Promise<Float64Array> => {
    const before = known.get(target);
    if (before !== undefined) return before;
    const change = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      await work.breathe();
      for (const [source, row] of rowsOf(expansion, target, size, i, 1)) {
        const radius = radii.get(source);
        if (radius !== undefined) for (let k = 0; k < row.length; k++) change[i]! += Math.abs(row[k]!) * radius[k]!;
      }
    }
    const result = widened(change, paths.get(target)!, expansion);
    known.set(target, result);
    return result;
  };
  for (const { to, remainder } of steps) {
    if (remainder === undefined) continue;
    const sizes: Float64Array[] = [];
    for (const from of remainder.from) sizes.push(await changeOf(from, paths.get(from)!.length));
    radii.set(to, remainder.forward(sizes));
  }
  return largest(await changeOf(output, outputSize));
}

export async function largestTotalByRows(expansion: Expansion, paths: Sums, work: Work): Promise<number> {
  const { steps, input, inputSize, output, outputSize } = expansion;
  const weights = new Map<string, Float64Array>([[output, new Float64Array(outputSize).fill(1)]]);
  const sources = [{ to: input, size: inputSize }, ...steps.filter(({ remainder }) => remainder !== undefined)];
  const totals = new Map(sources.map(({ to, size }) => [to, new Float64Array(size)]));
  const pullBack = async (target: string): Promise<void> => {
    const weight = weights.get(target);
    for (const [i, factor] of weight?.entries() ?? []) {
      await work.breathe();
      if (factor === 0) continue;
      for (const [source, row] of rowsOf(expansion, target, weight!.length, i, factor)) {
        const total = totals.get(source);
        if (total !== undefined) for (let k = 0; k < row.length; k++) total[k]! += Math.abs(row[k]!);
      }
    }
  };
  for (const { to, remainder } of steps.toReversed()) {
    await pullBack(to);
    if (remainder === undefined) continue;
    const total = widened(totals.get(to)!, paths.get(to)!, expansion);
    for (const [k, values] of remainder.backward(total).entries()) {
      const from = remainder.from[k]!;
      const old = weights.get(from);
      weights.set(from, old === undefined ? values.slice() : values.map((value, i) => value + old[i]!));
    }
  }
  await pullBack(input);
  return largest(widened(totals.get(input)!, paths.get(input)!, expansion));
}

/** factor times the i-th element of a tensor as a function of every tensor before it, along the linear lanes. */
function rowsOf(
  { steps }: Expansion,
  target: string,
  size: number,
  i: number,
  factor: number,
): ReadonlyMap<string, Float64Array> {
  const start = new Float64Array(size);
  start[i] = factor;
  const rows = new Map<string, Float64Array>([[target, start]]);
  for (let at = steps.findIndex(({ to }) => to === target); at >= 0; at--) {
    const { to, lanes } = steps[at]!;
    const row = rows.get(to);
    if (row === undefined) continue;
    for (const { from, map } of lanes) {
      const pulled = map.applyTransposed(row);
      const old = rows.get(from);
      rows.set(from, old === undefined ? pulled : pulled.map((value, k) => value + old[k]!));
    }
  }
  return rows;
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);
