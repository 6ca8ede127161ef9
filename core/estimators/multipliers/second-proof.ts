import { choleskyError } from '../../compute/linear-algebra/cholesky.ts';
import { smallestEigenvalueBelow } from '../../compute/linear-algebra/blocked-cholesky.ts';
import { Envelope } from '../../compute/linear-algebra/envelope.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, below, gamma, unit as roundoff } from '../../rounding.ts';
import type { WindowsLaw } from './normal-form.ts';
import { lawsHold } from './proof.ts';
import type { Change, Replay } from './replay.ts';
import { windowLaw } from './window-law.ts';

/** Above anything that underflow can add to an entry that was scaled to be near 1, as in the first proof. */
const underflow = 2 ** -700;

/** Variables up to which the factorisation is the textbook's. */
const smallest = 600;

/** Numbers of the largest matrix: 350 MB. */
const largestProof = 4.5e7;

/** Of a scaled row: with more, what underflows could count. */
const largestSum = 2 ** 100;

/**
 * One column of the constraints: what a unit change of one variable makes of every p = z - a y and every q = z - b y (a ball has
 * p = q = z and p = q = gain y, the latter with a minus sign; the output p = q = f with a minus sign).
 */
interface Column {
  readonly indices: Int32Array;
  readonly p: Float64Array;
  readonly q: Float64Array;
  /** Never below the absolute values of p and q, the exact ones and the computed ones. */
  readonly sizes: Float64Array;
}

/** `fails`: the exact matrix is proved not to be positive semidefinite. `open`: what rounding may do to it hides which of the two is true. */
export type SecondProof = 'holds' | 'fails' | 'open' | 'too large';

/**
 * Whether these multipliers prove the bound, by another way than `provesBound`: the network is walked once for each variable, the matrix
 * is the sum of lam (p q' + q p')/2 over columns, the input among them. It holds where a Cholesky factorisation runs to its end with more taken from the
 * diagonal than rounding can amount to, and fails where one does not with that much added: any positive semidefinite matrix would then have
 * a factor in doubles as well (Higham, Accuracy and Stability, Thm 10.7).
 */
export async function provesAgain(
  replay: Replay,
  multipliers: readonly Float64Array[],
  bound: number,
  pace: Pace,
): Promise<SecondProof> {
  if (!multipliers.every((own) => own.every((lam) => lam >= 0 && lam < Number.POSITIVE_INFINITY))) return 'fails';
  if (!replay.units.every((unit, at) => unit.kind !== 'windows' || lawsHold(unit, multipliers[at]!))) return 'fails';
  const { columns, error } = await columnsOf(replay, multipliers, pace);
  const sum: WeightedColumns = { columns, error, weights: weightsOf(replay, multipliers), inputs: replay.sizes[0]! };
  const assemble = (square: number): Promise<AssembledMatrix | undefined> => assembled(sum, square, pace);
  const least = await assemble(below(bound * bound));
  if (least === undefined) return 'too large';
  const isLarge = columns.length > smallest;
  if (await (isLarge ? isPositiveByBlocks(least, pace) : isPositive(least, pace))) return 'holds';
  const most = (await assemble(above(bound * bound)))!;
  if (!(await mayBeSemidefinite(most, pace))) return 'fails';
  // Where many directions are nearly singular, blocks lose more than plain loops.
  return isLarge && (await isPositive((await assemble(below(bound * bound)))!, pace)) ? 'holds' : 'open';
}

interface WeightedColumns {
  readonly columns: readonly Column[];
  /** Relative, of the entries against their sizes. */
  readonly error: number;
  /** One for every row of the columns. */
  readonly weights: readonly number[];
  readonly inputs: number;
}

interface AssembledMatrix {
  readonly matrix: Envelope;
  /** With E the matrix's distance from the exact one, |x'E x| is at most the sum of these times the squares of x, a factorisation's roundings included. */
  readonly roundings: Float64Array;
}

/** Scaled by powers of two so that the diagonal is near 1. */
async function assembled(
  { columns, error, weights, inputs }: WeightedColumns,
  square: number,
  pace: Pace,
): Promise<AssembledMatrix | undefined> {
  const total = columns.length;
  const rowCount = weights.length;
  const { firsts, lasts } = reachOf(columns, rowCount);
  const matrix = Envelope.of(firsts, largestProof);
  if (matrix === undefined) return undefined;
  const scales = Float64Array.from(columns, ({ indices, p, q }, j) => {
    const diagonal = indices.reduce((sum, row, at) => sum + weights[row]! * p[at]! * q[at]!, j < inputs ? square : 0);
    return diagonal > 0 ? 2 ** -Math.round(Math.log2(diagonal) / 2) : 1;
  });
  const weightedP = new Float64Array(rowCount);
  const weightedQ = new Float64Array(rowCount);
  const sums = new Float64Array(rowCount);
  columns.forEach(({ indices, sizes }, j) => indices.forEach((row, at) => (sums[row]! += sizes[at]! * scales[j]!)));
  /** Of every row of the matrix: the sum of absolute values, majorants everywhere. */
  const rowSums = new Float64Array(total);
  let most = 0;
  for (const [i, column] of columns.entries()) {
    let sum = i < inputs ? square * scales[i]! * scales[i]! : 0;
    for (const [at, row] of column.indices.entries()) {
      weightedP[row] = weights[row]! * (column.p[at]! * scales[i]!);
      weightedQ[row] = weights[row]! * (column.q[at]! * scales[i]!);
      sum += Math.abs(weights[row]!) * (column.sizes[at]! * scales[i]!) * sums[row]!;
    }
    rowSums[i] = sum;
    most = Math.max(most, column.indices.length);
    if (i < inputs) matrix.add(i, i, square * scales[i]! * scales[i]!);
    for (let j = i; j <= lasts[i]!; j++) {
      const { indices, p, q } = columns[j]!;
      let value = 0;
      for (let at = 0; at < indices.length; at++)
        value += weightedP[indices[at]!]! * q[at]! + weightedQ[indices[at]!]! * p[at]!;
      if (value !== 0) matrix.add(j, i, 0.5 * value * scales[j]!);
      if (pace.due(2 * indices.length)) await pace.rest();
    }
    for (const row of column.indices) weightedP[row] = weightedQ[row] = 0;
  }
  const relative = above(above((1 + error) * (1 + error)) * (1 + 2 * gamma(most + 16)) - 1);
  let largest = 0;
  for (let i = 0; i < total; i++) largest = Math.max(largest, Math.abs(matrix.diagonal(i)));
  const everywhere = choleskyError(total, largest) + 4 * roundoff * largest + underflow;
  // Entry by entry the distance is at most `relative` times its majorant, so that adding the sums of its rows makes it dominant.
  const roundings = rowSums.map((sum) =>
    sum < largestSum ? above(1.1 * (everywhere + above(1.01 * relative * sum))) : Number.POSITIVE_INFINITY,
  );
  return { matrix, roundings };
}

/** Whether the exact matrix is proved to be positive semidefinite. Overwrites what it is given. */
async function isPositive({ matrix, roundings }: AssembledMatrix, pace: Pace): Promise<boolean> {
  if (!roundings.every((own) => own < Number.POSITIVE_INFINITY)) return false;
  roundings.forEach((own, i) => matrix.add(i, i, -own));
  return matrix.factorises(pace);
}

/** The same where plain loops would take minutes: how far that is from exact comes out of it, and the matrix had that much to spare. */
async function isPositiveByBlocks({ matrix, roundings }: AssembledMatrix, pace: Pace): Promise<boolean> {
  if (!roundings.every((own) => own < Number.POSITIVE_INFINITY)) return false;
  roundings.forEach((own, i) => matrix.add(i, i, -own));
  let reserve = 2e-14 * roundings.length;
  for (let tries = 0; tries < 2; tries++) {
    const least = await smallestEigenvalueBelow(matrix.blockColumns(256, reserve), pace);
    if (least === undefined) return false;
    if (least >= -0.99 * reserve) return true;
    reserve = -2 * least;
  }
  return false;
}

/** Unless it is proved that it is not; by plain loops, whose roundings are known before. Overwrites what it is given. */
async function mayBeSemidefinite({ matrix, roundings }: AssembledMatrix, pace: Pace): Promise<boolean> {
  // More would make the diagonal larger than its roundings were counted for.
  if (!roundings.every((own) => own < 0.05)) return true;
  roundings.forEach((own, i) => matrix.add(i, i, own));
  return matrix.factorises(pace);
}

/** For every column: the first and the last one with which it shares a row. */
function reachOf(columns: readonly Column[], rowCount: number): { firsts: Int32Array; lasts: Int32Array } {
  const [first, last] = [new Int32Array(rowCount).fill(columns.length), new Int32Array(rowCount)];
  columns.forEach(({ indices }, j) =>
    indices.forEach((row) => {
      first[row] = Math.min(first[row]!, j);
      last[row] = j;
    }),
  );
  return {
    firsts: Int32Array.from(columns, ({ indices }, j) =>
      indices.reduce((least, row) => Math.min(least, first[row]!), j),
    ),
    lasts: Int32Array.from(columns, ({ indices }, j) => indices.reduce((most, row) => Math.max(most, last[row]!), j)),
  };
}

async function columnsOf(
  replay: Replay,
  multipliers: readonly Float64Array[],
  pace: Pace,
): Promise<{ columns: Column[]; error: number }> {
  const columns: Column[] = [];
  let error = 0;
  for (const [block, size] of replay.sizes.entries())
    for (let index = 0; index < size; index++) {
      const rows: [number, number, number, number][] = [];
      const { inputs, output } = replay.walk(block, index);
      let row = 0;
      for (const [at, unit] of replay.units.entries()) {
        const change = inputs[at];
        if (change !== undefined) error = Math.max(error, change.error);
        if (unit.kind === 'windows') {
          error = Math.max(error, windowRows(rows, unit, row, change, block === at + 1 ? index : -1, multipliers[at]!));
          row += rowsOfWindows(unit);
          continue;
        }
        if (unit.kind === 'ball') {
          if (block === at + 1) rows.push([row + index, 1, 1, 1]);
          row += unit.outputs;
        }
        const width = unit.kind === 'ball' ? unit.inputs : unit.lower.length;
        for (let i = 0; i < width; i++, row++) {
          const y = change?.values[i] ?? 0;
          const size = change?.sizes[i] ?? 0;
          const own = block === at + 1 && unit.kind === 'slopes' && i === index ? 1 : 0;
          if (own === 0 && size === 0) continue;
          const [low, high] = unit.kind === 'slopes' ? [unit.lower[i]!, unit.upper[i]!] : [-unit.gain, -unit.gain];
          rows.push([row, own - low * y, own - high * y, above(own + Math.max(Math.abs(low), Math.abs(high)) * size)]);
        }
      }
      if (output !== undefined) {
        error = Math.max(error, output.error);
        output.values.forEach((value, i) => {
          if (output.sizes[i]! > 0) rows.push([row + i, value, value, output.sizes[i]!]);
        });
      }
      // Where something this small is left, something may have underflowed.
      if (rows.some(([, , , own]) => own < 2 ** -900)) error = Number.POSITIVE_INFINITY;
      columns.push({
        indices: Int32Array.from(rows, ([at]) => at),
        p: Float64Array.from(rows, ([, p]) => p),
        q: Float64Array.from(rows, ([, , q]) => q),
        sizes: Float64Array.from(rows, ([, , , own]) => own),
      });
      if (pace.due(1e5)) await pace.rest();
    }
  return { columns, error };
}

/** For every window the rows z - centre s and s, then all its elements y. */
const rowsOfWindows = ({ starts }: WindowsLaw): number => 2 * (starts.length - 1) + starts.at(-1)!;

/** What a change of one variable makes of them, and how exact that is; `own` is the window whose z the variable is. */
function windowRows(
  rows: [number, number, number, number][],
  { starts, floored }: WindowsLaw,
  first: number,
  change: Change | undefined,
  own: number,
  multipliers: Float64Array,
): number {
  const count = starts.length - 1;
  let widest = 0;
  for (let k = 0; k < count; k++) {
    const [from, to] = [starts[k]!, starts[k + 1]!];
    const { centre } = windowLaw(to - from, floored, multipliers[count]!);
    let [sum, size] = [0, 0];
    for (let i = from; i < to; i++) {
      sum += change?.values[i] ?? 0;
      size = above(size + (change?.sizes[i] ?? 0));
    }
    const self = k === own ? 1 : 0;
    if (self === 0 && !(change !== undefined && size > 0 && change.sizes.subarray(from, to).some((one) => one > 0)))
      continue;
    widest = Math.max(widest, to - from);
    const apart = self - centre * sum;
    rows.push([first + 2 * k, apart, apart, above(above(self + above(Math.abs(centre) * size)))]);
    if (change === undefined) continue;
    rows.push([first + 2 * k + 1, sum, sum, size]);
    for (let i = from; i < to; i++)
      if (change.sizes[i]! > 0)
        rows.push([first + 2 * count + i, change.values[i]!, change.values[i]!, change.sizes[i]!]);
  }
  rows.sort(([a], [b]) => a - b);
  return above(above((1 + (change?.error ?? 0)) * (1 + 2 * gamma(widest + 4))) - 1);
}

/** The factor of every row, in the order of the columns' indices. */
function weightsOf(replay: Replay, multipliers: readonly Float64Array[]): number[] {
  const weights: number[] = [];
  for (const [at, unit] of replay.units.entries()) {
    const own = multipliers[at]!;
    if (unit.kind === 'windows') {
      const { starts, floored } = unit;
      const counts = Array.from({ length: starts.length - 1 }, (_, k) => starts[k + 1]! - starts[k]!);
      const laws = counts.map((count) => windowLaw(count, floored, own[counts.length]!));
      laws.forEach(({ total }, k) => weights.push(own[k]!, -own[k]! * total));
      laws.forEach(({ each }, k) => {
        for (let i = 0; i < counts[k]!; i++) weights.push(-own[k]! * each);
      });
    } else if (unit.kind === 'slopes') weights.push(...own);
    else {
      for (let i = 0; i < unit.outputs; i++) weights.push(own[0]!);
      for (let i = 0; i < unit.inputs; i++) weights.push(-own[0]!);
    }
  }
  for (let i = 0; i < replay.outputs; i++) weights.push(-1);
  return weights;
}
