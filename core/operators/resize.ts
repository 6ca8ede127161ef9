import { attributeOf, decimal, integer, integers, text } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import type { LipschitzRule, NodeFacts, OperatorDefinition } from './definition.ts';
import { constantNumbers, positiveAxis, required } from './facts.ts';
import { coordinates, cubic, fractionOf, linear, mixing, type Fraction, type ResizedAxis } from './interpolation.ts';
import { picking, roundedCoordinates, roundings, type RoundedAxis } from './nearest-entry.ts';
import { separableMap, type AxisMatrix } from './maps/separable-map.ts';

interface Scaling {
  readonly sizes: Shape;
  /** Output size over input size per axis, as the file states it (sizes may have been rounded), in float32. */
  readonly scales: readonly number[];
  readonly exactScales: readonly Fraction[];
}

const { fround } = Math;

/** The axes that the numbers of the node speak of. */
const axesOf = (facts: NodeFacts, rank: number): readonly number[] =>
  (integers(facts.node, 'axes') ?? Array.from({ length: rank }, (_, axis) => axis)).map((axis) =>
    positiveAxis(axis, rank),
  );

/** One number per axis of the tensor, of those that are given for some axes. */
function spread(
  numbers: Float64Array | readonly number[],
  axes: readonly number[],
  others: readonly number[],
): number[] {
  const all = [...others];
  axes.forEach((axis, k) => (all[axis] = numbers[k]!));
  return all;
}

function scalingOf(facts: NodeFacts): Scaling {
  const { shape } = required(facts, 0);
  const axes = axesOf(facts, shape.length);
  const scalesInput = facts.node.op === 'Upsample' || facts.opset < 11 ? 1 : 2;
  const sizes = scalesInput === 2 ? constantNumbers(facts, 3) : undefined;
  const scales = attributeOf(facts.node, 'scales', 'floats')?.value ?? constantNumbers(facts, scalesInput);
  if (sizes !== undefined && sizes.length === axes.length) return bySizes(facts, spread(sizes, axes, shape), axes);
  if (scales === undefined || scales.length !== axes.length)
    throw new UserError(
      `${facts.node.op} node "${facts.node.id}" states its sizes for some axes only or at run time, so its shape is not known.`,
    );
  if (scales.some((scale) => !(scale > 0 && Number.isFinite(scale))))
    throw new UserError(`${facts.node.op} node "${facts.node.id}" has a scale that is not a positive number.`);
  const all = spread(
    [...scales],
    axes,
    shape.map(() => 1),
  );
  // In float32, as ONNX Runtime multiplies: 10 times 0.7 is 7 there.
  return {
    sizes: all.map((scale, axis) => Math.floor(fround(shape[axis]! * scale))),
    scales: all,
    exactScales: all.map(fractionOf),
  };
}

function bySizes(facts: NodeFacts, sizes: readonly number[], axes: readonly number[]): Scaling {
  const { shape } = required(facts, 0);
  const policy = text(facts.node, 'keep_aspect_ratio_policy', 'stretch');
  const ratios = axes.map((axis) => fround(sizes[axis]! / shape[axis]!));
  if (policy !== 'stretch') {
    // One scale for all of these axes, by which the sizes are no larger (no smaller) than what was asked for.
    const scale = (policy === 'not_larger' ? Math.min : Math.max)(...ratios);
    const scales = shape.map((_, axis) => (axes.includes(axis) ? scale : 1));
    return {
      sizes: scales.map((own, axis) => Math.round(fround(shape[axis]! * own))),
      scales,
      exactScales: scales.map(fractionOf),
    };
  }
  return {
    sizes,
    scales: sizes.map((size, axis) => fround(size / shape[axis]!)),
    exactScales: sizes.map((size, axis) => ({ over: BigInt(size), under: BigInt(shape[axis]!) })),
  };
}

const coordinatesOf = (facts: NodeFacts): string =>
  facts.opset < 11 ? 'asymmetric' : text(facts.node, 'coordinate_transformation_mode', 'half_pixel');

/** Before operator set 11 there was no nearest_mode: making smaller took the next pixel, making larger the last. */
const nearestOf = (facts: NodeFacts, scale: number): ((place: number) => number) =>
  roundings[facts.opset >= 11 ? text(facts.node, 'nearest_mode', 'round_prefer_floor') : scale < 1 ? 'ceil' : 'floor']!;

/** Nearest, linear and cubic resizing are separable linear maps. */
export const resize: OperatorDefinition = {
  ops: ['Resize', 'Upsample'],
  kind: () => 'resize',
  infer: (facts) => [{ type: required(facts, 0).type, shape: scalingOf(facts).sizes }],
  rule(facts): LipschitzRule {
    const along = resizingAlong(facts);
    if (typeof along === 'string') return { kind: 'unsupported', reason: along };
    // ONNX Runtime computes interpolation weights in float32; the file means the exact ones.
    const entryError = modeOf(facts) === 'nearest' ? 0 : (along.length + 1) * 2 ** -51;
    const map = separableMap(required(facts, 0).shape, along, entryError);
    const filling = decimal(facts.node, 'extrapolation_value', 0);
    if (filling === 0 || coordinatesOf(facts) !== 'tf_crop_and_resize') return { kind: 'affine', input: 0, map };
    return { kind: 'affine', input: 0, map, offset: () => ({ values: outside(facts, along, filling), error: 0 }) };
  },
};

/** What stands where a position lies outside of the input along some axis. */
function outside(facts: NodeFacts, along: readonly AxisMatrix[], filling: number): Float64Array {
  const { sizes } = scalingOf(facts);
  const values = new Float64Array(elementCount(sizes));
  for (const { axis, matrix } of along) {
    const inner = elementCount(sizes.slice(axis + 1));
    for (let i = 0; i < values.length; i++) {
      const row = Math.floor(i / inner) % sizes[axis]!;
      const entries = matrix.entries.subarray(row * matrix.columns, (row + 1) * matrix.columns);
      if (entries.every((entry) => entry === 0)) values[i] = filling;
    }
  }
  return values;
}

const modeOf = (facts: NodeFacts): string => {
  const mode = text(facts.node, 'mode', 'nearest');
  return mode === 'bilinear' ? 'linear' : mode;
};

const cubicOf = (facts: NodeFacts): number => decimal(facts.node, 'cubic_coeff_a', -0.75);

/** Resizing as one small matrix per axis, or why it is not understood. */
export function resizingAlong(facts: NodeFacts): readonly AxisMatrix[] | string {
  const transformation = coordinatesOf(facts);
  if (!['nearest', 'linear', 'cubic'].includes(modeOf(facts))) return `its mode "${modeOf(facts)}" is not understood`;
  if (coordinates[transformation] === undefined) return `its coordinates "${transformation}" are not understood`;
  const { shape } = required(facts, 0);
  const { sizes, scales, exactScales } = scalingOf(facts);
  const cropping = transformation === 'tf_crop_and_resize';
  const crops = cropping ? cropsOf(facts) : shape.map(() => everything);
  if (crops === undefined) return 'the part that it crops depends on the input';
  if (!crops.flat().every(Number.isFinite)) return 'the part that it crops is not finite';
  if (!Number.isFinite(cubicOf(facts))) return 'its cubic coefficient is not finite';
  // Where nothing changes its size ONNX Runtime copies, whatever the scales.
  if (!cropping && sizes.every((size, axis) => size === shape[axis])) return [];
  return shape.flatMap((from, axis) => {
    const scale = scales[axis]!;
    const [start, end] = crops[axis]!;
    const to = sizes[axis]!;
    const exact = { from, to, scale: exactScales[axis]!, crop: [fractionOf(start), fractionOf(end)] } as const;
    const rounded = { from, to, scale: fround(scale), crop: [fround(start), fround(end)] } as const;
    if (scale === 1 && !(cropping && (start !== 0 || end !== 1))) return [];
    return [{ axis, matrix: axisMatrix(facts, exact, rounded) }];
  });
}

const everything = [0, 1] as const;

/** Starts and ends per axis. */
function cropsOf(facts: NodeFacts): readonly (readonly [number, number])[] | undefined {
  const { shape } = required(facts, 0);
  const axes = axesOf(facts, shape.length);
  const roi = constantNumbers(facts, 1);
  if (roi === undefined) return undefined;
  return shape.map((_, axis) => {
    const k = axes.indexOf(axis);
    return k < 0 ? everything : [roi[k]!, roi[axes.length + k]!];
  });
}

/** Weights of the exact positions along one axis; which of these lie outside, and which entry is nearest, ONNX Runtime's roundings decide. */
function axisMatrix(facts: NodeFacts, axis: ResizedAxis, rounded: RoundedAxis): AxisMatrix['matrix'] {
  const transformation = coordinatesOf(facts);
  const place = (at: number): number | undefined => {
    const found = roundedCoordinates[transformation]!(at, rounded);
    return transformation === 'tf_crop_and_resize' && (found < 0 || found > axis.from - 1) ? undefined : found;
  };
  if (modeOf(facts) === 'nearest') return picking(rounded, place, nearestOf(facts, rounded.scale));
  const exact = (at: number): Fraction | undefined =>
    place(at) === undefined ? undefined : coordinates[transformation]!(at, axis);
  const filter = modeOf(facts) === 'linear' ? linear : cubic(cubicOf(facts));
  const beyond = integer(facts.node, 'exclude_outside', 0) === 1 ? 'left out' : 'repeated';
  return mixing(axis, exact, filter, integer(facts.node, 'antialias', 0) === 1, beyond);
}
