import { text } from '../../network/network.ts';
import { required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { floatingType } from './draft.ts';

/** A depthwise convolution that only looks back, over the inputs and those remembered from before. */
export const causalConvolution: CompositeDefinition = {
  ops: ['CausalConvWithState'],
  becomes: ['Concat', 'Conv', 'Sigmoid', 'Mul'],
  write(facts, draft) {
    const { node } = facts;
    const [batch, channels, length] = required(facts, 0).shape as [number, number, number];
    const size = required(facts, 1).shape[2]!;
    const past =
      facts.input(3) !== undefined
        ? node.inputs[3]!
        : draft.numbers(
            floatingType(facts, 0),
            [batch, channels, size - 1],
            new Float64Array(batch * channels * (size - 1)),
          );
    const padded = size === 1 ? node.inputs[0]! : draft.concat([past, node.inputs[0]!], 2);
    const bias = facts.input(2) === undefined ? [] : [node.inputs[2]!];
    const convolved = draft.node('Conv', [padded, node.inputs[1]!, ...bias], { group: channels, kernel_shape: [size] });
    const silent = text(node, 'activation', 'none') === 'none';
    const output = silent ? convolved : draft.node('Mul', [convolved, draft.node('Sigmoid', [convolved])]);
    return [output, draft.slice(padded, 2, length, length + size - 1)];
  },
};

/** Swish(a) b: a gate times what it lets through. */
export const swiGlu: CompositeDefinition = {
  ops: ['SwiGLU'],
  becomes: ['Sigmoid', 'Mul'],
  write(facts, draft) {
    const [gate, value] = facts.node.inputs as [string, string];
    const alpha = facts.node.attributes.get('alpha');
    const scaled =
      alpha?.kind === 'float' && alpha.value !== 1
        ? draft.node('Mul', [gate, draft.scalar(floatingType(facts, 0), alpha.value)])
        : gate;
    return [draft.node('Mul', [draft.node('Mul', [gate, draft.node('Sigmoid', [scaled])]), value])];
  },
};
