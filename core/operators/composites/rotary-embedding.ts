import { integer } from '../../network/network.ts';
import { constantNumbers, required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { floatingType } from './draft.ts';

/** Pairs of entries turned by an angle that depends on the position: x1 cos - x2 sin and x1 sin + x2 cos. */
export const rotaryEmbedding: CompositeDefinition = {
  ops: ['RotaryEmbedding'],
  becomes: ['Slice', 'Mul', 'Sub', 'Add', 'Concat'],
  write(facts, draft) {
    const { node } = facts;
    const { shape } = required(facts, 0);
    const type = floatingType(facts, 0);
    const [cosines, sines] = [constantNumbers(facts, 1), constantNumbers(facts, 2)];
    const positions = facts.input(3) === undefined ? undefined : constantNumbers(facts, 3);
    if (cosines === undefined || sines === undefined || (facts.input(3) !== undefined && positions === undefined))
      return 'its angles depend on the input';
    const heads = shape.length === 4 ? shape[1]! : integer(node, 'num_heads', 0);
    const [batch, steps] = [shape[0]!, shape.length === 4 ? shape[2]! : shape[1]!];
    const size = shape.length === 4 ? shape[3]! : shape[2]! / heads;
    const turned = integer(node, 'rotary_embedding_dim', 0) || size;
    const half = turned / 2;
    // As [batch, steps, heads, size], whatever the order outside.
    const x =
      shape.length === 4
        ? draft.transpose(node.inputs[0]!, [0, 2, 1, 3])
        : draft.reshape(node.inputs[0]!, [batch, steps, heads, size]);
    const angles = (numbers: Float64Array): string => {
      const picked = new Float64Array(batch * steps * half);
      for (let k = 0; k < batch * steps; k++) {
        const row = positions === undefined ? k : positions[k]!;
        picked.set(numbers.subarray(row * half, (row + 1) * half), k * half);
      }
      return draft.numbers(type, [batch, steps, 1, half], picked);
    };
    const [cosine, sine] = [angles(cosines), angles(sines)];
    const part = turned === size ? x : draft.slice(x, 3, 0, turned);
    const interleaved = integer(node, 'interleaved', 0) === 1;
    const pairs = interleaved ? draft.reshape(part, [batch, steps, heads, half, 2]) : '';
    const entry = (k: 0 | 1): string =>
      interleaved
        ? draft.squeeze(draft.slice(pairs, 4, k, k + 1), [4])
        : draft.slice(part, 3, k * half, (k + 1) * half);
    const [first, second] = [entry(0), entry(1)];
    const product = (a: string, b: string): string => draft.node('Mul', [a, b]);
    const real = draft.node('Sub', [product(first, cosine), product(second, sine)]);
    const imaginary = draft.node('Add', [product(first, sine), product(second, cosine)]);
    const rotated = interleaved
      ? draft.reshape(draft.concat([draft.unsqueeze(real, [4]), draft.unsqueeze(imaginary, [4])], 4), [
          batch,
          steps,
          heads,
          turned,
        ])
      : draft.concat([real, imaginary], 3);
    const whole = turned === size ? rotated : draft.concat([rotated, draft.slice(x, 3, turned, size)], 3);
    return [shape.length === 4 ? draft.transpose(whole, [0, 2, 1, 3]) : draft.reshape(whole, shape)];
  },
};
