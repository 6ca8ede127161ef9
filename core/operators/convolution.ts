import { integer, integers, text } from '../network/network.ts';
import { elementCount, numbersOf, type Shape, type Tensor } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import type { LipschitzRule, NodeFacts, Offset, OperatorDefinition } from './definition.ts';
import { constantNumbers, required, requiredOutput } from './facts.ts';
import type { Convolution } from './linear-map.ts';
import { convolutionMap } from './maps/convolution-map.ts';
import { windowOf } from './window.ts';

export const conv: OperatorDefinition = {
  ops: ['Conv'],
  kind: () => 'conv',
  infer(facts) {
    const data = required(facts, 0);
    const kernel = required(facts, 1).shape;
    const groups = integer(facts.node, 'group', 1);
    if (data.shape[1] !== (kernel[1] ?? 0) * groups)
      throw new UserError(
        `The kernel [${kernel.join(', ')}] of Conv node "${facts.node.id}" does not fit its input [${data.shape.join(', ')}].`,
      );
    const { outputSize } = windowOf(facts, data.shape.slice(2), kernel.slice(2));
    return [{ type: data.type, shape: [data.shape[0]!, kernel[0]!, ...outputSize] }];
  },
  rule(facts) {
    const weights = facts.constant(1);
    if (weights === undefined) return dataDependentKernel;
    const numbers = whenAsked(weights);
    const input = required(facts, 0).shape;
    const shape = required(facts, 1).shape;
    const window = windowOf(facts, input.slice(2), shape.slice(2));
    return affine(facts, {
      direction: 'forward',
      repeats: input[0]!,
      groups: integer(facts.node, 'group', 1),
      inputChannels: input[1]!,
      outputChannels: shape[0]!,
      inputSize: input.slice(2),
      outputSize: window.outputSize,
      kernelSize: window.kernel,
      strides: window.strides,
      dilations: window.dilations,
      padsBegin: window.padsBegin,
      padsEnd: window.padsEnd,
      get kernel() {
        return numbers();
      },
    });
  },
};

/** The adjoint of a convolution: what it calls its output is the input of that convolution. */
export const convTranspose: OperatorDefinition = {
  ops: ['ConvTranspose'],
  kind: () => 'transposed conv',
  infer(facts) {
    const data = required(facts, 0);
    const kernel = required(facts, 1).shape;
    if (data.shape[1] !== kernel[0])
      throw new UserError(
        `The kernel [${kernel.join(', ')}] of ConvTranspose node "${facts.node.id}" does not fit its input [${data.shape.join(', ')}].`,
      );
    const { outputSize } = transposedWindow(facts, data.shape.slice(2), kernel.slice(2));
    return [{ type: data.type, shape: [data.shape[0]!, kernel[1]! * integer(facts.node, 'group', 1), ...outputSize] }];
  },
  rule(facts) {
    const weights = facts.constant(1);
    if (weights === undefined) return dataDependentKernel;
    const numbers = whenAsked(weights);
    const data = required(facts, 0).shape;
    const shape = required(facts, 1).shape;
    const { outputSize, padsBegin, padsEnd, strides, dilations } = transposedWindow(
      facts,
      data.slice(2),
      shape.slice(2),
    );
    return affine(facts, {
      direction: 'transposed',
      repeats: data[0]!,
      groups: integer(facts.node, 'group', 1),
      inputChannels: shape[1]! * integer(facts.node, 'group', 1),
      outputChannels: data[1]!,
      inputSize: outputSize,
      outputSize: data.slice(2),
      kernelSize: shape.slice(2),
      strides,
      dilations,
      padsBegin,
      padsEnd,
      get kernel() {
        return numbers();
      },
    });
  },
};

/** What a layer is, and its size, is known without its weights: they are read when somebody asks for them, and once. */
function whenAsked(weights: Tensor): () => Float64Array {
  let known: Float64Array | undefined;
  return () => (known ??= numbersOf(weights));
}

const dataDependentKernel: LipschitzRule = { kind: 'unsupported', reason: 'its kernel depends on the input' };

function affine(facts: NodeFacts, convolution: Convolution): LipschitzRule {
  const bias = constantNumbers(facts, 2);
  if (bias === undefined && facts.input(2) !== undefined)
    return { kind: 'unsupported', reason: 'its bias depends on the input' };
  const map = convolutionMap(convolution, facts.constant(1)?.relativeError ?? 0);
  if (bias === undefined) return { kind: 'affine', input: 0, map };
  const offset = (): Offset => ({
    values: perChannel(bias, requiredOutput(facts).shape),
    error: facts.constant(2)?.absoluteError ?? 0,
  });
  return { kind: 'affine', input: 0, map, offset };
}

/** One number per channel (axis 1), spread over the whole tensor. */
export function perChannel(numbers: Float64Array, shape: Shape): Float64Array {
  const spread = new Float64Array(elementCount(shape));
  const plane = elementCount(shape.slice(2));
  const channels = shape[1] ?? 1;
  for (let start = 0, channel = 0; start < spread.length; start += plane, channel = (channel + 1) % channels)
    spread.fill(numbers[channel]!, start, start + plane);
  return spread;
}

interface TransposedWindow {
  readonly outputSize: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
}

export function transposedWindow(facts: NodeFacts, inputSize: Shape, kernel: Shape): TransposedWindow {
  const { node } = facts;
  const axes = inputSize.length;
  if (kernel.length !== axes || axes < 1 || axes > 3)
    throw new UserError(
      `${node.op} node "${node.id}" has a ${kernel.length}-axis kernel on ${axes} spatial axes; 1 to 3 are understood.`,
    );
  const strides = integers(node, 'strides') ?? kernel.map(() => 1);
  const dilations = integers(node, 'dilations') ?? kernel.map(() => 1);
  const extra = integers(node, 'output_padding') ?? kernel.map(() => 0);
  const unpadded = inputSize.map(
    (size, a) => strides[a]! * (size - 1) + extra[a]! + (kernel[a]! - 1) * dilations[a]! + 1,
  );
  const wanted = integers(node, 'output_shape')?.slice(-axes);
  const autoPad = text(node, 'auto_pad', 'NOTSET');
  const same = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';
  if (wanted !== undefined || same) {
    // A kernel shorter than its stride does not reach the size that the specification names; ONNX Runtime leaves it at that.
    const outputSize = wanted ?? inputSize.map((size, a) => Math.min(size * strides[a]!, unpadded[a]!));
    const total = unpadded.map((size, a) => Math.max(0, size - outputSize[a]!));
    const half = total.map((pad) => Math.floor(pad / 2));
    const rest = total.map((pad, a) => pad - half[a]!);
    const [padsBegin, padsEnd] = autoPad === 'SAME_UPPER' ? [half, rest] : [rest, half];
    return { outputSize, strides, dilations, padsBegin, padsEnd };
  }
  const pads = autoPad === 'VALID' ? undefined : integers(node, 'pads');
  const padsBegin = pads?.slice(0, axes) ?? kernel.map(() => 0);
  const padsEnd = pads?.slice(axes) ?? kernel.map(() => 0);
  const outputSize = unpadded.map((size, a) => size - padsBegin[a]! - padsEnd[a]!);
  return { outputSize, strides, dilations, padsBegin, padsEnd };
}
