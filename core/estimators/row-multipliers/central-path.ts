import type { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import type { CentreForm } from '../centre-form/form.ts';
import { blockStarts } from '../local-multipliers/block-start.ts';
import { Newton } from '../local-multipliers/newton.ts';
import { problemOf, type Problem, type Start } from '../local-multipliers/problem.ts';
import { stepFrom, type Inside } from '../local-multipliers/step.ts';
import { stretched } from './stretched.ts';

/** Numbers with which the row's bound is the root of the square, times the length of the scales. */
export interface RowIterate extends Start {
  readonly scales: Float64Array;
  readonly value: number;
}

const mostSteps = 80;
/** Of the barrier, after a step that came close to its centre; and after one that came nearer. */
const [sharpening, nearing] = [0.4, 0.7];
/** Of the square: how close to the least it ends. */
const closeness = 1e-3;
/** No input's weight is less than so much of an equal share, so that errors stay errors. */
const leastShare = 1e-3;
/** How far the weights go towards what the inverse says, at first; less where that is too far. */
const boldness = 0.7;
const leastBoldness = 0.02;

/**
 * A linear function f of x and w, where |x_i| <= 1 for every input and |w_k| <= r_k |y_k| for every unit that bends: f^2 <= l sum of a_i x_i^2 for weights a of sum 1, with a factor for every
 * unit (the S-procedure; LipSDP for the l-infinity norm). With the inputs in units of 1 / sqrt(a_i) that is the matrix of local-multipliers. Newton's method on l / mu - log det F goes along the central path in
 * the factors; between its steps the weights go towards where the linear part of log det F by 1 / a_i has its least, a_i ~ sqrt(X_i' F^-1 X_i).
 */
export async function* smallerRows(
  form: CentreForm,
  sizes: Float64Array,
  products: DenseProducts,
): AsyncGenerator<RowIterate> {
  let here = spaceOf(form, shares(sizes), products);
  if (here === undefined) return;
  let inside = await firstInside(here);
  if (inside === undefined) return;
  const rows = here.problem.rows.length;
  let mu = inside.point.at(-1)! / rows;
  for (let step = 0; step < mostSteps; step++) {
    const { centring, lowering, surplus, decrementAt } = await here.newton.directions(inside.point, inside.factor);
    const square = inside.point.at(-1)!;
    yield { s: inside.point.slice(0, -1), square: square - surplus, scales: here.scales, value: Math.sqrt(square - surplus) * here.length }; // prettier-ignore
    if (mu * rows < closeness * square) return;
    const decrement = decrementAt(mu);
    const direction = centring.map((value, i) => value + lowering[i]! / mu);
    const next = await stepFrom(here.newton, inside.point, direction, decrement > 1 ? 1 / (1 + 0.2 * decrement) : 1);
    if (next === undefined) return;
    inside = next;
    const other = await reweighted(form, here, inside, products);
    if (other !== undefined) [here, inside] = other;
    if (decrement < 3) mu *= sharpening;
    else if (next.length > 0.3) mu *= nearing;
  }
}

/** The question for some weights of the inputs. */
interface Space {
  readonly weights: Float64Array;
  readonly scales: Float64Array;
  readonly length: number;
  readonly form: CentreForm;
  readonly problem: Problem;
  readonly start: Start;
  readonly newton: Newton;
}

function spaceOf(row: CentreForm, weights: Float64Array, products: DenseProducts): Space | undefined {
  const scales = weights.map((weight) => 1 / Math.sqrt(weight));
  const { form, length } = stretched(row, scales);
  const begun = problemOf(form);
  return begun && { weights, scales, length, form, ...begun, newton: new Newton(form, begun.problem, products) };
}

async function firstInside({ form, problem, start, newton }: Space): Promise<Inside | undefined> {
  for (const { s, square } of [...blockStarts(form, problem, start), start]) {
    const point = Float64Array.of(...s, square).map((value) => 2 * value);
    const factor = await newton.factorAt(point);
    if (factor !== undefined) return { point, factor };
  }
  return undefined;
}

/** At the same point with better weights; undefined where none are. */
async function reweighted(
  form: CentreForm,
  { newton, weights }: Space,
  { point, factor }: Inside,
  products: DenseProducts,
): Promise<readonly [Space, Inside] | undefined> {
  const pulls = await newton.pulls(factor);
  for (let bold = boldness; bold > leastBoldness; bold /= 2) {
    const towards = weights.map((weight, i) => weight ** (1 - bold) * Math.sqrt(weight * pulls[i]!) ** bold);
    const space = spaceOf(form, shares(towards), products);
    const there = await space?.newton.factorAt(point);
    if (space !== undefined && there !== undefined) return [space, { point, factor: there }];
  }
  return undefined;
}

/** Of sum 1, none of them next to nothing. */
function shares(sizes: Float64Array): Float64Array {
  const shared = (of: Float64Array): Float64Array => {
    const total = of.reduce((sum, size) => sum + size, 0);
    return of.map((size) => size / total);
  };
  return shared(shared(sizes).map((share) => Math.max(share, leastShare / sizes.length)));
}
