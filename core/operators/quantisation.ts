import { isEightBitFloat, largestOf, neighboursOf, type EightBitFloat } from '../network/eight-bit-floats.ts';
import { integer } from '../network/network.ts';
import { elementCount, type ElementType, type Shape, type TensorType } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import type { LipschitzRule, NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { constantNumbers, onlyVariable, positiveAxis, required } from './facts.ts';
import { over, type Interval } from './interval.ts';
import { diagonalMap } from './maps/diagonal-map.ts';
import { halfToEven } from './steps.ts';

const around = (type: EightBitFloat): Interval => [-largestOf(type), largestOf(type)];

/** What quantised numbers can hold, by type. */
const limits: Partial<Readonly<Record<ElementType, Interval>>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint4: [0, 15],
  int4: [-8, 7],
  float8e4m3fn: around('float8e4m3fn'),
  float8e4m3fnuz: around('float8e4m3fnuz'),
  float8e5m2: around('float8e5m2'),
  float8e5m2fnuz: around('float8e5m2fnuz'),
};

/** ONNX's numbers for the types that `output_dtype` may name. */
const typesByCode: Readonly<Record<number, ElementType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
};

/** How real numbers and quantised ones go together: real = (quantised - zeroPoints[k]) scales[k], k = index[element]. */
export interface Grid {
  readonly type: ElementType;
  readonly limits: Interval;
  readonly scales: Float64Array;
  readonly zeroPoints: Float64Array;
  /** The shape of scales and zero points. */
  readonly shape: Shape;
  readonly index: Int32Array;
}

/** Which scale belongs to which element: one for all, one per index of an axis, or one per block along it. */
function indexOfScales(facts: NodeFacts, shape: Shape, scales: Shape): Int32Array {
  const count = elementCount(shape);
  if (elementCount(scales) === 1) return new Int32Array(count);
  const axis = positiveAxis(integer(facts.node, 'axis', 1), shape.length);
  const size = shape[axis] ?? 0;
  const after = elementCount(shape.slice(axis + 1));
  if (scales.length === 1 && scales[0] === size)
    return Int32Array.from({ length: count }, (_, i) => Math.floor(i / after) % size);
  const block = integer(facts.node, 'block_size', 0);
  const blocks = scales[axis] ?? 0;
  const fits = scales.every((own, a) => own === (a === axis ? Math.ceil(size / block) : shape[a]));
  if (block < 1 || scales.length !== shape.length || !fits)
    throw new UserError(
      `${facts.node.op} node "${facts.node.id}" has scales of the shape [${scales.join(', ')}], which do not fit [${shape.join(', ')}].`,
    );
  return Int32Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / after);
    return (Math.floor(row / size) * blocks + Math.floor((row % size) / block)) * after + (i % after);
  });
}

/** undefined where scales or zero points depend on the input of the network. */
export function gridOf(facts: NodeFacts, type: ElementType): Grid | undefined {
  const scales = constantNumbers(facts, 1);
  const hasZeros = facts.input(2) !== undefined;
  const zeros = constantNumbers(facts, 2);
  if (scales === undefined || (hasZeros && zeros === undefined)) return undefined;
  const { shape } = required(facts, 1);
  if (zeros !== undefined && zeros.length !== scales.length)
    throw new UserError(
      `${facts.node.op} node "${facts.node.id}" has ${scales.length} scales, but ${zeros.length} zero points.`,
    );
  return {
    type,
    limits: limitsOf(facts, type),
    scales,
    zeroPoints: zeros ?? new Float64Array(scales.length),
    shape,
    index: indexOfScales(facts, required(facts, 0).shape, shape),
  };
}

/** Floats of 8 bits become infinite or NaN beyond the largest where the node says that they do not saturate. */
const limitsOf = ({ node }: NodeFacts, type: ElementType): Interval =>
  (isEightBitFloat(type) && integer(node, 'saturate', 1) === 0 ? undefined : limits[type]) ?? [
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ];

export function quantisedType(facts: NodeFacts): ElementType {
  const zeros = facts.input(2);
  if (zeros !== undefined) return zeros.type;
  const type = typesByCode[integer(facts.node, 'output_dtype', 2)];
  return type === undefined || limits[type] === undefined ? 'uint8' : type;
}

const rounds: LipschitzRule = {
  kind: 'unbounded',
  reason:
    'it rounds to multiples of its scale, which is a step function: the network is not continuous, so it is not Lipschitz',
  remedy:
    'Ask for the bound as if unquantised (--as-if-unquantised; in the editor, Change Question), or choose an output before this node.',
};

/** The quantised numbers of a box: rounding never changes the order. */
function quantised(grid: Grid, box: Enclosure): Enclosure {
  const [least, most] = grid.limits;
  return enclosureOf(box.shape, (i) => {
    const k = grid.index[i]!;
    const scale = grid.scales[k]!;
    const divided = over([box.lower[i]!, box.upper[i]!], [scale, scale]);
    if (divided === undefined || !(scale > 0)) return [least, most];
    const limited = (x: number): number => Math.min(most, Math.max(least, x));
    // Floats have no zero point.
    if (isEightBitFloat(grid.type))
      return [
        limited(neighboursOf(divided[0], grid.type)[0] ?? least),
        limited(neighboursOf(divided[1], grid.type)[1] ?? most),
      ];
    const onGrid = (x: number): number => limited(halfToEven(x) + grid.zeroPoints[k]!);
    return [onGrid(divided[0]), onGrid(divided[1])];
  });
}

export const quantizeLinear: OperatorDefinition = {
  ops: ['QuantizeLinear'],
  kind: () => 'other',
  infer: (facts) => [{ type: quantisedType(facts), shape: required(facts, 0).shape }],
  rule(facts, ranges) {
    const grid = gridOf(facts, quantisedType(facts));
    const box = ranges?.[0];
    if (grid === undefined || box === undefined || onlyVariable(facts) !== 0) return rounds;
    const image = quantised(grid, box);
    // Where no value can leave its step, nothing moves at all.
    return image.lower.every((low, i) => low === image.upper[i])
      ? { kind: 'elementwise', input: 0, slopes: { kind: 'same', lower: 0, upper: 0 } }
      : rounds;
  },
  enclose(facts, [box]) {
    const type = quantisedType(facts);
    const grid = gridOf(facts, type);
    const [least, most] = limitsOf(facts, type);
    return [grid === undefined ? enclosureOf(required(facts, 0).shape, () => [least, most]) : quantised(grid, box!)];
  },
};

export const dequantizeLinear: OperatorDefinition = {
  ops: ['DequantizeLinear'],
  kind: () => 'scaling',
  infer(facts): readonly TensorType[] {
    const asked = typesByCode[integer(facts.node, 'output_dtype', 0)];
    return [{ type: asked ?? facts.input(1)?.type ?? 'float32', shape: required(facts, 0).shape }];
  },
  rule(facts) {
    const grid = gridOf(facts, required(facts, 0).type);
    if (grid === undefined || onlyVariable(facts) !== 0)
      return { kind: 'unsupported', reason: 'its scale or zero point depends on the input' };
    const { index, scales, zeroPoints } = grid;
    return {
      kind: 'affine',
      input: 0,
      map: diagonalMap(Float64Array.from(index, (k) => scales[k]!)),
      // A whole number of at most 16 digits in binary, or the 0 of floats, times a float32: no rounding.
      offset: () => ({ values: Float64Array.from(index, (k) => -zeroPoints[k]! * scales[k]!), error: 0 }),
    };
  },
};

/** Its scale is the range of the very values that it rounds. */
export const dynamicQuantizeLinear: OperatorDefinition = {
  ops: ['DynamicQuantizeLinear'],
  kind: () => 'other',
  infer: (facts) => [
    { type: 'uint8', shape: required(facts, 0).shape },
    { type: 'float32', shape: [] },
    { type: 'uint8', shape: [] },
  ],
  rule: () => rounds,
};

export const quantisation: readonly OperatorDefinition[] = [quantizeLinear, dequantizeLinear, dynamicQuantizeLinear];
