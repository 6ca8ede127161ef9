import { integer, integers, text } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { TooLargeError, UserError } from '../sentence.ts';
import type { NodeFacts } from './definition.ts';

/** How a kernel slides over the spatial axes of a convolution or pooling. One entry per spatial axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  readonly outputSize: readonly number[];
}

/** Taps times places: beyond it even listing what lands where takes minutes. */
const largestSlide = 2 ** 26;

/** Reads strides, dilations, pads and auto_pad as the ONNX specification defines them. */
export function windowOf(facts: NodeFacts, inputSize: readonly number[], kernel: readonly number[]): Window {
  const { node } = facts;
  const axes = inputSize.length;
  if (kernel.length !== axes || axes < 1 || axes > 3)
    throw new UserError(
      `${node.op} node "${node.id}" has a ${kernel.length}-axis kernel on ${axes} spatial axes; 1 to 3 are understood.`,
    );
  const strides = integers(node, 'strides') ?? kernel.map(() => 1);
  const dilations = integers(node, 'dilations') ?? kernel.map(() => 1);
  if ([strides, dilations].some((sizes) => sizes.length !== axes || sizes.some((size) => size < 1)))
    throw new UserError(`${node.op} node "${node.id}" has strides or dilations that do not fit its kernel.`);
  if (kernel.some((size) => size < 1))
    throw new UserError(`${node.op} node "${node.id}" has a kernel of [${kernel.join(', ')}].`);
  const reach = kernel.map((size, a) => (size - 1) * dilations[a]! + 1);
  const autoPad = text(node, 'auto_pad', 'NOTSET');
  if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
    if (dilations.some((dilation) => dilation !== 1))
      throw new UserError(
        `${node.op} node "${node.id}" pads automatically around a dilated kernel, which no two runtimes do alike.`,
      );
    const outputSize = inputSize.map((size, a) => Math.ceil(size / strides[a]!));
    // A kernel shorter than its stride needs less than nothing; pools of ONNX Runtime then start inside, convolutions do not.
    const least = node.op === 'Conv' ? 0 : Number.NEGATIVE_INFINITY;
    const total = outputSize.map((size, a) => Math.max(least, (size - 1) * strides[a]! + reach[a]! - inputSize[a]!));
    const first = autoPad === 'SAME_LOWER' ? 1 : 0;
    const padsBegin = total.map((pad) => Math.trunc((pad + first) / 2));
    const padsEnd = total.map((pad, a) => pad - padsBegin[a]!);
    return { kernel, strides, dilations, padsBegin, padsEnd, outputSize };
  }
  const pads = autoPad === 'VALID' ? undefined : integers(node, 'pads');
  const padsBegin = pads?.slice(0, axes) ?? kernel.map(() => 0);
  const padsEnd = pads?.slice(axes) ?? kernel.map(() => 0);
  const ceil = integer(node, 'ceil_mode', 0) === 1;
  const outputSize = inputSize.map((size, a) => {
    const room = (size + padsBegin[a]! + padsEnd[a]! - reach[a]!) / strides[a]!;
    const count = (ceil ? Math.ceil(room) : Math.floor(room)) + 1;
    // A last window that would start in the right padding is dropped (ONNX 14, PyTorch).
    return ceil && (count - 1) * strides[a]! >= size + padsBegin[a]! ? count - 1 : count;
  });
  if (elementCount(kernel) * elementCount(outputSize) > largestSlide)
    throw new TooLargeError(
      `${node.op} node "${node.id}" slides a kernel of [${kernel.join(', ')}] to [${outputSize.join(', ')}] places, more than can be analysed.`,
    );
  if (outputSize.some((size) => size < 1))
    throw new UserError(
      `The kernel of ${node.op} node "${node.id}" is larger than its padded input [${inputSize.join(', ')}].`,
    );
  return { kernel, strides, dilations, padsBegin, padsEnd, outputSize };
}
