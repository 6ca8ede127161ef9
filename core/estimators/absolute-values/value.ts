import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import { above } from '../../rounding.ts';
import type { Expansion } from './expansion.ts';
import { backwardSums, forwardSums } from './path-sums.ts';
import type { Step } from './step.ts';

/** Where numbers are so small that products fall below the doubles, the rounding errors counted here are not all there are. */
const leastTrusted = 1e-250;
export const isTrusted = (value: number): boolean => Number.isFinite(value) && (value === 0 || value > leastTrusted);

/** From bounds in l-infinity and in l1; l2 lies between (|J|_2^2 <= |J|_1 |J|_inf). */
export async function inNorm(
  norm: Norm,
  linf: () => Promise<number | undefined>,
  l1: () => Promise<number | undefined>,
): Promise<number | undefined> {
  if (norm === 'linf') return linf();
  if (norm === 'l1') return l1();
  const [a, b] = [await linf(), await l1()];
  return a === undefined || b === undefined ? undefined : above(above(Math.sqrt(a)) * above(Math.sqrt(b)));
}

/** |W_L| ... |W_1|, with the largest slopes in between: all paths from inputs to outputs with absolute values. */
export function pathBound(
  steps: readonly Step[],
  input: { readonly name: string; readonly size: number },
  output: { readonly name: string; readonly size: number },
  norm: Norm,
  work: Work,
): Promise<number | undefined> {
  return inNorm(
    norm,
    async () => largest((await forwardSums(steps, input.name, input.size, work)).get(output.name)!),
    async () => largest((await backwardSums(steps, input, output, work)).get(input.name)!),
  );
}

/** Given the sums of all paths with absolute values; undefined when time runs out. */
type Computation = (
  expansion: Expansion,
  paths: ReadonlyMap<string, Float64Array>,
  work: Work,
) => Promise<number | undefined>;

/** One of the two ways to expand a network. */
export interface Route {
  readonly largestChange: Computation;
  readonly largestTotal: Computation;
}

export const expandedBound = (
  expansion: Expansion,
  route: Route,
  norm: Norm,
  work: Work,
): Promise<number | undefined> => {
  const { steps, input, inputSize, output, outputSize } = expansion;
  const lazily = steps.map((step) => ({ ...step, lanes: step.lanes.map(({ from, map }) => ({ from, map: () => map })) })); // prettier-ignore
  const [from, to] = [
    { name: input, size: inputSize },
    { name: output, size: outputSize },
  ];
  return inNorm(
    norm,
    async () => route.largestChange(expansion, await forwardSums(lazily, input, inputSize, work), work),
    async () => route.largestTotal(expansion, await backwardSums(lazily, from, to, work), work),
  );
};

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);
