import type { DenseProducts } from '../../compute/linear-algebra/dense-products.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { CentreForm } from '../centre-form/form.ts';
import { Newton } from './newton.ts';
import type { Problem, Start } from './problem.ts';
import { stepFrom, type Inside } from './step.ts';

/** Numbers with which F is positive definite as computed: to be proved. */
export type Iterate = Start;

const mostSteps = 80;
/** Of the barrier, after a step that came close to its centre. */
const sharpening = 0.15;
/** Of the way to where F is singular. */
const boldness = 0.85;
/** A step that lowers the square by less ends the descent. */
const worthAStep = 0.98;

/**
 * Smaller and smaller squares with F(s, square) >= 0, from the first start that lies inside: in a few long steps as far as they go, then from the start once more along the central path, which comes
 * to the least square but slowly. Every step stays inside, so every iterate is a bound.
 */
export async function* smallerSquares(
  form: CentreForm,
  problem: Problem,
  starts: readonly Start[],
  products: DenseProducts,
  pace: Pace,
): AsyncGenerator<Iterate> {
  const newton = new Newton(form, problem, products);
  for (const { s, square } of starts) {
    const point = Float64Array.of(...s, square);
    const begin = async (times: number): Promise<Inside | undefined> => {
      const larger = point.map((value) => times * value);
      const factor = await newton.factorAt(larger);
      return factor && { point: larger, factor };
    };
    const near = await begin(1.05);
    if (near === undefined) continue;
    yield* affineScaling(newton, near, pace);
    const inner = await begin(2);
    if (inner !== undefined) yield* centralPath(newton, inner, problem.rows.length);
    return;
  }
}

/**
 * Affine scaling (Dikin 1967; for matrices Faybusovich 1995): steepest descent of the square in the metric of -log det F, almost to the boundary. Three or four steps gain what the central path needs
 * twenty for, and then it stalls.
 */
async function* affineScaling(newton: Newton, start: Inside, pace: Pace): AsyncGenerator<Iterate> {
  let { point, factor } = start;
  let before = Number.POSITIVE_INFINITY;
  for (;;) {
    const { lowering, surplus } = await newton.directions(point, factor);
    const square = point.at(-1)! - surplus;
    yield { s: point.slice(0, -1), square };
    if (!(square < worthAStep * before)) return;
    before = square;
    const length = boldness * (await newton.reach(factor, lowering, pace));
    const next = await stepFrom(newton, point, lowering, length);
    if (next === undefined) return;
    ({ point, factor } = next);
  }
}

/** Newton's method on square / mu - log det F with mu falling (Vandenberghe and Boyd, Semidefinite programming, SIAM Review 1996). */
async function* centralPath(newton: Newton, start: Inside, rows: number): AsyncGenerator<Iterate> {
  let { point, factor } = start;
  let mu = point.at(-1)! / rows;
  for (let step = 0; step < mostSteps; step++) {
    const { centring, lowering, surplus, decrementAt } = await newton.directions(point, factor);
    const square = point.at(-1)!;
    yield { s: point.slice(0, -1), square: square - surplus };
    if (mu * rows < 1e-5 * square) return;
    const decrement = decrementAt(mu);
    const direction = centring.map((value, i) => value + lowering[i]! / mu);
    const next = await stepFrom(newton, point, direction, decrement > 1 ? 1 / (1 + 0.2 * decrement) : 1);
    if (next === undefined) return;
    ({ point, factor } = next);
    if (decrement < 2) mu *= sharpening;
    else if (next.length > 0.3) mu *= 0.5;
  }
}
