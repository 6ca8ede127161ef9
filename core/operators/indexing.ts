import { integer } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { constantNumbers, positiveAxis, required, requiredNumbers } from './facts.ts';
import { rearrangement, rowMajorSteps } from './rearrangement.ts';

/** Where the entry at position i of a tensor of this shape stands, axis by axis. */
const placeOf = (index: number, steps: readonly number[], shape: Shape): number[] =>
  steps.map((step, axis) => Math.floor(index / step) % shape[axis]!);

const fromEnd = (at: number, size: number): number => (at < 0 ? at + size : at);

/** output[i][j] = data[index[i][j]][j], for one axis: every entry says for itself where it comes from. */
export const gatherElements = rearrangement(
  ['GatherElements'],
  (facts) => required(facts, 1).shape,
  (facts, input, output) => {
    const axis = positiveAxis(integer(facts.node, 'axis', 0), input.length);
    const picks = requiredNumbers(facts, 1, 'The index');
    const [from, to] = [rowMajorSteps(input), rowMajorSteps(output)];
    return Int32Array.from(picks, (pick, i) =>
      placeOf(i, to, output).reduce(
        (at, place, a) => at + (a === axis ? fromEnd(pick, input[axis]!) : place) * from[a]!,
        0,
      ),
    );
  },
);

/** The last axis of the index holds positions in the leading axes of the data; what follows them is taken whole. */
export const gatherND = rearrangement(
  ['GatherND'],
  (facts, { shape }) => {
    const index = required(facts, 1).shape;
    return [...index.slice(0, -1), ...shape.slice(integer(facts.node, 'batch_dims', 0) + index.at(-1)!)];
  },
  (facts, input) => {
    const batches = integer(facts.node, 'batch_dims', 0);
    const index = required(facts, 1).shape;
    const depth = index.at(-1)!;
    const positions = requiredNumbers(facts, 1, 'The index');
    const steps = rowMajorSteps(input);
    const inner = elementCount(input.slice(batches + depth));
    const count = elementCount(index.slice(0, -1));
    const perBatch = count / elementCount(index.slice(0, batches));
    const source = new Int32Array(count * inner);
    for (let k = 0; k < count; k++) {
      let start = Math.floor(k / perBatch) * elementCount(input.slice(batches));
      for (let d = 0; d < depth; d++)
        start += fromEnd(positions[k * depth + d]!, input[batches + d]!) * steps[batches + d]!;
      for (let j = 0; j < inner; j++) source[k * inner + j] = start + j;
    }
    return source;
  },
);

/** Zeros above or below a diagonal of the last two axes. */
export const trilu = rearrangement(
  ['Trilu'],
  (_, { shape }) => shape,
  (facts, input) => {
    const upper = integer(facts.node, 'upper', 1) === 1;
    const diagonal = facts.input(1) === undefined ? 0 : requiredNumbers(facts, 1, 'The diagonal')[0]!;
    const [rows, columns] = [input.at(-2)!, input.at(-1)!];
    return Int32Array.from({ length: elementCount(input) }, (_, i) => {
      const offset = (i % columns) - (Math.floor(i / columns) % rows);
      return (upper ? offset >= diagonal : offset <= diagonal) ? i : -1;
    });
  },
);

/** Each sequence of the batch is read backwards up to its own length. */
export const reverseSequence = rearrangement(
  ['ReverseSequence'],
  (_, { shape }) => shape,
  (facts, input) => {
    const [time, batch] = [integer(facts.node, 'time_axis', 0), integer(facts.node, 'batch_axis', 1)];
    const lengths = requiredNumbers(facts, 1, 'The lengths');
    const steps = rowMajorSteps(input);
    return Int32Array.from({ length: elementCount(input) }, (_, i) => {
      const place = placeOf(i, steps, input);
      const length = lengths[place[batch]!]!;
      const at = place[time]!;
      return at < length ? i + (length - 1 - 2 * at) * steps[time]! : i;
    });
  },
);

/** The entries (or slices of one axis) that a constant mask keeps. */
export const compress = rearrangement(
  ['Compress'],
  (facts, { shape }) => {
    const kept = keptBy(facts, shape);
    const axis = facts.node.attributes.has('axis') ? positiveAxis(integer(facts.node, 'axis', 0), shape.length) : -1;
    return axis < 0 ? [kept.length] : shape.map((size, a) => (a === axis ? kept.length : size));
  },
  (facts, input, output) => {
    const kept = keptBy(facts, input);
    if (!facts.node.attributes.has('axis')) return Int32Array.from(kept);
    const axis = positiveAxis(integer(facts.node, 'axis', 0), input.length);
    const [from, to] = [rowMajorSteps(input), rowMajorSteps(output)];
    return Int32Array.from({ length: elementCount(output) }, (_, i) =>
      placeOf(i, to, output).reduce((at, place, a) => at + (a === axis ? kept[place]! : place) * from[a]!, 0),
    );
  },
);

function keptBy(facts: Parameters<typeof requiredNumbers>[0], shape: Shape): number[] {
  const size = facts.node.attributes.has('axis')
    ? shape[positiveAxis(integer(facts.node, 'axis', 0), shape.length)]!
    : elementCount(shape);
  return requiredNumbers(facts, 1, 'The mask').flatMap((keep, at) => (keep !== 0 && at < size ? [at] : []));
}

/** The inverse of a MaxPool with its positions: every value goes back to where it came from, zeros elsewhere. */
export const maxUnpool = rearrangement(
  ['MaxUnpool'],
  (facts, { shape }) => {
    const given = facts.input(2) === undefined ? undefined : requiredNumbers(facts, 2, 'The output shape');
    if (given !== undefined) return given;
    const read = (name: string): readonly number[] | undefined => {
      const attribute = facts.node.attributes.get(name);
      return attribute?.kind === 'ints' ? attribute.value : undefined;
    };
    const kernel = read('kernel_shape') ?? [];
    const strides = read('strides') ?? kernel.map(() => 1);
    const pads = read('pads') ?? kernel.flatMap(() => [0, 0]);
    return shape.map((size, axis) => {
      const a = axis - 2;
      return a < 0 ? size : (size - 1) * strides[a]! + kernel[a]! - pads[a]! - pads[a + kernel.length]!;
    });
  },
  (facts, _, output) => {
    const source = new Int32Array(elementCount(output)).fill(-1);
    constantNumbers(facts, 1)?.forEach((to, from) => (source[to] = from));
    return source;
  },
);
