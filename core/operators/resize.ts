import { text } from '../network/network.ts';
import type { Shape } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { attributeOf } from '../network/network.ts';
import { constantNumbers, required } from './facts.ts';
import type { Matrix } from './linear-map.ts';
import { separableMap, type AxisMatrix } from './maps/separable-map.ts';

interface Scaling {
  readonly by: 'sizes' | 'scales';
  readonly sizes: Shape;
  /** Output size over input size per axis, as the file states it (sizes may have been rounded). */
  readonly scales: readonly number[];
  readonly exactScales: readonly Ratio[];
}

function scalingOf(facts: NodeFacts): Scaling {
  const { shape } = required(facts, 0);
  const scalesInput = facts.node.op === 'Upsample' || facts.opset < 11 ? 1 : 2;
  const sizes = scalesInput === 2 ? constantNumbers(facts, 3) : undefined;
  const scales = attributeOf(facts.node, 'scales', 'floats')?.value ?? constantNumbers(facts, scalesInput);
  if (sizes !== undefined && sizes.length === shape.length)
    return {
      by: 'sizes',
      sizes: [...sizes],
      scales: Array.from(sizes, (size, axis) => size / shape[axis]!),
      exactScales: Array.from(sizes, (size, axis) => ({ over: BigInt(size), under: BigInt(shape[axis]!) })),
    };
  if (scales === undefined || scales.length !== shape.length)
    throw new UserError(
      `${facts.node.op} node "${facts.node.id}" states its sizes for some axes only or at run time, so its shape is not known.`,
    );
  if (scales.some((scale) => !(scale > 0 && Number.isFinite(scale))))
    throw new UserError(`${facts.node.op} node "${facts.node.id}" has a scale that is not a positive number.`);
  // In float32, as ONNX Runtime multiplies: 10 times 0.7 is 7 there.
  return {
    by: 'scales',
    sizes: Array.from(scales, (scale, axis) => Math.floor(Math.fround(shape[axis]! * scale))),
    scales: [...scales],
    exactScales: Array.from(scales, ratioOf),
  };
}

/** Where an output position lies among the inputs, as a fraction: exact, so that the weights have one rounding each. */
interface Place {
  readonly over: bigint;
  readonly under: bigint;
}

/** Output size over input size as a fraction; a scale of the file is a float32, and those are fractions. */
type Ratio = Place;

const coordinates: Readonly<Record<string, (at: bigint, scale: Ratio, from: bigint, to: bigint) => Place>> = {
  half_pixel: (at, scale) => centred(at, scale),
  pytorch_half_pixel: (at, scale, _from, to) => (to > 1n ? centred(at, scale) : { over: 0n, under: 1n }),
  asymmetric: (at, scale) => ({ over: at * scale.under, under: scale.over }),
  align_corners: (at, _scale, from, to) =>
    to === 1n ? { over: 0n, under: 1n } : { over: at * (from - 1n), under: to - 1n },
};

/** (at + 1/2) / scale - 1/2. */
const centred = (at: bigint, { over, under }: Ratio): Place => ({
  over: (2n * at + 1n) * under - over,
  under: 2n * over,
});

/** A float32 times 2^149 is whole. */
const ratioOf = (scale: number): Ratio => ({ over: BigInt(scale * 2 ** 149), under: 2n ** 149n });

const { fround } = Math;

/**
 * The same in the float32 steps of ONNX Runtime. Where the file gives a scale such as 2.2, positions that are meant to be whole
 * come out whole only by these roundings, and which pixel is nearest hangs on them. Sizes have no such doubt.
 */
const roundedCoordinates: Readonly<Record<string, (at: number, scale: number, from: number, to: number) => number>> = {
  half_pixel: (at, scale) => fround(fround((at + 0.5) / scale) - 0.5),
  pytorch_half_pixel: (at, scale, _from, to) => (to > 1 ? fround(fround((at + 0.5) / scale) - 0.5) : 0),
  asymmetric: (at, scale) => fround(at / scale),
  align_corners: (at, _scale, from, to) => (to === 1 ? 0 : fround(fround(at * (from - 1)) / (to - 1))),
};

/** From a fraction, and without a rounding before the rounding: over / under with under > 0. */
const roundings: Readonly<Record<string, (place: Place) => bigint>> = {
  round_prefer_floor: ({ over, under }) => -floor({ over: under - 2n * over, under: 2n * under }),
  round_prefer_ceil: ({ over, under }) => floor({ over: 2n * over + under, under: 2n * under }),
  floor,
  ceil: ({ over, under }) => -floor({ over: -over, under }),
};

function floor({ over, under }: Place): bigint {
  const whole = over / under;
  return whole * under > over ? whole - 1n : whole;
}

interface Axis {
  readonly by: 'sizes' | 'scales';
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly exactScale: Ratio;
}

const coordinatesOf = (facts: NodeFacts): string =>
  facts.opset < 11 ? 'asymmetric' : text(facts.node, 'coordinate_transformation_mode', 'half_pixel');

/** Interpolation weights along one axis: every row of the matrix mixes one (nearest) or two (linear) entries. */
function axisMatrix(facts: NodeFacts, axis: Axis): Matrix {
  const { by, from, to, scale } = axis;
  const entries = new Float64Array(to * from);
  const inside = (at: number): number => Math.min(from - 1, Math.max(0, at));
  const nearest = text(facts.node, 'mode', 'nearest') === 'nearest' ? nearestOf(facts, scale) : undefined;
  const place = coordinates[coordinatesOf(facts)]!;
  const roundedPlace = roundedCoordinates[coordinatesOf(facts)]!;
  for (let i = 0; i < to; i++) {
    const at = place(BigInt(i), axis.exactScale, BigInt(from), BigInt(to));
    if (nearest !== undefined) {
      const near = by === 'sizes' ? at : ratioOf(roundedPlace(i, scale, from, to));
      entries[i * from + inside(Number(nearest(near)))]! += 1;
      continue;
    }
    const left = floor(at);
    const { over, under } = at;
    const rest = over - left * under;
    const [here, next] = [inside(Number(left)), inside(Number(left) + 1)];
    if (here === next) entries[i * from + here] = 1;
    else {
      entries[i * from + here] = quotient(under - rest, under);
      entries[i * from + next] = quotient(rest, under);
    }
  }
  return { rows: to, columns: from, entries };
}

/** over / under with a relative error of two units; 64 leading bits are more than a double holds. */
function quotient(over: bigint, under: bigint): number {
  const extra = BigInt(Math.max(0, over.toString(2).length - 64));
  const shared = BigInt(Math.max(0, under.toString(2).length - 64));
  return (Number(over >> extra) / Number(under >> shared)) * 2 ** Number(extra - shared);
}

/** Before operator set 11 there was no nearest_mode: making smaller took the next pixel, making larger the last. */
const nearestOf = (facts: NodeFacts, scale: number): ((place: Place) => bigint) =>
  roundings[facts.opset >= 11 ? text(facts.node, 'nearest_mode', 'round_prefer_floor') : scale < 1 ? 'ceil' : 'floor']!;

/** Nearest and linear resizing are separable linear maps. */
export const resize: OperatorDefinition = {
  ops: ['Resize', 'Upsample'],
  kind: () => 'resize',
  infer: (facts) => [{ type: required(facts, 0).type, shape: scalingOf(facts).sizes }],
  rule(facts) {
    const along = resizingAlong(facts);
    if (typeof along === 'string') return { kind: 'unsupported', reason: along };
    // ONNX Runtime computes interpolation weights in float32; the file means the exact ones.
    const entryError = text(facts.node, 'mode', 'nearest') === 'nearest' ? 0 : (along.length + 1) * 2 ** -51;
    return { kind: 'affine', input: 0, map: separableMap(required(facts, 0).shape, along, entryError) };
  },
};

/** Resizing as one small matrix per axis, or why it is not understood. */
export function resizingAlong(facts: NodeFacts): readonly AxisMatrix[] | string {
  const mode = text(facts.node, 'mode', 'nearest');
  const transformation = coordinatesOf(facts);
  if (mode !== 'nearest' && mode !== 'linear') return `its mode "${mode}" is not understood`;
  if (coordinates[transformation] === undefined) return `its coordinates "${transformation}" are not understood`;
  if (facts.node.attributes.has('axes') || text(facts.node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    return 'its sizes for some axes only are not understood';
  if (attributeOf(facts.node, 'antialias', 'int')?.value === 1) return 'its antialiasing is not understood';
  const { shape } = required(facts, 0);
  const { by, sizes, scales, exactScales } = scalingOf(facts);
  // Where nothing changes its size ONNX Runtime copies, whatever the scales.
  if (sizes.every((size, axis) => size === shape[axis])) return [];
  return shape.flatMap((from, axis) => {
    const scale = scales[axis]!;
    if (scale === 1) return [];
    return [{ axis, matrix: axisMatrix(facts, { by, from, to: sizes[axis]!, scale, exactScale: exactScales[axis]! }) }];
  });
}
