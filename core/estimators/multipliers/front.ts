import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { type Factor, factorOf, place, solveLower } from '../../compute/linear-algebra/dense-factor.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import { largestEigenpair } from '../../compute/linear-algebra/lanczos.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { DenseForm, DenseProblem, DenseUnit } from './dense-problem.ts';

/** One multiplier per element of a slope unit, one for a whole ball; unit after unit. */
export type Multipliers = readonly Float64Array[];

export interface Start {
  readonly multipliers: Multipliers;
  /** The square of the bound that they give, but for rounding. */
  readonly square: number;
}

/**
 * Feasible multipliers in one sweep along the graph. What is known before a unit is a quadratic form F on the live blocks (all
 * others eliminated): |x|^2 + sum of lam (..) >= v' F v. With A = Y F^-1 Y' the unit may take any 1/lam = E with E > R A R, R its
 * slope radii; it takes twice the least multiple of sqrt(diag R A R) / |outgoing column| that is enough.
 */
export async function sweep(problem: DenseProblem, products: DenseProducts, pace: Pace): Promise<Start | undefined> {
  const { units, sizes } = problem;
  const outgoing = outgoingLengths(problem);
  const lastUse = lastUses(problem);
  let front: Front = { blocks: [0], matrix: unitMatrix(sizes[0]!) };
  const multipliers: Float64Array[] = [];
  for (const [at, unit] of units.entries()) {
    const rows = overBlocks(unit.input, unit.rows, front.blocks, sizes);
    const factor = await factorOf(copyOf(front.matrix), products);
    if (factor === undefined) return undefined;
    const image = await solveLower(factor, transposedOf(rows), products);
    const spread = await products.transposedTimes(image, image);
    const own = await chosen(unit, spread, outgoing[unit.block]!, pace);
    multipliers.push(own);
    front = await extended(front, unit, sizes[unit.block]!, rows, own, products);
    const dead = front.blocks.filter((block) => lastUse[block]! <= at);
    const rest = await eliminated(front, new Set(dead), sizes, products);
    if (rest === undefined) return undefined;
    front = rest;
    await pace.rest();
  }
  const square = await largestImage(problem, front, products, pace);
  return square === undefined ? undefined : { multipliers, square };
}

interface Front {
  readonly blocks: readonly number[];
  readonly matrix: Dense;
}

function unitMatrix(n: number): Dense {
  const matrix = zeros(n, n);
  for (let i = 0; i < n; i++) matrix.entries[i * n + i] = 1;
  return matrix;
}

const copyOf = ({ rows, columns, entries }: Dense): Dense => ({ rows, columns, entries: entries.slice() });

function transposedOf({ rows, columns, entries }: Dense): Dense {
  const flipped = zeros(columns, rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) flipped.entries[j * rows + i] = entries[i * columns + j]!;
  return flipped;
}

/** For every block: the last unit that looks at it, or Infinity where the output does. */
function lastUses({ units, output, sizes }: DenseProblem): number[] {
  const last = sizes.map(() => -1);
  units.forEach(({ input }, at) => {
    for (const block of input.keys()) last[block] = at;
  });
  for (const block of output.keys()) last[block] = Number.POSITIVE_INFINITY;
  return last;
}

/** How long the columns are through which each variable is seen further on. */
function outgoingLengths({ units, output, sizes }: DenseProblem): Float64Array[] {
  const squares = sizes.map((size) => new Float64Array(size));
  for (const form of [...units.map(({ input }) => input), output])
    for (const [block, { rows, columns, entries }] of form)
      for (let i = 0, at = 0; i < rows; i++)
        for (let j = 0; j < columns; j++, at++) squares[block]![j]! += entries[at]! * entries[at]!;
  return squares.map((own) => own.map(Math.sqrt));
}

function overBlocks(form: DenseForm, rows: number, blocks: readonly number[], sizes: readonly number[]): Dense {
  const total = blocks.reduce((sum, block) => sum + sizes[block]!, 0);
  const matrix = zeros(rows, total);
  let at = 0;
  for (const block of blocks) {
    const own = form.get(block);
    if (own !== undefined) place(matrix, own, 0, at);
    at += sizes[block]!;
  }
  return matrix;
}

/** The multipliers that a unit takes, from A = Y F^-1 Y'. */
async function chosen(unit: DenseUnit, spread: Dense, outgoing: Float64Array, pace: Pace): Promise<Float64Array> {
  const { law } = unit;
  const n = spread.rows;
  const radii =
    law.kind === 'ball' ? new Float64Array(n).fill(law.gain) : law.upper.map((high, i) => (high - law.lower[i]!) / 2);
  const diagonal = radii.map((radius, i) => radius * Math.sqrt(Math.max(0, spread.entries[i * n + i]!)));
  const shape = law.kind === 'ball' ? new Float64Array(n).fill(1) : shapeOf(diagonal, outgoing);
  const weights = shape.map((value, i) => radii[i]! / Math.sqrt(value));
  const { value } = await largestEigenpair(
    (x) => scaledProduct(spread, weights, x),
    seededVector(n, 1),
    { steps: 40, tolerance: 1e-3, cost: n * n },
    pace,
  );
  const size = value > 0 ? 2 * value : 1;
  return law.kind === 'ball' ? Float64Array.of(1 / size) : shape.map((own) => 1 / (size * own));
}

/** Neither a neuron that nothing feeds nor one that nobody reads may pull the shape out of the doubles. */
function shapeOf(diagonal: Float64Array, outgoing: Float64Array): Float64Array {
  const most = diagonal.reduce((a, b) => Math.max(a, b), 0);
  const farthest = outgoing.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return diagonal.map(() => 1);
  return diagonal.map(
    (value, i) => Math.max(value, 1e-4 * most) / (farthest === 0 ? 1 : Math.max(outgoing[i]!, 1e-4 * farthest)),
  );
}

function scaledProduct({ rows: n, entries }: Dense, weights: Float64Array, x: Float64Array): Float64Array {
  const scaled = x.map((value, i) => value * weights[i]!);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0, at = i * n; j < n; j++, at++) sum += entries[at]! * scaled[j]!;
    y[i] = sum * weights[i]!;
  }
  return y;
}

/** F with the unit's own block behind it: lam (z - a y)(z - b y), or lam (|z|^2 - gain^2 |y|^2). */
async function extended(
  { blocks, matrix }: Front,
  { block, law }: DenseUnit,
  size: number,
  rows: Dense,
  own: Float64Array,
  products: DenseProducts,
): Promise<Front> {
  const before = matrix.rows;
  const whole = zeros(before + size, before + size);
  place(whole, matrix, 0, 0);
  const ball = law.kind === 'ball';
  const inner =
    law.kind === 'ball'
      ? new Float64Array(rows.rows).fill(-own[0]! * law.gain * law.gain)
      : own.map((lam, i) => lam * law.lower[i]! * law.upper[i]!);
  if (inner.some((value) => value !== 0)) {
    const update = await products.transposedTimes(rows, scaledRows(rows, inner));
    for (let i = 0; i < before; i++)
      for (let j = 0; j < before; j++) whole.entries[i * whole.columns + j]! += update.entries[i * before + j]!;
  }
  for (let i = 0; i < size; i++) {
    const lam = own[ball ? 0 : i]!;
    whole.entries[(before + i) * (whole.columns + 1)] = lam;
    if (law.kind === 'ball') continue;
    const cross = (-lam * (law.lower[i]! + law.upper[i]!)) / 2;
    for (let j = 0; j < before; j++) {
      const value = cross * rows.entries[i * before + j]!;
      whole.entries[(before + i) * whole.columns + j] = value;
      whole.entries[j * whole.columns + before + i] = value;
    }
  }
  return { blocks: [...blocks, block], matrix: whole };
}

const scaledRows = ({ rows, columns, entries }: Dense, factors: Float64Array): Dense => ({
  rows,
  columns,
  entries: entries.map((value, at) => value * factors[Math.floor(at / columns)]!),
});

/** The Schur complement on the blocks that are still looked at. */
async function eliminated(
  { blocks, matrix }: Front,
  dead: ReadonlySet<number>,
  sizes: readonly number[],
  products: DenseProducts,
): Promise<Front | undefined> {
  if (dead.size === 0) return { blocks, matrix };
  const places = (keep: boolean): number[] => {
    let at = 0;
    return blocks.flatMap((block) => {
      const first = at;
      at += sizes[block]!;
      return dead.has(block) === keep ? [] : Array.from({ length: sizes[block]! }, (_, i) => first + i);
    });
  };
  const [out, kept] = [places(false), places(true)];
  const factor: Factor | undefined = await factorOf(picked(matrix, out, out), products);
  if (factor === undefined) return undefined;
  const solved = await solveLower(factor, picked(matrix, out, kept), products);
  const update = await products.transposedTimes(solved, solved);
  const rest = picked(matrix, kept, kept);
  for (let i = 0; i < rest.entries.length; i++) rest.entries[i]! -= update.entries[i]!;
  return { blocks: blocks.filter((block) => !dead.has(block)), matrix: rest };
}

function picked({ columns, entries }: Dense, rows: readonly number[], across: readonly number[]): Dense {
  const small = zeros(rows.length, across.length);
  let at = 0;
  for (const i of rows) for (const j of across) small.entries[at++] = entries[i * columns + j]!;
  return small;
}

/** The largest eigenvalue of C F^-1 C'. */
async function largestImage(
  { output, outputs, sizes }: DenseProblem,
  front: Front,
  products: DenseProducts,
  pace: Pace,
): Promise<number | undefined> {
  const factor = await factorOf(copyOf(front.matrix), products);
  if (factor === undefined) return undefined;
  const rows = overBlocks(output, outputs, front.blocks, sizes);
  const image = await solveLower(factor, transposedOf(rows), products);
  const gram =
    outputs <= image.rows ? await products.transposedTimes(image, image) : await products.timesTransposed(image, image);
  const ones = new Float64Array(gram.rows).fill(1);
  const { value } = await largestEigenpair(
    (x) => scaledProduct(gram, ones, x),
    seededVector(gram.rows, 1),
    { steps: 200, tolerance: 1e-10, cost: gram.rows ** 2 },
    pace,
  );
  return value;
}
