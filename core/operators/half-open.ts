import { elementCount, type Shape } from '../network/tensor.ts';
import type { Offset } from './definition.ts';
import { encloseAffine, enclosureOf, type Enclosure } from './enclosure.ts';
import { plus, times } from './interval.ts';
import type { LinearMap } from './linear-map.ts';

/** Whether some side of some entry has no end. */
export const isOpen = ({ lower, upper }: Enclosure): boolean =>
  lower.includes(Number.NEGATIVE_INFINITY) || upper.includes(Number.POSITIVE_INFINITY);

/** Nothing is known of any entry. */
export const isEverything = ({ lower, upper }: Enclosure): boolean =>
  lower.every((low) => low === Number.NEGATIVE_INFINITY) && upper.every((high) => high === Number.POSITIVE_INFINITY);

export const everything = (shape: Shape): Enclosure => ({
  shape,
  lower: new Float64Array(elementCount(shape)).fill(Number.NEGATIVE_INFINITY),
  upper: new Float64Array(elementCount(shape)).fill(Number.POSITIVE_INFINITY),
});

/**
 * W x + offset for a box that is open on some sides. An output is open where an open entry reaches it, which |W| tells without rounding
 * (a sum of magnitudes is 0 only when all of them are); everything else is enclosed as if the open entries were 0. Where all weights have one
 * sign, the lower and the upper side are looked at on their own: a mean of squares stays above 0.
 */
export function encloseOpen(map: LinearMap, offset: Offset | undefined, box: Enclosure, shape: Shape): Enclosure {
  if (map.structure.kind === 'diagonal') return encloseScaled(map, map.structure.entries, offset, box, shape);
  if (isEverything(box)) return everything(shape);
  if (map.structure.kind === 'dense') return encloseDense(map, map.structure, offset, box, shape);
  const sign = signOf(map);
  const openBelow = indicator(box.lower, Number.NEGATIVE_INFINITY);
  const openAbove = indicator(box.upper, Number.POSITIVE_INFINITY);
  const absolute = map.magnitude();
  if (sign === 0) {
    const touched = absolute.apply(openBelow.map((open, i) => Math.max(open, openAbove[i]!)));
    const closed = (numbers: Float64Array): Float64Array =>
      numbers.map((value, i) => (openBelow[i] === 1 || openAbove[i] === 1 ? 0 : value));
    const image = encloseAffine(map, offset, { ...box, lower: closed(box.lower), upper: closed(box.upper) }, shape);
    return enclosureOf(shape, (i) =>
      touched[i]! > 0 ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : [image.lower[i]!, image.upper[i]!],
    );
  }
  const end = (side: 'lower' | 'upper'): { image: Enclosure; open: Float64Array } => {
    const open = side === 'lower' ? openBelow : openAbove;
    const point = box[side].map((value, i) => (open[i] === 1 ? 0 : value));
    return {
      image: encloseAffine(map, offset, { ...box, lower: point, upper: point }, shape),
      open: absolute.apply(open),
    };
  };
  const [low, high] = sign > 0 ? [end('lower'), end('upper')] : [end('upper'), end('lower')];
  return enclosureOf(shape, (i) => [
    low.open[i]! > 0 ? Number.NEGATIVE_INFINITY : low.image.lower[i]!,
    high.open[i]! > 0 ? Number.POSITIVE_INFINITY : high.image.upper[i]!,
  ]);
}

const indicator = (numbers: Float64Array, open: number): Float64Array =>
  numbers.map((value) => (value === open ? 1 : 0));

/**
 * Entry by entry: an output has no end where some weight leads to a side without one. Every other side is the same as that of a box in which a side without end is where the other one is, for
 * no weight that is not 0 takes it there.
 */
function encloseDense(
  map: LinearMap,
  { matrix, outputs, inputs, repeats }: Extract<LinearMap['structure'], { kind: 'dense' }>,
  offset: Offset | undefined,
  box: Enclosure,
  shape: Shape,
): Enclosure {
  const lower = box.lower.map((low, j) => (Number.isFinite(low) ? low : Number.isFinite(box.upper[j]!) ? box.upper[j]! : 0)); // prettier-ignore
  const upper = box.upper.map((high, j) => (Number.isFinite(high) ? high : lower[j]!));
  const image = encloseAffine(map, offset, { ...box, lower, upper }, shape);
  const open = Array.from({ length: inputs * repeats }, (_, j) => j).filter(
    (j) => !(Number.isFinite(box.lower[j]!) && Number.isFinite(box.upper[j]!)),
  );
  const ends = { lower: image.lower.slice(), upper: image.upper.slice() };
  for (const j of open) {
    const [below, above] = [!Number.isFinite(box.lower[j]!), !Number.isFinite(box.upper[j]!)];
    const first = Math.floor(j / inputs) * outputs;
    for (let o = 0; o < outputs; o++) {
      const weight = matrix[o * inputs + (j % inputs)]!;
      if (weight > 0 ? below : weight < 0 && above) ends.lower[first + o] = Number.NEGATIVE_INFINITY;
      if (weight > 0 ? above : weight < 0 && below) ends.upper[first + o] = Number.POSITIVE_INFINITY;
    }
  }
  return enclosureOf(shape, (i) => [ends.lower[i]!, ends.upper[i]!]);
}

/** 1: no weight is negative, -1: none is positive, 0: neither is known. */
function signOf({ structure }: LinearMap): 1 | 0 | -1 {
  const arrays = ((): readonly Float64Array[] | undefined => {
    switch (structure.kind) {
      case 'selection':
        return [];
      case 'dense':
        return [structure.matrix];
      case 'convolution':
        return [structure.convolution.kernel];
      case 'separable':
        return structure.factors.map(({ entries }) => entries);
      case 'diagonal':
      case 'opaque':
        return undefined;
    }
  })();
  if (arrays === undefined) return 0;
  if (arrays.every((entries) => entries.every((entry) => entry >= 0))) return 1;
  return arrays.length === 1 && arrays[0]!.every((entry) => entry <= 0) ? -1 : 0;
}

function encloseScaled(
  map: LinearMap,
  entries: Float64Array,
  offset: Offset | undefined,
  box: Enclosure,
  shape: Shape,
): Enclosure {
  return enclosureOf(shape, (i) => {
    const slack = Math.abs(entries[i]!) * map.entryError;
    const factor =
      slack === 0 ? ([entries[i]!, entries[i]!] as const) : plus([entries[i]!, entries[i]!], [-slack, slack]);
    const image = times(factor, [box.lower[i]!, box.upper[i]!]);
    if (offset === undefined) return image;
    return plus(plus(image, [offset.values[i]!, offset.values[i]!]), [-offset.error, offset.error]);
  });
}
