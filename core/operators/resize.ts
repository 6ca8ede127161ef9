import { text } from '../network/network.ts';
import type { Shape } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { attributeOf } from '../network/network.ts';
import { constantNumbers, required } from './facts.ts';
import type { Matrix } from './linear-map.ts';
import { separableMap } from './maps/separable-map.ts';

interface Scaling {
  readonly sizes: Shape;
  /** Output size over input size per axis, as the file states it (sizes may have been rounded). */
  readonly scales: readonly number[];
}

function scalingOf(facts: NodeFacts): Scaling {
  const { shape } = required(facts, 0);
  const scalesInput = facts.node.op === 'Upsample' || facts.opset < 11 ? 1 : 2;
  const sizes = scalesInput === 2 ? constantNumbers(facts, 3) : undefined;
  const scales = attributeOf(facts.node, 'scales', 'floats')?.value ?? constantNumbers(facts, scalesInput);
  if (sizes !== undefined && sizes.length === shape.length)
    return { sizes: [...sizes], scales: Array.from(sizes, (size, axis) => size / shape[axis]!) };
  if (scales === undefined || scales.length !== shape.length)
    throw new UserError(
      `${facts.node.op} node "${facts.node.id}" states its sizes for some axes only or at run time, so its shape is not known.`,
    );
  return { sizes: Array.from(scales, (scale, axis) => Math.floor(shape[axis]! * scale)), scales: [...scales] };
}

const coordinates: Readonly<Record<string, (at: number, scale: number, from: number, to: number) => number>> = {
  half_pixel: (at, scale) => (at + 0.5) / scale - 0.5,
  pytorch_half_pixel: (at, scale, _from, to) => (to > 1 ? (at + 0.5) / scale - 0.5 : 0),
  asymmetric: (at, scale) => at / scale,
  align_corners: (at, _scale, from, to) => (to === 1 ? 0 : (at * (from - 1)) / (to - 1)),
};

const roundings: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Interpolation weights along one axis: every row of the matrix mixes one (nearest) or two (linear) entries. */
function axisMatrix(facts: NodeFacts, from: number, to: number, scale: number): Matrix {
  const old = facts.opset < 11;
  const coordinate =
    coordinates[old ? 'asymmetric' : text(facts.node, 'coordinate_transformation_mode', 'half_pixel')]!;
  const round = roundings[old ? 'floor' : text(facts.node, 'nearest_mode', 'round_prefer_floor')]!;
  const nearest = text(facts.node, 'mode', 'nearest') === 'nearest';
  const entries = new Float64Array(to * from);
  const inside = (at: number): number => Math.min(from - 1, Math.max(0, at));
  for (let i = 0; i < to; i++) {
    const x = coordinate(i, scale, from, to);
    if (nearest) entries[i * from + inside(round(x))]! += 1;
    else {
      const left = Math.floor(x);
      entries[i * from + inside(left)]! += 1 - (x - left);
      entries[i * from + inside(left + 1)]! += x - left;
    }
  }
  return { rows: to, columns: from, entries };
}

/** Nearest and linear resizing are separable linear maps. */
export const resize: OperatorDefinition = {
  ops: ['Resize', 'Upsample'],
  kind: () => 'resize',
  infer: (facts) => [{ type: required(facts, 0).type, shape: scalingOf(facts).sizes }],
  rule(facts) {
    const mode = text(facts.node, 'mode', 'nearest');
    const transformation =
      facts.opset < 11 ? 'asymmetric' : text(facts.node, 'coordinate_transformation_mode', 'half_pixel');
    if (mode !== 'nearest' && mode !== 'linear')
      return { kind: 'unsupported', reason: `its mode "${mode}" is not understood` };
    if (coordinates[transformation] === undefined)
      return { kind: 'unsupported', reason: `its coordinates "${transformation}" are not understood` };
    if (attributeOf(facts.node, 'antialias', 'int')?.value === 1)
      return { kind: 'unsupported', reason: 'its antialiasing is not understood' };
    const { shape } = required(facts, 0);
    const { sizes, scales } = scalingOf(facts);
    const along = shape.flatMap((size, axis) =>
      sizes[axis] === size ? [] : [{ axis, matrix: axisMatrix(facts, size, sizes[axis]!, scales[axis]!) }],
    );
    // ONNX Runtime computes interpolation weights in float32; the file means the exact ones.
    return { kind: 'affine', input: 0, map: separableMap(shape, along, mode === 'nearest' ? 0 : 2 ** -46) };
  },
};
