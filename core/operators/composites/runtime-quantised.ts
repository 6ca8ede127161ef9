import { integer } from '../../network/network.ts';
import { elementCount, numbersOf } from '../../network/tensor.ts';
import type { NodeFacts } from '../definition.ts';
import { required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { floatingType, type Attributes, type Draft } from './draft.ts';
import { dequantised } from './quantised.ts';

const domain = 'com.microsoft';

/** The real tensor that three inputs stand for, the first of them at this place. */
const real = (facts: NodeFacts, draft: Draft, at: number, axis = -1): string => {
  const [x = '', scale = '', zero = ''] = facts.node.inputs.slice(at, at + 3);
  return dequantised(facts, draft, [x, scale, zero], at, axis);
};

const rounded = (facts: NodeFacts, draft: Draft, x: string, scale: number): string =>
  draft.node('QuantizeLinear', [x, ...facts.node.inputs.slice(scale, scale + 2).filter((name) => name !== '')]);

/** An operator of one tensor between taking its scale off and putting another on. */
function between(
  op: string,
  as: string,
  attributesOf: (facts: NodeFacts) => Attributes = ({ node }) => Object.fromEntries(node.attributes),
): CompositeDefinition {
  return {
    ops: [op],
    domain,
    becomes: ['DequantizeLinear', as, 'QuantizeLinear'],
    write(facts, draft) {
      if (integer(facts.node, 'channels_last', 0) === 1) return 'its channels come last';
      return [rounded(facts, draft, draft.node(as, [real(facts, draft, 0)], attributesOf(facts)), 3)];
    },
  };
}

const pairwise = (op: string, as: string): CompositeDefinition => ({
  ops: [op],
  domain,
  becomes: ['DequantizeLinear', as, 'QuantizeLinear'],
  write: (facts, draft) => [rounded(facts, draft, draft.node(as, [real(facts, draft, 0), real(facts, draft, 3)]), 6)],
});

const without =
  (name: string) =>
  ({ node }: NodeFacts): Attributes =>
    Object.fromEntries([...node.attributes].filter(([key]) => key !== name));

/** Operators on quantised tensors that ONNX Runtime's quantiser writes, as the real ones that they round. */
export const runtimeQuantised: readonly CompositeDefinition[] = [
  pairwise('QLinearAdd', 'Add'),
  pairwise('QLinearMul', 'Mul'),
  between('QLinearAveragePool', 'AveragePool', without('channels_last')),
  between('QLinearGlobalAveragePool', 'GlobalAveragePool', () => ({})),
  between('QLinearSigmoid', 'Sigmoid'),
  between('QLinearLeakyRelu', 'LeakyRelu'),
  between('QLinearSoftmax', 'Softmax', without('opset')),
  {
    ops: ['QLinearConcat'],
    domain,
    becomes: ['DequantizeLinear', 'Concat', 'QuantizeLinear'],
    write(facts, draft) {
      const parts = Array.from({ length: Math.floor((facts.node.inputs.length - 2) / 3) }, (_, k) =>
        real(facts, draft, 2 + 3 * k),
      );
      return [rounded(facts, draft, draft.concat(parts, integer(facts.node, 'axis', 0)), 0)];
    },
  },
  {
    ops: ['QGemm'],
    domain,
    becomes: ['DequantizeLinear', 'Gemm', 'QuantizeLinear'],
    write(facts, draft) {
      const { node } = facts;
      const axis = integer(node, 'transB', 0) === 1 ? 0 : 1;
      const inputs = [real(facts, draft, 0), real(facts, draft, 3, axis)];
      if (facts.input(6) !== undefined) {
        const scale = draft.node('Mul', [node.inputs[1]!, node.inputs[4]!]);
        inputs.push(draft.node('Mul', [draft.node('Cast', [node.inputs[6]!], { to: float32 }), scale]));
      }
      const product = draft.node('Gemm', inputs, Object.fromEntries(node.attributes));
      return [facts.input(7) === undefined ? product : rounded(facts, draft, product, 7)];
    },
  },
  {
    ops: ['MatMulIntegerToFloat'],
    domain,
    becomes: ['DequantizeLinear', 'MatMul', 'Add'],
    write(facts, draft) {
      const [a, b, aScale, bScale, aZero = '', bZero = '', bias = ''] = facts.node.inputs as string[];
      const product = draft.node('MatMul', [
        fromParts(facts, draft, [a!, aScale!, aZero], [2, 4]),
        fromParts(facts, draft, [b!, bScale!, bZero], [3, 5]),
      ]);
      return [bias === '' ? product : draft.node('Add', [product, bias])];
    },
  },
  {
    ops: ['DynamicQuantizeMatMul'],
    domain,
    becomes: ['DynamicQuantizeLinear', 'DequantizeLinear', 'MatMul', 'Add'],
    write(facts, draft) {
      const [a, b, bScale, bZero = '', bias = ''] = facts.node.inputs as string[];
      const [whole, scale, zero] = draft.many('DynamicQuantizeLinear', [a!], 3) as [string, string, string];
      const product = draft.node('MatMul', [
        draft.node('DequantizeLinear', [whole, scale, zero]),
        fromParts(facts, draft, [b!, bScale!, bZero], [2, 3]),
      ]);
      return [bias === '' ? product : draft.node('Add', [product, bias])];
    },
  },
  {
    ops: ['MatMulNBits'],
    domain,
    becomes: ['MatMul', 'Add'],
    write(facts, draft) {
      const weights = weightsOfFewBits(facts);
      if (typeof weights === 'string') return weights;
      const [rows, columns] = [integer(facts.node, 'K', 0), integer(facts.node, 'N', 0)];
      const matrix = draft.numbers(floatingType(facts, 0), [rows, columns], weights);
      const product = draft.node('MatMul', [facts.node.inputs[0]!, matrix]);
      return [facts.input(5) === undefined ? product : draft.node('Add', [product, facts.node.inputs[5]!])];
    },
  },
];

/** ONNX's number for it. */
const float32 = 1;

/** (x - zero) scale, where the three do not stand side by side; a scale per column is spread along the last axis. */
function fromParts(
  facts: NodeFacts,
  draft: Draft,
  [x, scale, zero]: readonly [string, string, string],
  [scaleAt, zeroAt]: readonly [number, number],
): string {
  const single = elementCount(required(facts, scaleAt).shape) === 1;
  if (single && elementCount(facts.input(zeroAt)?.shape ?? []) === 1)
    return draft.node('DequantizeLinear', [
      x,
      draft.reshape(scale, []),
      ...(zero === '' ? [] : [draft.reshape(zero, [])]),
    ]);
  const whole = draft.node('Cast', [x], { to: float32 });
  const centred = zero === '' ? whole : draft.node('Sub', [whole, draft.node('Cast', [zero], { to: float32 })]);
  return draft.node('Mul', [centred, scale]);
}

/** Blocks of `block_size` along the inputs of each output, 8 bits or fewer each, the first in the lowest bits. */
function weightsOfFewBits(facts: NodeFacts): Float64Array | string {
  const { node } = facts;
  const [packed, scales, zeros] = [facts.constant(1), facts.constant(2), facts.constant(3)];
  if (packed === undefined || scales === undefined) return 'its weights depend on the input';
  if (facts.input(4) !== undefined) return 'its groups are reordered';
  const [rows, columns, bits, block] = ['K', 'N', 'bits', 'block_size'].map((name) =>
    integer(node, name, name === 'bits' ? 4 : 0),
  ) as [number, number, number, number];
  if (![2, 4, 8].includes(bits)) return `its weights of ${bits} bits are not understood`;
  const blocks = Math.ceil(rows / block);
  const field = (bytes: Float64Array, at: number): number => {
    const perByte = 8 / bits;
    return (bytes[Math.floor(at / perByte)]! >> (bits * (at % perByte))) & (2 ** bits - 1);
  };
  const [codes, scale, zero] = [numbersOf(packed), numbersOf(scales), zeros && numbersOf(zeros)];
  const zerosPerRow = Math.ceil((blocks * bits) / 8) * (8 / bits);
  const real = zeros !== undefined && zeros.type !== 'uint8';
  const zeroOf = (n: number, b: number): number =>
    zero === undefined ? 2 ** (bits - 1) : real ? zero[n * blocks + b]! : field(zero, n * zerosPerRow + b);
  const weights = new Float64Array(rows * columns);
  for (let n = 0; n < columns; n++)
    for (let k = 0; k < rows; k++) {
      const b = Math.floor(k / block);
      const code = field(codes, (n * blocks + b) * block + (k % block));
      weights[k * columns + n] = (code - zeroOf(n, b)) * scale[n * blocks + b]!;
    }
  return weights;
}
