import { decimal } from '../../network/network.ts';
import { isFloating } from '../../network/tensor.ts';
import { constantNumbers, required } from '../facts.ts';
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
];
