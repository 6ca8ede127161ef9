import { decimal } from '../../network/network.ts';
import { elementCount, isFloating } from '../../network/tensor.ts';
import { constantNumbers, required } from '../facts.ts';
import { responseOf } from '../local-response.ts';
import type { CompositeDefinition } from './composite.ts';
import { floatingType } from './draft.ts';

/** What ONNX Runtime has no kernel for, in terms of what it has. */
export const withoutKernel: readonly CompositeDefinition[] = [
  {
    ops: ['Swish'],
    becomes: ['Mul', 'Sigmoid', 'Mul'],
    write(facts, draft) {
      const x = facts.node.inputs[0]!;
      const alpha = decimal(facts.node, 'alpha', 1);
      const scaled = alpha === 1 ? x : draft.node('Mul', [x, draft.scalar(floatingType(facts, 0), alpha)]);
      return [draft.node('Mul', [x, draft.node('Sigmoid', [scaled])])];
    },
  },
  {
    ops: ['Pow'],
    becomes: ['Pow'],
    write(facts, draft) {
      const exponent = required(facts, 1);
      const numbers = constantNumbers(facts, 1);
      const { type } = required(facts, 0);
      if (numbers === undefined || exponent.type === type || !isFloating(type)) return 'it is plain already';
      return [draft.node('Pow', [facts.node.inputs[0]!, draft.numbers(type, exponent.shape, numbers)])];
    },
  },
  {
    // Over an odd number of channels of images there is one.
    ops: ['LRN'],
    becomes: ['Mul', 'Reshape', 'Pad', 'AveragePool', 'Reshape', 'Mul', 'Add', 'Pow', 'Div'],
    write(facts, draft) {
      const x = facts.node.inputs[0]!;
      const { type, shape } = required(facts, 0);
      const { alpha, beta, bias, size, before, behind } = responseOf(facts);
      if (shape.length === 4 && size % 2 === 1) return 'it is plain already';
      if (shape.length < 2 || size < 1) return 'its input has no channels, or its window holds none';
      const [repeats, channels] = shape as readonly [number, number];
      const plane = draft.reshape(draft.node('Mul', [x, x]), [repeats, 1, channels, elementCount(shape.slice(2))]);
      const padded = draft.pad(plane, [0, 0, before, 0, 0, 0, behind, 0]);
      const mean = draft.node('AveragePool', [padded], { kernel_shape: [size, 1] });
      const scaled = draft.node('Mul', [draft.reshape(mean, shape), draft.scalar(type, alpha)]);
      const sum = draft.node('Add', [scaled, draft.scalar(type, bias)]);
      return [draft.node('Div', [x, draft.node('Pow', [sum, draft.scalar(type, beta)])])];
    },
  },
];
