import type { Norm } from '../../bound.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import { above, gamma } from '../../rounding.ts';
import { denseNorm } from '../norms/dense.ts';
import type { Block } from './blocks.ts';
import { Forms, type Form } from './forms.ts';
import type { LightRule } from './product.ts';

/** The corners of the slopes of a group are gone through: 2 to this power. */
const mostKinks = 8;
const mostEntries = 2 ** 14;
/** Different groups; those at all positions of an image are alike. */
const mostGroups = 256;

/**
 * Blocks that fall apart into small groups, each of a few elements of the entry with a few kinks: Householder reflections z - 2 relu(v'z) v, maxima and minima by absolute values, relu(x) beside relu(-x), planar
 * flows. The Jacobian of a group is affine in the slope of every kink, so that its norm is largest at a corner (convexity), and all corners are looked at. undefined where it is no such block.
 */
export async function smallGroupsNorm(
  network: Network,
  block: Block,
  norm: Norm,
  rules: ReadonlyMap<string, LightRule>,
  work: Work,
): Promise<number | undefined> {
  const forms = Forms.of(network, block, rules);
  if (forms === undefined || forms.kinks.length === 0) return undefined;
  const groups = new Map<string, Group>();
  for (const group of groupsOf(forms)) {
    if (group.kinks.length > mostKinks || group.inputs.length * group.outputs.length > mostEntries) return undefined;
    groups.set(JSON.stringify([group.inputs.length, group.kinks, group.outputs]), group);
    if (groups.size > mostGroups) return undefined;
  }
  const pace = new Pace(work);
  let most = 0;
  try {
    for (const group of groups.values()) most = Math.max(most, await normOf(group, norm, forms.relativeError, pace));
  } catch (error) {
    if (error instanceof OutOfTime) return undefined;
    throw error;
  }
  return most;
}

/** A place, a coefficient and its size; places are those of the inputs of the group, then of its kinks. */
type Row = readonly (readonly [place: number, value: number, size: number])[];

interface Group {
  readonly inputs: readonly number[];
  readonly kinks: readonly Row[];
  readonly outputs: readonly Row[];
}

/** What no form joins is a group of its own. */
function groupsOf({ entries, kinks, exit }: Forms): readonly Group[] {
  const leader = Int32Array.from({ length: entries + kinks.length }, (_, i) => i);
  const leaderOf = (of: number): number => {
    let at = of;
    while (leader[at] !== at) at = leader[at] = leader[leader[at]!]!;
    return at;
  };
  const join = (places: Iterable<number>, with_?: number): void => {
    let first = with_;
    for (const place of places) {
      first ??= place;
      leader[leaderOf(place)] = leaderOf(first);
    }
  };
  kinks.forEach((kink, k) => join(kink.parts.keys(), entries + k));
  for (const form of exit) join(form.parts.keys());

  const members = new Map<number, { inputs: number[]; kinks: number[]; outputs: Form[] }>();
  const groupAt = (place: number): { inputs: number[]; kinks: number[]; outputs: Form[] } => {
    const own = members.get(leaderOf(place)) ?? { inputs: [], kinks: [], outputs: [] };
    members.set(leaderOf(place), own);
    return own;
  };
  for (let i = 0; i < entries; i++) groupAt(i).inputs.push(i);
  kinks.forEach((_, k) => groupAt(entries + k).kinks.push(k));
  for (const form of exit) for (const [place] of form.parts) { groupAt(place).outputs.push(form); break; } // prettier-ignore

  return [...members.values()].map(({ inputs, kinks: own, outputs }) => {
    const places = new Map([...inputs, ...own.map((k) => entries + k)].map((place, at) => [place, at]));
    const rowOf = ({ parts }: Form): Row =>
      [...parts]
        .map(([place, { value, size }]) => [places.get(place)!, value, size] as const)
        .sort(([a], [b]) => a - b);
    return { inputs: inputs.map((_, at) => at), kinks: own.map((k) => rowOf(kinks[k]!)), outputs: outputs.map(rowOf) };
  });
}

/** The largest norm at any corner. */
async function normOf({ inputs, kinks, outputs }: Group, norm: Norm, error: number, pace: Pace): Promise<number> {
  const columns = inputs.length;
  const at = (signs: readonly number[], sizes: boolean): Float64Array => {
    const slopes: Float64Array[] = [];
    const through = (row: Row): Float64Array => {
      const sum = new Float64Array(columns);
      for (const [place, value, size] of row) {
        const weight = sizes ? size : value;
        if (place < columns) sum[place]! += weight;
        else slopes[place - columns]!.forEach((entry, j) => (sum[j]! += weight * entry));
      }
      return sum;
    };
    kinks.forEach((row, k) => slopes.push(through(row).map((entry) => (sizes ? entry : signs[k]! * entry))));
    const matrix = new Float64Array(outputs.length * columns);
    outputs.forEach((row, i) => matrix.set(through(row), i * columns));
    return matrix;
  };
  const sizes = at([], true);
  const sums = { l1: largestColumn(sizes, columns), linf: largestRow(sizes, columns), l2: 0 };
  sums.l2 = Math.sqrt(sums.l1 * sums.linf);
  let most = 0;
  for (let corner = 0; corner < 2 ** kinks.length; corner++) {
    const matrix = at(kinks.map((_, k) => (Math.floor(corner / 2 ** k) % 2 === 0 ? 1 : -1)), false); // prettier-ignore
    most = Math.max(most, await matrixNorm(matrix, columns, norm, pace));
  }
  // What the forms and the sums here lost.
  const lost = above(sums[norm] * (error + gamma(4 * (columns + kinks.length) * (kinks.length + 2))) * (1 + 2 ** -20));
  return above(most + lost);
}

async function matrixNorm(entries: Float64Array, columns: number, norm: Norm, pace: Pace): Promise<number> {
  const rows = entries.length / columns;
  if (rows === 0) return 0;
  if (norm !== 'l2') return (norm === 'l1' ? largestColumn : largestRow)(entries, columns);
  let best = Number.POSITIVE_INFINITY;
  for await (const { upper } of denseNorm({ rows, columns, entries }, pace)) best = Math.min(best, upper ?? best);
  return best;
}

function largestRow(entries: Float64Array, columns: number): number {
  let most = 0;
  for (let i = 0; i < entries.length; i += columns)
    most = Math.max(most, entries.subarray(i, i + columns).reduce((sum, value) => sum + Math.abs(value), 0)); // prettier-ignore
  return most;
}

function largestColumn(entries: Float64Array, columns: number): number {
  const sums = new Float64Array(columns);
  entries.forEach((value, i) => (sums[i % columns]! += Math.abs(value)));
  return sums.reduce((most, value) => Math.max(most, value), 0);
}
