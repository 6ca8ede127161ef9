import { above } from '../../rounding.ts';
import type { Ranges } from '../definition.ts';
import { onlyVariable, variables } from '../facts.ts';
import { flat, type CurvatureRule } from './curvature.ts';

/**
 * The second derivative of f g along (u, v) is f'u g'v + f'v g'u. |F G| <= |F| |G| in the Frobenius norm, and of products element by element no pair of entries meets
 * twice, however they are broadcast.
 */
const product: CurvatureRule = (facts) => {
  if (onlyVariable(facts) !== undefined) return flat;
  return (constants) => above(2 * above((constants[0] ?? 0) * (constants[1] ?? 0)));
};

/** f / g: - (f'u g'v + f'v g'u) / g^2 + 2 f g'u g'v / g^3, where g stays away from 0. */
const quotient: CurvatureRule = (facts, ranges) => {
  if (!variables(facts).includes(1)) return flat;
  const least = leastSize(ranges, 1);
  const most = largestSize(ranges, 0);
  if (!(least > 0) || !Number.isFinite(most)) return 'it divides by a tensor that can come close to zero';
  return ([top = 0, bottom = 0]) => {
    const mixed = above((2 * top * bottom) / (least * least));
    return above((mixed + above((2 * most * bottom * bottom) / (least * least * least))) * (1 + 1e-15));
  };
};

const sizes = (ranges: Ranges | undefined, index: number): readonly (readonly [number, number])[] => {
  const box = ranges?.[index];
  return box === undefined ? [] : Array.from(box.lower, (low, i) => [low, box.upper[i]!] as const);
};

const leastSize = (ranges: Ranges | undefined, index: number): number =>
  ranges?.[index] === undefined
    ? 0
    : sizes(ranges, index).reduce(
        (least, [low, high]) => Math.min(least, low <= 0 && high >= 0 ? 0 : Math.min(Math.abs(low), Math.abs(high))),
        Number.POSITIVE_INFINITY,
      );

const largestSize = (ranges: Ranges | undefined, index: number): number =>
  ranges?.[index] === undefined
    ? Number.POSITIVE_INFINITY
    : sizes(ranges, index).reduce((most, [low, high]) => Math.max(most, Math.abs(low), Math.abs(high)), 0);

export const productCurvatures: Readonly<Record<string, CurvatureRule>> = {
  Mul: product,
  MatMul: product,
  Gemm: product,
  Div: quotient,
};
