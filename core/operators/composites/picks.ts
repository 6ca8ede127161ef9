import { integer, integers } from '../../network/network.ts';
import { elementCount, isFloating } from '../../network/tensor.ts';
import { constantNumbers, positiveAxis, required, requiredNumbers } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { floatingType } from './draft.ts';

/** OneHot: at places that are known its two values are picked; at others it compares, which is a step function. */
export const oneHot: CompositeDefinition = {
  ops: ['OneHot'],
  becomes: ['Gather', 'Equal', 'Where'],
  write(facts, draft) {
    const depth = requiredNumbers(facts, 1, 'The depth')[0]!;
    const { shape, type } = required(facts, 0);
    const values = facts.node.inputs[2]!;
    const axis = positiveAxis(integer(facts.node, 'axis', -1), shape.length + 1);
    const outer = elementCount(shape.slice(0, axis));
    const inner = elementCount(shape.slice(axis));
    const full = [...shape.slice(0, axis), depth, ...shape.slice(axis)];
    const places = constantNumbers(facts, 0);
    if (places !== undefined) {
      const hot = new Float64Array(outer * depth * inner);
      places.forEach((given, i) => {
        const place = given < 0 ? given + depth : given;
        if (place >= 0 && place < depth) hot[(Math.floor(i / inner) * depth + place) * inner + (i % inner)] = 1;
      });
      return [draft.node('Gather', [values, draft.numbers('int64', full, hot)], { axis: 0 })];
    }
    const like = isFloating(type) ? floatingType(facts, 0) : 'int64';
    const indices = isFloating(type)
      ? facts.node.inputs[0]!
      : draft.node('Cast', [facts.node.inputs[0]!], { to: int64 });
    const spread = draft.unsqueeze(indices, [axis]);
    const along = full.map((size, a) => (a === axis ? size : 1));
    const counted = (from: number): string =>
      draft.numbers(
        like,
        along,
        Array.from({ length: depth }, (_, k) => k + from),
      );
    const equal = (to: string): string => draft.node('Equal', [spread, to]);
    const hot = draft.node('Or', [equal(counted(0)), equal(counted(-depth))]);
    const value = (k: number): string => draft.slice(values, 0, k, k + 1);
    return [draft.node('Where', [hot, value(1), value(0)])];
  },
};

/** ONNX's number for it. */
const int64 = 7;

/** Col2Im adds overlapping blocks up: a transposed convolution in which every entry of a block has a kernel of its own, a single 1. */
export const columnsToImage: CompositeDefinition = {
  ops: ['Col2Im'],
  becomes: ['Reshape', 'ConvTranspose'],
  write(facts, draft) {
    const { node } = facts;
    const [batch, rows, blocks] = required(facts, 0).shape as [number, number, number];
    const image = requiredNumbers(facts, 1, 'The size of the image');
    const block = requiredNumbers(facts, 2, 'The size of the blocks');
    const size = elementCount(block);
    const strides = integers(node, 'strides') ?? block.map(() => 1);
    const dilations = integers(node, 'dilations') ?? block.map(() => 1);
    const pads = integers(node, 'pads') ?? [...block, ...block].map(() => 0);
    const counts = image.map((length, a) =>
      Math.floor((length + pads[a]! + pads[a + image.length]! - dilations[a]! * (block[a]! - 1) - 1) / strides[a]! + 1),
    );
    if (elementCount(counts) !== blocks) return 'its blocks do not fit its image';
    const channels = rows / size;
    const kernels = new Float64Array(channels * size * size);
    for (let i = 0; i < channels * size; i++) kernels[i * size + (i % size)] = 1;
    const spare = image.map(
      (length, a) =>
        length +
        pads[a]! +
        pads[a + image.length]! -
        dilations[a]! * (block[a]! - 1) -
        1 -
        (counts[a]! - 1) * strides[a]!,
    );
    const columns = draft.reshape(node.inputs[0]!, [batch, rows, ...counts]);
    const weights = draft.numbers(floatingType(facts, 0), [rows, 1, ...block], kernels);
    const attributes = { group: channels, kernel_shape: block, strides, dilations, pads, output_padding: spare };
    return [draft.node('ConvTranspose', [columns, weights], attributes)];
  },
};
