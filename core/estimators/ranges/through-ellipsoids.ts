import { spectralNormAbove } from '../../compute/linear-algebra/spectral-norm-above.ts';
import type { Shape } from '../../network/tensor.ts';
import type { Offset } from '../../operators/definition.ts';
import type { Ellipsoids } from '../../operators/ellipsoids.ts';
import { encloseAffine, type Enclosure } from '../../operators/enclosure.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { above, gamma } from '../../rounding.ts';

/** A side up to which the norm of a matrix is worth its products; beyond, its Frobenius norm has to do. */
const largestSide = 192;

/** The image of a box with ellipsoids in it under an affine map: narrower where they say more than the box. */
export function throughEllipsoids(
  { ellipsoids }: Enclosure,
  map: LinearMap,
  offset: Offset | undefined,
  image: Enclosure,
): Enclosure {
  if (ellipsoids === undefined) return image;
  const { structure } = map;
  switch (structure.kind) {
    case 'selection':
      return structure.largestCopies > 1 ? image : picked(ellipsoids, map, offset, image);
    case 'diagonal': {
      const error = 1 + map.entryError;
      const scales = ellipsoids.scales.map((scale, i) => above(scale * Math.abs(structure.entries[i]!) * error));
      return { ...image, ellipsoids: { ...ellipsoids, scales, ...centres(ellipsoids, map, offset, image.shape) } };
    }
    case 'dense':
      return mixed(ellipsoids, map, structure, offset, image);
    case 'convolution':
    case 'separable':
    case 'opaque':
      return image;
  }
}

/** The map of the centres, which are a box as well. */
function centres(
  { lower, upper }: Ellipsoids,
  map: LinearMap,
  offset: Offset | undefined,
  shape: Shape,
): { readonly lower: Float64Array; readonly upper: Float64Array } {
  const box = encloseAffine(map, offset, { shape: [lower.length], lower, upper }, shape);
  return { lower: box.lower, upper: box.upper };
}

function picked(from: Ellipsoids, map: LinearMap, offset: Offset | undefined, image: Enclosure): Enclosure {
  const places = map.apply(Float64Array.from({ length: map.columns }, (_, i) => i + 1));
  // What was filled in belongs to no group.
  if (places.some((place) => place === 0)) return image;
  const ellipsoids: Ellipsoids = {
    groups: Int32Array.from(places, (place) => from.groups[place - 1]!),
    scales: Float64Array.from(places, (place) => from.scales[place - 1]!),
    radii: from.radii,
    ...centres(from, map, offset, image.shape),
  };
  return { ...image, ellipsoids };
}

/** A row y = W x + b of groups g has |y_i - c_i| <= sum_g r_g |(W S)_i on g|, and |y - c| <= |W S| sqrt(sum r_g^2). */
function mixed(
  from: Ellipsoids,
  map: LinearMap,
  { matrix, outputs, inputs, repeats }: { matrix: Float64Array; outputs: number; inputs: number; repeats: number },
  offset: Offset | undefined,
  image: Enclosure,
): Enclosure {
  const rows = Array.from({ length: repeats }, (_, r) => rowGroups(from, r * inputs, inputs));
  // A group that is spread over several rows bounds each of them, but is not told apart here.
  const radii = Float64Array.from(rows, (groups) =>
    above(Math.sqrt(groups.reduce((sum, group) => sum + from.radii[group]! ** 2, 0)) * (1 + gamma(groups.length + 4))),
  );
  const error = (1 + map.entryError) * (1 + gamma(inputs + 8));
  const { lower: centreLower, upper: centreUpper } = centres(from, map, offset, image.shape);
  const lower = image.lower.slice();
  const upper = image.upper.slice();
  const widest = new Float64Array(inputs);
  for (let r = 0; r < repeats; r++)
    for (let k = 0; k < inputs; k++) widest[k] = Math.max(widest[k]!, from.scales[r * inputs + k]!);
  const squares = new Float64Array(from.radii.length);
  for (let r = 0; r < repeats; r++) {
    const groups = rows[r]!;
    for (let i = 0; i < outputs; i++) {
      for (const group of groups) squares[group] = 0;
      for (let k = 0; k < inputs; k++)
        squares[from.groups[r * inputs + k]!]! += (matrix[i * inputs + k]! * from.scales[r * inputs + k]!) ** 2;
      const half = above(groups.reduce((sum, g) => sum + from.radii[g]! * Math.sqrt(squares[g]!), 0) * error * (1 + gamma(groups.length + 8))); // prettier-ignore
      const at = r * outputs + i;
      lower[at] = Math.max(lower[at]!, centreLower[at]! - above(half));
      upper[at] = Math.min(upper[at]!, centreUpper[at]! + above(half));
    }
  }
  const norm = above(normAbove({ matrix, outputs, inputs }, widest) * error);
  const ellipsoids: Ellipsoids = {
    groups: Int32Array.from({ length: repeats * outputs }, (_, at) => Math.floor(at / outputs)),
    scales: new Float64Array(repeats * outputs).fill(1),
    radii: radii.map((radius) => above(radius * norm)),
    lower: centreLower,
    upper: centreUpper,
  };
  return { shape: image.shape, lower: lower.map(outwardBelow), upper: upper.map(outwardAbove), ellipsoids };
}

// The last subtraction was rounded once.
const outwardBelow = (value: number): number => -above(-value);
const outwardAbove = (value: number): number => above(value);

const rowGroups = ({ groups }: Ellipsoids, start: number, length: number): readonly number[] => [
  ...new Set(groups.subarray(start, start + length)),
];

/** |W diag(scales)|, from above. */
function normAbove(
  { matrix, outputs, inputs }: { matrix: Float64Array; outputs: number; inputs: number },
  scales: Float64Array,
): number {
  const entries = matrix.map((value, at) => value * scales[at % inputs]!);
  const error = 1 + gamma(entries.length + 8);
  if (Math.min(outputs, inputs) <= largestSide)
    return above(
      spectralNormAbove({ rows: outputs, columns: inputs, entries }) + 2 ** -52 * frobenius(entries) * error,
    );
  return above(frobenius(entries) * error);
}

const frobenius = (entries: Float64Array): number => Math.sqrt(entries.reduce((sum, value) => sum + value * value, 0));
