import { integer } from '../../network/network.ts';
import { elementCount, numbersOf } from '../../network/tensor.ts';
import type { NodeFacts } from '../definition.ts';
import { positiveAxis, required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import type { Draft } from './draft.ts';

/**
 * Operators on quantised tensors are the real ones between DequantizeLinear and QuantizeLinear: that is how ONNX defines them. Written
 * so, their weights are known as what they stand for, and the rounding stands in a node of its own.
 */
export const quantised: readonly CompositeDefinition[] = [
  {
    ops: ['QLinearConv'],
    becomes: ['DequantizeLinear', 'Conv', 'QuantizeLinear'],
    write(facts, draft) {
      const [x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias = ''] = facts.node.inputs as string[];
      if (elementCount(required(facts, 1).shape) !== 1) return 'its input has more than one scale';
      const inputs = [
        draft.node('DequantizeLinear', [x!, xScale!, xZero!]),
        dequantised(facts, draft, [w!, wScale!, wZero!], 3, 0),
      ];
      if (bias !== '') {
        const scale = draft.node('Mul', [xScale!, wScale!]);
        inputs.push(
          draft.node('Mul', [
            draft.node('Cast', [bias], { to: float32 }),
            draft.node('Reshape', [scale, draft.integers([-1])]),
          ]),
        );
      }
      const attributes = Object.fromEntries(facts.node.attributes);
      return [draft.node('QuantizeLinear', [draft.node('Conv', inputs, attributes), yScale!, yZero!])];
    },
  },
  {
    ops: ['QLinearMatMul'],
    becomes: ['DequantizeLinear', 'MatMul', 'QuantizeLinear'],
    write(facts, draft) {
      const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = facts.node.inputs as string[];
      if (elementCount(required(facts, 6).shape) !== 1) return 'its output has more than one scale';
      const product = draft.node('MatMul', [
        dequantised(facts, draft, [a!, aScale!, aZero!], 0, -2),
        dequantised(facts, draft, [b!, bScale!, bZero!], 3, -1),
      ]);
      return [draft.node('QuantizeLinear', [product, yScale!, yZero!])];
    },
  },
  {
    ops: ['MatMulInteger'],
    becomes: ['DequantizeLinear', 'MatMul'],
    write(facts, draft) {
      const [a, b, aZero = '', bZero = ''] = facts.node.inputs as string[];
      const one = draft.scalar('float32', 1);
      if ([2, 3].some((index) => elementCount(facts.input(index)?.shape ?? []) !== 1))
        return 'it has more than one zero point';
      return [
        draft.node('MatMul', [
          draft.node('DequantizeLinear', [a!, one, ...present(aZero)]),
          draft.node('DequantizeLinear', [b!, one, ...present(bZero)]),
        ]),
      ];
    },
  },
  {
    ops: ['ConvInteger'],
    becomes: ['DequantizeLinear', 'Conv'],
    write(facts, draft) {
      const [x, w, xZero = '', wZero = ''] = facts.node.inputs as string[];
      const one = draft.scalar('float32', 1);
      if ([2, 3].some((index) => elementCount(facts.input(index)?.shape ?? []) !== 1))
        return 'it has more than one zero point';
      return [
        draft.node(
          'Conv',
          [
            draft.node('DequantizeLinear', [x!, one, ...present(xZero)]),
            draft.node('DequantizeLinear', [w!, one, ...present(wZero)]),
          ],
          Object.fromEntries(facts.node.attributes),
        ),
      ];
    },
  },
];

/** ONNX's number for it. */
const float32 = 1;

const present = (name: string): readonly string[] => (name === '' ? [] : [name]);

/**
 * The real tensor that inputs `at`, `at + 1`, `at + 2` of the node stand for, with one scale or one for each index of an axis. The latter are
 * written as arithmetic: DequantizeLinear knows no axis before operator set 13.
 */
export function dequantised(
  facts: NodeFacts,
  draft: Draft,
  [x, scale, zero]: readonly [string, string, string],
  at: number,
  axis: number,
): string {
  if (elementCount(required(facts, at + 1).shape) === 1) return draft.node('DequantizeLinear', [x, scale, zero]);
  const { shape } = required(facts, at);
  const own = positiveAxis(axis, shape.length);
  const along = shape.map((size, a) => (a === own ? size : 1));
  const real = (name: string): string => draft.node('Cast', [name], { to: float32 });
  const zeros = elementCount(required(facts, at + 2).shape) === 1 ? real(zero) : draft.reshape(real(zero), along);
  const centred = draft.node('Sub', [real(x), zeros]);
  return draft.node('Mul', [centred, draft.reshape(scale, along)]);
}

/** A DequantizeLinear whose scale depends on the input, of numbers that do not. */
export const dequantisedByVariable: CompositeDefinition = {
  ops: ['DequantizeLinear'],
  becomes: ['Gather', 'Mul'],
  write(facts, draft) {
    const [numbers, zeros] = [facts.constant(0), facts.constant(2)];
    if (facts.constant(1) !== undefined || numbers === undefined) return 'it is plain already';
    if (facts.input(2) !== undefined && zeros === undefined) return 'its zero point depends on the input';
    const { type, shape } = required(facts, 1);
    // One scale for all, one for each index of an axis, or one for each block of indices.
    const axis = positiveAxis(integer(facts.node, 'axis', 1), numbers.shape.length);
    const block = integer(facts.node, 'block_size', 0) || 1;
    const single = elementCount(shape) === 1;
    const scaleOf = (i: number): number => {
      if (single) return 0;
      const inner = elementCount(numbers.shape.slice(axis + 1));
      const at = Math.floor(i / inner) % numbers.shape[axis]!;
      if (shape.length === 1) return at;
      return (
        (Math.floor(i / (inner * numbers.shape[axis]!)) * shape[axis]! + Math.floor(at / block)) * inner + (i % inner)
      );
    };
    const zero = zeros === undefined ? undefined : numbersOf(zeros);
    const centred = numbersOf(numbers).map((value, i) => value - (zero?.[scaleOf(i)] ?? 0));
    const scale = single
      ? facts.node.inputs[1]!
      : draft.node('Gather', [
          draft.reshape(facts.node.inputs[1]!, [elementCount(shape)]),
          draft.numbers(
            'int64',
            numbers.shape,
            centred.map((_, i) => scaleOf(i)),
          ),
        ]);
    return [draft.node('Mul', [draft.numbers(type, numbers.shape, centred), scale])];
  },
};
