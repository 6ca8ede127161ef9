import { integer } from '../network/network.ts';
import { isEightBitFloat } from '../network/eight-bit-floats.ts';
import { elementCount, isFloating, type ElementType } from '../network/tensor.ts';
import type { OperatorDefinition } from './definition.ts';
import { required } from './facts.ts';
import { identityMap } from './maps/selection-map.ts';

/** ONNX's numbers for element types that can be cast to. */
const elementTypes: Readonly<Record<number, ElementType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  24: 'float8e8m0',
};

/**
 * Between floating types a cast is the identity of the network as a real function (its rounding belongs to the runtime, as that of
 * every other operator). To integers, and to floats of 8 bits, whose few numbers are a way to quantise, it is a step function.
 */
export const cast: OperatorDefinition = {
  ops: ['Cast'],
  kind: () => null,
  infer: (facts) => [
    { type: elementTypes[integer(facts.node, 'to', 1)] ?? 'float32', shape: required(facts, 0).shape },
  ],
  rule(facts) {
    const from = required(facts, 0);
    const to = elementTypes[integer(facts.node, 'to', 1)];
    if (to === undefined) return { kind: 'unsupported', reason: 'it casts to a type that is not understood' };
    const eightBits = isEightBitFloat(to);
    if (isFloating(to) && !eightBits) return { kind: 'affine', input: 0, map: identityMap(elementCount(from.shape)) };
    return {
      kind: 'unbounded',
      reason: `it rounds to ${eightBits ? '8-bit floats' : 'whole numbers'}, which jumps: the network is not continuous, so it is not Lipschitz`,
      remedy: 'Choose an output before this node.',
    };
  },
};
