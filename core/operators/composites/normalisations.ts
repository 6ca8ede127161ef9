import { decimal, integer, integers } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { float, floatingType } from './draft.ts';

/** Normalisations that are others between two reshapes. */
export const normalisations: readonly CompositeDefinition[] = [
  {
    ops: ['GroupNormalization'],
    becomes: ['Reshape', 'InstanceNormalization', 'Mul', 'Add'],
    write(facts, draft) {
      const [x, scale, bias] = facts.node.inputs as [string, string, string];
      const { shape } = required(facts, 0);
      const type = floatingType(facts, 0);
      const [batch, channels] = [shape[0]!, shape[1]!];
      const groups = integer(facts.node, 'num_groups', 1);
      const flat = draft.reshape(x, [batch, groups, elementCount(shape) / (batch * groups)]);
      const ones = draft.numbers(type, [groups], new Float64Array(groups).fill(1));
      const zeros = draft.numbers(type, [groups], new Float64Array(groups));
      const epsilon = float(decimal(facts.node, 'epsilon', 1e-5));
      const normalised = draft.reshape(draft.node('InstanceNormalization', [flat, ones, zeros], { epsilon }), shape);
      // Before operator set 21 there was one scale per group.
      const perChannel = (name: string, index: number): string => {
        const count = required(facts, index).shape[0]!;
        const each = draft.reshape(name, [count, 1]);
        const spread = draft.node('Expand', [each, draft.integers([count, channels / count])]);
        return draft.reshape(spread, [1, channels, ...shape.slice(2).map(() => 1)]);
      };
      return [draft.node('Add', [draft.node('Mul', [normalised, perChannel(scale, 1)]), perChannel(bias, 2)])];
    },
  },
  {
    ops: ['MeanVarianceNormalization'],
    becomes: ['ReduceMean', 'Sub', 'Mul', 'Sqrt', 'Add', 'Div'],
    write(facts, draft) {
      const x = facts.node.inputs[0]!;
      const axes = integers(facts.node, 'axes') ?? [0, 2, 3];
      const centred = draft.node('Sub', [x, draft.reduceMean(x, axes, 1)]);
      const variance = draft.reduceMean(draft.node('Mul', [centred, centred]), axes, 1);
      const epsilon = draft.scalar(floatingType(facts, 0), 1e-9);
      return [draft.node('Div', [centred, draft.node('Add', [draft.node('Sqrt', [variance]), epsilon])])];
    },
  },
];
