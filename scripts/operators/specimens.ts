import type { Network } from '../../core/network/network.ts';
import { nodeOf, type AttributeValue } from '../../core/network/new-node.ts';
import type { Attribute } from '../../core/network/network.ts';
import { tensorOfNumbers, type Shape, type Tensor } from '../../core/network/tensor.ts';

/** A constant input of a specimen; a plain list is one axis of whole numbers. */
type Constant = readonly number[] | { readonly shape: Shape; readonly values: ArrayLike<number> };

/** One typical use of an operator: the one of which docs/operators.md tells the rules. */
export interface Specimen {
  /** Inputs in order: the shape of one that depends on the network's input, or a constant. `null` is left out. */
  readonly inputs: readonly ({ readonly variable: Shape } | { readonly constant: Constant } | null)[];
  readonly attributes?: Readonly<Record<string, AttributeValue | Attribute>>;
  readonly outputs?: number;
  /** Where all variable inputs lie in the column of the region; [0.25, 0.75] where nothing is said. */
  readonly region?: readonly [number, number];
}

const x = (...variable: number[]) => ({ variable });
const c = (constant: Constant) => ({ constant });
const filled = (shape: Shape, value = 0.5): { constant: Constant } => ({
  constant: {
    shape,
    values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value + (i % 3) / 4),
  },
});
const float = (value: number): Attribute => ({ kind: 'float', value });

/** What is not listed takes one input of 2 x 4 numbers and no attributes. */
const specimens: Readonly<Record<string, Specimen>> = {
  Acosh: { inputs: [x(2, 4)], region: [1.25, 2] },
  ...Object.fromEntries(['Add', 'Sub', 'Sum', 'Mean', 'Max', 'Min'].map((op) => [op, { inputs: [x(2, 4), x(2, 4)] }])),
  ...Object.fromEntries(['Mul', 'Div'].map((op) => [op, { inputs: [x(2, 4), x(2, 4)] }])),
  ...Object.fromEntries(
    ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].map((op) => [op, { inputs: [x(2, 4), filled([4])] }]),
  ),
  Clip: { inputs: [x(2, 4), filled([], -1), filled([], 1)] },
  PRelu: { inputs: [x(2, 4), filled([4], 0.25)] },
  Pow: { inputs: [x(2, 4), { constant: { shape: [], values: [2] } }] },
  Gemm: { inputs: [x(2, 4), filled([4, 3]), filled([3])] },
  MatMul: { inputs: [x(2, 4), filled([4, 3])] },
  Conv: { inputs: [x(1, 2, 4, 4), filled([2, 2, 3, 3])], attributes: { kernel_shape: [3, 3] } },
  ConvTranspose: { inputs: [x(1, 2, 4, 4), filled([2, 2, 3, 3])], attributes: { kernel_shape: [3, 3] } },
  AveragePool: { inputs: [x(1, 2, 4, 4)], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
  MaxPool: { inputs: [x(1, 2, 4, 4)], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
  LpPool: { inputs: [x(1, 2, 4, 4)], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
  GlobalAveragePool: { inputs: [x(1, 2, 4, 4)] },
  GlobalMaxPool: { inputs: [x(1, 2, 4, 4)] },
  GlobalLpPool: { inputs: [x(1, 2, 4, 4)] },
  MaxUnpool: {
    inputs: [x(1, 1, 2, 2), c({ shape: [1, 1, 2, 2], values: [0, 3, 8, 11] })],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  BatchNormalization: { inputs: [x(1, 2, 3), ...[1, 2, 3, 4].map(() => filled([2]))] },
  InstanceNormalization: { inputs: [x(1, 2, 4), filled([2]), filled([2])] },
  LayerNormalization: { inputs: [x(2, 4), filled([4]), filled([4])] },
  RMSNormalization: { inputs: [x(2, 4), filled([4])] },
  LRN: { inputs: [x(1, 4, 2)], attributes: { size: 3 } },
  ...Object.fromEntries(
    ['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceLogSumExp', 'ReduceL1', 'ReduceL2'].map((op) => [
      op,
      { inputs: [x(2, 4), c([1])] },
    ]),
  ),
  GridSample: { inputs: [x(1, 1, 3, 3), filled([1, 2, 2, 2], -0.5)] },
  DeformConv: { inputs: [x(1, 2, 4, 4), filled([2, 2, 3, 3]), filled([1, 18, 2, 2], 0.25)] },
  Resize: { inputs: [x(1, 1, 2, 2), null, null, c([1, 1, 4, 4])], attributes: { mode: 'linear' } },
  Upsample: { inputs: [x(1, 1, 2, 2), c({ shape: [4], values: [1, 1, 2, 2] })] },
  Pad: { inputs: [x(2, 4), c([0, 1, 0, 1])] },
  Concat: { inputs: [x(2, 4), x(2, 4)], attributes: { axis: 1 } },
  Split: { inputs: [x(2, 4)], attributes: { axis: 1, num_outputs: 2 }, outputs: 2 },
  Flatten: { inputs: [x(2, 2, 2)] },
  Reshape: { inputs: [x(2, 4), c([4, 2])] },
  Squeeze: { inputs: [x(1, 4), c([0])] },
  Unsqueeze: { inputs: [x(4), c([0])] },
  Slice: { inputs: [x(2, 4), c([1]), c([3]), c([1])] },
  Gather: { inputs: [x(2, 4), c([0, 2])], attributes: { axis: 1 } },
  Expand: { inputs: [x(1, 4), c([3, 4])] },
  Tile: { inputs: [x(2, 4), c([1, 2])] },
  DepthToSpace: { inputs: [x(1, 4, 2, 2)], attributes: { blocksize: 2 } },
  SpaceToDepth: { inputs: [x(1, 1, 4, 4)], attributes: { blocksize: 2 } },
  Cast: { inputs: [x(2, 4)], attributes: { to: 1 } },
  Where: { inputs: [c({ shape: [4], values: [1, 0, 1, 0] }), x(2, 4), x(2, 4)] },
  TopK: { inputs: [x(2, 4), c([2])], outputs: 2 },
  CumSum: { inputs: [x(2, 4), c({ shape: [], values: [1] })] },
  GatherElements: { inputs: [x(2, 4), c({ shape: [2, 2], values: [0, 1, 2, 3] })], attributes: { axis: 1 } },
  GatherND: { inputs: [x(2, 4), c({ shape: [1, 2], values: [1, 2] })] },
  Trilu: { inputs: [x(3, 3)] },
  ReverseSequence: { inputs: [x(4, 2), c([3, 4])] },
  Compress: { inputs: [x(2, 4), c([1, 0, 1, 0])], attributes: { axis: 1 } },
  ScatterElements: {
    inputs: [x(2, 4), c({ shape: [2, 1], values: [1, 3] }), x(2, 1)],
    attributes: { axis: 1 },
  },
  Scatter: {
    inputs: [x(2, 4), c({ shape: [2, 1], values: [1, 3] }), x(2, 1)],
    attributes: { axis: 1 },
  },
  ScatterND: { inputs: [x(4), c({ shape: [2, 1], values: [0, 2] }), x(2)] },
  ThresholdedRelu: { inputs: [x(2, 4)], attributes: { alpha: float(1) } },
  QuantizeLinear: { inputs: [x(2, 4), filled([])] },
  DequantizeLinear: { inputs: [x(2, 4), filled([])] },
  Shrink: { inputs: [x(2, 4)], attributes: { bias: float(0.5) } },
};

const plain: Specimen = { inputs: [x(2, 4)] };

export const specimenOf = (op: string): Specimen => specimens[op] ?? plain;

const whole = (values: readonly number[]) => ({ shape: [values.length], values });

/** The specimen as a network with one node. Its constants are of whole numbers where the operator reads positions or sizes. */
export function networkOf(op: string, { inputs, attributes = {}, outputs = 1 }: Specimen): Network {
  const constants = new Map<string, Tensor>();
  const types = new Map<string, { readonly type: 'float32'; readonly shape: Shape }>();
  const names = inputs.map((input, k) => {
    if (input === null) return '';
    const name = `input ${k}`;
    if ('variable' in input) types.set(name, { type: 'float32', shape: input.variable });
    else {
      const { shape, values } = Array.isArray(input.constant)
        ? whole(input.constant as readonly number[])
        : (input.constant as { shape: Shape; values: ArrayLike<number> });
      const type = Array.isArray(input.constant) || indices.has(op) ? 'int64' : 'float32';
      constants.set(name, tensorOfNumbers(name, shape, values, type));
    }
    return name;
  });
  const results = Array.from({ length: outputs }, (_, k) => `output ${k}`);
  return {
    format: 'onnx',
    opset: op === 'Upsample' ? 9 : 21,
    nodes: [nodeOf(op, op, names, results, attributes)],
    inputs: [...types].map(([name, type]) => ({ name, ...type })),
    outputs: results.slice(0, 1).map((name) => ({ name, type: 'float32', shape: null })),
    constants,
    types,
  };
}

const indices: ReadonlySet<string> = new Set([
  'CumSum',
  'GatherElements',
  'GatherND',
  'MaxUnpool',
  'ScatterElements',
  'ScatterND',
  'Where',
]);
