import { gamma } from '../../rounding.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import type { Remainder, Step } from './step.ts';

/** A step with its maps in memory. */
export interface ExpandedStep {
  readonly to: string;
  readonly size: number;
  readonly lanes: readonly { readonly from: string; readonly map: LinearMap }[];
  readonly remainder?: Remainder;
}

/**
 * A network in centred steps, ready to be expanded: with M_ts the matrix from source s (the input or a remainder) to tensor t along the
 * linear lanes alone, |change of t| <= |M_t,input| |change of input| + sum over remainders w before t of |M_tw| |w|.
 */
export interface Expansion {
  readonly steps: readonly ExpandedStep[];
  readonly input: string;
  readonly inputSize: number;
  readonly output: string;
  readonly outputSize: number;
  /** Tensors whose change has to be known: what remainders depend on, and the output. */
  readonly targets: ReadonlySet<string>;
  /**
   * Relative to the sum of all paths with absolute values: what rounding and entries known up to an error may add, every sum of a tensor
   * over all its sources included. Twice the first order, which covers its own consequences.
   */
  readonly error: number;
  /** Multiplications of one norm. */
  readonly cost: number;
}

export function expansionOf(
  steps: readonly Step[],
  input: string,
  inputSize: number,
  output: string,
  mostSources: number,
): Expansion | undefined {
  const sources = steps.reduce((sum, { size, remainder }) => sum + (remainder === undefined ? 0 : size), inputSize);
  if (sources > mostSources) return undefined;
  const expanded = steps.map((step) => ({ ...step, lanes: step.lanes.map(({ from, map }) => ({ from, map: map() })) }));
  const targets = new Set([output, ...steps.flatMap(({ remainder }) => remainder?.from ?? [])]);
  const work = expanded.map(({ lanes }) => lanes.reduce((sum, { map }) => sum + map.rows * map.terms, 0));
  let [roundings, entries, cost, behind] = [0, 0, 0, 0];
  for (const [at, { size, lanes, remainder }] of [...expanded.entries()].reverse()) {
    for (const { map } of lanes) {
      roundings += 2 * map.terms + 10;
      entries += map.entryError;
    }
    if (remainder !== undefined) cost += size * behind;
    behind += work[at]!;
  }
  cost += inputSize * behind;
  const elements = expanded.reduce((sum, { size }) => sum + size, inputSize);
  return {
    steps: expanded,
    input,
    inputSize,
    output,
    outputSize: expanded.at(-1)?.size ?? inputSize,
    targets,
    error: 2 * (gamma(roundings + elements + 64) + entries * (1 + gamma(roundings + 64))),
    cost,
  };
}

/** The sum as computed, with everything that may have been lost; `paths` is the sum of all paths with absolute values. */
export const widened = (values: Float64Array, paths: Float64Array, { error }: Expansion): Float64Array =>
  values.map((value, i) => (value + error * paths[i]!) * (1 + 2 ** -48));
