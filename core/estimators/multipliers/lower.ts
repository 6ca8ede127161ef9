import type { Dense } from '../../compute/linear-algebra/dense-products.ts';
import { addProduct, addTransposedProduct, type Part } from './part.ts';
import type { SearchForm } from './search-problem.ts';

/**
 * A block of L below the diagonal that a unit left there, minus a product with a diagonal: `wide` -diag(weights) V' for the unit's
 * own rows, V the image of what it looks at; `tall` -S' diag(weights) where the unit stands before what it looks at.
 */
export type Lower =
  | {
      readonly kind: 'wide';
      readonly image: Dense | undefined;
      readonly form: Part | undefined;
      readonly weights: Float64Array;
    }
  | { readonly kind: 'tall'; readonly form: SearchForm; readonly weights: Float64Array };

/** V' x. */
export function imageTransposedTimes(lower: Extract<Lower, { kind: 'wide' }>, x: Float64Array): Float64Array {
  const y = new Float64Array(lower.weights.length);
  if (lower.image === undefined) addProduct(y, lower.form!, x);
  else addTransposedProduct(y, { kind: 'dense', matrix: lower.image }, x);
  return y;
}

/** into += V y. */
export function addImageTimes(into: Float64Array, lower: Extract<Lower, { kind: 'wide' }>, y: Float64Array): void {
  if (lower.image === undefined) addTransposedProduct(into, lower.form!, y);
  else addProduct(into, { kind: 'dense', matrix: lower.image }, y);
}
