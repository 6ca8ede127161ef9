import type { Norm, Witness } from '../../bound.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import { elementCount } from '../../network/tensor.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { boxAround, lengthOf, moveInside, type Region } from '../../region.ts';
import { stepsOf } from '../absolute-values/steps.ts';
import type { BoundMethod, BoundQuestion } from '../conductor/method.ts';
import { certifiedQuotient } from './certify.ts';

const name = 'linear-network';

/** Weights that are held as doubles, all layers together; no more for the vectors of Lanczos steps. */
const mostWeights = 2 ** 23;
/** Rows or columns of |W| from the largest on, from which the search for the largest of W begins. */
const starts = 4;
/** Far from 0 the biases are nothing beside the rest, and neither are their roundings. */
const stretches = [1, 2 ** 20, 2 ** 60, 2 ** 120];

/**
 * The witness of a network that is linear altogether, but for biases: what is stretched most is known without a search. In l1 it is an element of the input, in linf the signs of a row,
 * in l2 what Lanczos steps find. Of one layer that is the constant itself; where layers follow one another, |W| is larger than W, and Hager's ascent goes from its largest rows
 * on (W. W. Hager: Condition estimates, SIAM J. Sci. Stat. Comput. 5, 1984).
 */
export const linearNetwork: BoundMethod = {
  name,
  activity: 'Looking for a witness',
  pace: 'quick',
  applies: ({ analysed, rules }) =>
    [...rules.values()].every(({ kind }) => kind === 'affine' || kind === 'constant' || kind === 'join') &&
    [...analysed.constants.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0) <= mostWeights,
  async *run(question, work) {
    const linear = linearMapOf(question);
    if (linear === undefined) return;
    const { runnable, output, region, norm } = question;
    try {
      const pace = new Pace(work);
      const direction = await stretchedMost(linear, norm, pace);
      const enough = (1 - 1e-9) * (lengthOf(linear.apply(direction), norm) / lengthOf(direction, norm));
      let best = 0;
      for (const stretch of region.kind === 'all' ? stretches : [1]) {
        const witness = pairAlong(direction, region, stretch);
        if (witness === undefined || best >= enough) return;
        const value = await certifiedQuotient(runnable, output, witness, norm, work);
        if (value === undefined || value <= best) continue;
        best = value;
        yield { side: 'lower', rigor: 'certified', value, method: name, witness };
      }
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  },
};

/** The whole network, on the elements of the input that the region lets move. */
interface Linear {
  readonly rows: number;
  readonly columns: number;
  readonly cost: number;
  apply(x: Float64Array): Float64Array;
  applyTransposed(y: Float64Array): Float64Array;
  /** The same with the absolute values of all weights. */
  readonly magnitude: () => Linear;
}

interface MappedStep {
  readonly to: string;
  readonly size: number;
  readonly lanes: readonly { readonly from: string; readonly map: LinearMap }[];
}

function linearMapOf({ analysed, input, output, rules, region }: BoundQuestion): Linear | undefined {
  const steps = stepsOf(analysed, input, output, rules, 'centred');
  if (steps === undefined || steps.some(({ remainder }) => remainder !== undefined)) return undefined;
  const columns = elementCount(analysed.types.get(input)!.shape);
  const box = boxAround(region);
  const moves = Float64Array.from({ length: columns }, (_, i) => (box === undefined || box.lower[i]! < box.upper[i]! ? 1 : 0)); // prettier-ignore
  const mapped = steps.map((step) => ({ ...step, lanes: step.lanes.map(({ from, map }) => ({ from, map: map() })) }));
  return linearOf(mapped, { input, output, moves });
}

interface Ends {
  readonly input: string;
  readonly output: string;
  readonly moves: Float64Array;
}

function linearOf(steps: readonly MappedStep[], ends: Ends): Linear {
  const { input, output, moves } = ends;
  const sizes = new Map([[input, moves.length], ...steps.map(({ to, size }) => [to, size] as const)]);
  const moving = (x: Float64Array): Float64Array => x.map((value, i) => value * moves[i]!);
  const nothing = (tensor: string): Float64Array => new Float64Array(sizes.get(tensor)!);
  const lanes = steps.flatMap((step) => step.lanes);
  return {
    rows: sizes.get(output)!,
    columns: moves.length,
    cost: lanes.reduce((sum, { map }) => sum + map.rows * map.terms, moves.length),
    apply(x) {
      const changes = new Map([[input, moving(x)]]);
      for (const step of steps)
        changes.set(step.to, total(step.size, step.lanes.map(({ from, map }) => map.apply(changes.get(from)!)))); // prettier-ignore
      return changes.get(output)!;
    },
    applyTransposed(y) {
      const pulled = new Map([[output, y]]);
      for (const step of steps.toReversed()) {
        const own = pulled.get(step.to);
        if (own === undefined) continue;
        for (const { from, map } of step.lanes)
          pulled.set(from, total(sizes.get(from)!, [map.applyTransposed(own), pulled.get(from) ?? nothing(from)]));
      }
      return moving(pulled.get(input) ?? nothing(input));
    },
    magnitude: () =>
      linearOf(
        steps.map((step) => ({ ...step, lanes: step.lanes.map(({ from, map }) => ({ from, map: map.magnitude() })) })),
        ends,
      ),
  };
}

function total(size: number, parts: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(size);
  for (const part of parts) for (let i = 0; i < size; i++) sum[i]! += part[i]!;
  return sum;
}

async function stretchedMost(linear: Linear, norm: Norm, pace: Pace): Promise<Float64Array> {
  if (norm === 'l1') return largestColumn(linear, pace);
  if (norm === 'linf') return signs(linear.applyTransposed(await largestColumn(transposed(linear), pace)));
  const { vector } = await largestEigenpair(
    (x) => linear.applyTransposed(linear.apply(x)),
    // Pulled back, so that what the region holds fast does not move.
    linear.applyTransposed(seededVector(linear.rows, 1)),
    { steps: Math.min(200, Math.ceil(mostWeights / linear.columns)), tolerance: 1e-14, cost: 2 * linear.cost },
    pace,
  );
  return vector;
}

const transposed = (linear: Linear): Linear => ({
  ...linear,
  rows: linear.columns,
  columns: linear.rows,
  apply: (x) => linear.applyTransposed(x),
  applyTransposed: (y) => linear.apply(y),
  magnitude: () => transposed(linear.magnitude()),
});

/** The unit vector of the column whose absolute values sum to most, as far as Hager's ascent finds it. */
async function largestColumn(linear: Linear, pace: Pace): Promise<Float64Array> {
  const sums = linear.magnitude().applyTransposed(new Float64Array(linear.rows).fill(1));
  const order = Int32Array.from(sums, (_, j) => j).sort((a, b) => sums[b]! - sums[a]!);
  let best = { column: order[0]!, sum: 0 };
  for (let column of order.subarray(0, starts)) {
    let sum = 0;
    for (;;) {
      if (pace.due(2 * linear.cost)) await pace.rest();
      const image = linear.apply(unit(linear.columns, column));
      const own = lengthOf(image, 'l1');
      if (!(own > sum)) break;
      sum = own;
      if (sum > best.sum) best = { column, sum };
      const pulled = linear.applyTransposed(signs(image));
      column = pulled.reduce((most, value, j) => (Math.abs(value) > Math.abs(pulled[most]!) ? j : most), 0);
    }
  }
  return unit(linear.columns, best.column);
}

const signs = (vector: Float64Array): Float64Array => vector.map(Math.sign);

function unit(size: number, at: number): Float64Array {
  const vector = new Float64Array(size);
  vector[at] = 1;
  return vector;
}

/** Two points of the region along the direction, on both sides of its middle; undefined where it leaves no room. */
function pairAlong(direction: Float64Array, region: Region, stretch: number): Witness | undefined {
  const middle = direction.map((_, i) => middleOf(region, i));
  const step = region.kind === 'all' ? stretch : roomAlong(direction, region, middle);
  if (!(step > 0 && step < Number.POSITIVE_INFINITY)) return undefined;
  const [x, y] = [-1, 1].map((side) => moveInside(region, middle.map((value, i) => value + side * step * direction[i]!))); // prettier-ignore
  return { x: [...x!], y: [...y!] };
}

function middleOf(region: Region, i: number): number {
  if (region.kind === 'all') return 0;
  if (region.kind === 'ball') return region.center[i]!;
  const [low, high] = [region.lower[i]!, region.upper[i]!];
  return Number.isFinite(low) && Number.isFinite(high) ? low + (high - low) / 2 : Math.min(high, Math.max(low, 0));
}

function roomAlong(direction: Float64Array, region: Exclude<Region, { kind: 'all' }>, middle: Float64Array): number {
  if (region.kind === 'ball') return region.radius / lengthOf(direction, region.norm);
  return direction.reduce((least, value, i) => {
    if (value === 0) return least;
    const room = Math.min(region.upper[i]! - middle[i]!, middle[i]! - region.lower[i]!);
    return Math.min(least, room / Math.abs(value));
  }, 1e6);
}
