import type { Offset } from '../../../operators/definition.ts';
import type { LinearMap } from '../../../operators/linear-map.ts';
import { gamma, tiny } from '../../../rounding.ts';

/**
 * The elements of a tensor as functions of two coordinates p and q that both run from -1 to 1: each within `r` of c + a p + b q. (Taylor
 * models of first order: Makino and Berz 1996.)
 */
export interface LinearModels {
  readonly c: Float64Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly r: Float64Array;
}

/** Sums of a few roundings' bounds are rounded themselves. */
export const outward = 1 + 2 ** -30;

export const emptyModels = (count: number): LinearModels => ({
  c: new Float64Array(count),
  a: new Float64Array(count),
  b: new Float64Array(count),
  r: new Float64Array(count),
});

export const constantModels = (values: Float64Array): LinearModels => ({ ...emptyModels(values.length), c: values });

/** W models + offset; `magnitude` is |W|. */
export function mappedModels(
  map: LinearMap,
  magnitude: LinearMap,
  models: LinearModels,
  offset: Offset | undefined,
): LinearModels {
  const { c, a, b, r } = models;
  const relative = gamma(2 * map.terms + 8) + map.entryError;
  const wide = new Float64Array(r.length);
  for (let i = 0; i < wide.length; i++)
    wide[i] = (1 + 2 * relative) * r[i]! + relative * (Math.abs(c[i]!) + Math.abs(a[i]!) + Math.abs(b[i]!));
  const image = { c: map.apply(c), a: map.apply(a), b: map.apply(b), r: magnitude.apply(wide) };
  for (let i = 0; i < image.r.length; i++) image.r[i] = outward * image.r[i]! + map.terms * tiny;
  if (offset === undefined) return image;
  for (let i = 0; i < image.c.length; i++) {
    image.c[i]! += offset.values[i]!;
    image.r[i] = outward * (image.r[i]! + offset.error + 2 ** -52 * Math.abs(image.c[i]!));
  }
  return image;
}

/** Signed sum of tensors; `places` says which element of a summand belongs to an element of the sum. */
export function summedModels(
  count: number,
  summands: readonly { readonly models: LinearModels; readonly sign: number; readonly places: Int32Array }[],
): LinearModels {
  const sum = emptyModels(count);
  const rounding = gamma(summands.length + 1);
  for (let i = 0; i < count; i++) {
    let [c, a, b, r, size] = [0, 0, 0, 0, 0];
    for (const { models, sign, places } of summands) {
      const j = places[i]!;
      c += sign * models.c[j]!;
      a += sign * models.a[j]!;
      b += sign * models.b[j]!;
      r += models.r[j]!;
      size += Math.abs(models.c[j]!) + Math.abs(models.a[j]!) + Math.abs(models.b[j]!);
    }
    sum.c[i] = c;
    sum.a[i] = a;
    sum.b[i] = b;
    sum.r[i] = outward * (r + rounding * size);
  }
  return sum;
}

/** sum[i] += x[j] y[k], element models all. */
export function addProduct(sum: LinearModels, i: number, x: LinearModels, j: number, y: LinearModels, k: number): void {
  const [xc, xa, xb, xr] = [x.c[j]!, x.a[j]!, x.b[j]!, x.r[j]!];
  const [yc, ya, yb, yr] = [y.c[k]!, y.a[k]!, y.b[k]!, y.r[k]!];
  // p^2 and q^2 are between 0 and 1, p q between -1 and 1.
  const [pp, qq, pq] = [xa * ya, xb * yb, xa * yb + xb * ya];
  const [xSize, ySize] = [Math.abs(xc) + Math.abs(xa) + Math.abs(xb), Math.abs(yc) + Math.abs(ya) + Math.abs(yb)];
  const bent = 0.5 * (Math.abs(pp) + Math.abs(qq)) + Math.abs(pq);
  const before = Math.abs(sum.c[i]!) + Math.abs(sum.a[i]!) + Math.abs(sum.b[i]!);
  sum.c[i]! += xc * yc + 0.5 * (pp + qq);
  sum.a[i]! += xc * ya + xa * yc;
  sum.b[i]! += xc * yb + xb * yc;
  const rounding = 2 ** -49 * (xSize * ySize + before);
  sum.r[i] = outward * (sum.r[i]! + bent + xr * (ySize + yr) + xSize * yr + rounding) + tiny;
}
