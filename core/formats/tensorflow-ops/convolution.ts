import { transposedPads, type Window } from '../tensorflow/padding.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import { range } from '../tensorflow/value.ts';
import { transposed } from '../tensorflow/weights.ts';
import { biased } from './arithmetic.ts';
import { together } from './broadcast.ts';
import { functions } from './functions.ts';
import type { Operation, OperationDefinition } from './operation.ts';
import { explicitPads, imageOf, perSpatialAxis, sliding, type Pads } from './windows.ts';

interface Kernel {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Kernels in the order of ONNX's axes, moved in the file's numbers or, where they are computed, by a node. */
function kernelOf(operation: Operation, given: Value, perm: readonly number[], merged?: readonly number[]): Kernel {
  const value = given.withRank(perm.length);
  const shape = value.shape.map((size) => {
    if (size === null) throw new Unsupported('the size of its kernel is not fixed');
    return size;
  });
  const moved = perm.map((axis) => shape[axis]!);
  const wanted = merged ?? moved;
  const tensor = operation.constant(value);
  const { draft, id } = operation;
  if (tensor !== undefined) {
    return { name: draft.constant(transposed(tensor, perm, `${id}/kernel`, wanted)), shape: wanted };
  }
  const turned = draft.node('Transpose', `${id}/kernel`, [value.name], { perm });
  if (merged === undefined) return { name: turned, shape: wanted };
  const sizes = draft.integers(`${id}/kernel sizes`, merged);
  return { name: draft.node('Reshape', `${id}/merged kernel`, [turned, sizes]), shape: wanted };
}

/** Convolutions that stand for one with gaps: see atrous.ts. */
export interface Atrous {
  readonly dilations: readonly number[];
  readonly pads: Pads;
}

export function convolved(operation: Operation, axes: number, atrous?: Atrous): Value {
  const image = imageOf(operation, operation.input(0), axes);
  // [...kernel, in, out] becomes [out, in, ...kernel].
  const kernel = kernelOf(operation, operation.input(1), [axes + 1, axes, ...range(0, axes)]);
  const perGroup = kernel.shape[1]!;
  if (image.channels !== null && (perGroup === 0 || image.channels % perGroup !== 0))
    throw new Unsupported(`its kernels take ${perGroup} channels, but its input has ${image.channels}`);
  return written(operation, axes, kernel, image.channels === null ? 1 : image.channels / perGroup, atrous);
}

/** Every channel has its own kernels: [...kernel, in, multiplier] becomes [in * multiplier, 1, ...kernel]. */
export function depthwise(operation: Operation, atrous?: Atrous): Value {
  const given = operation.input(1).withRank(4);
  const [height, width, channels, multiplier] = given.shape.map(Number) as [number, number, number, number];
  const kernel = kernelOf(operation, given, [2, 3, 0, 1], [channels * multiplier, 1, height, width]);
  return written(operation, 2, kernel, channels, atrous);
}

function written(operation: Operation, axes: number, kernel: Kernel, group: number, atrous: Atrous | undefined): Value {
  const image = imageOf(operation, operation.input(0), axes);
  const strides = perSpatialAxis(operation, 'strides', axes);
  const dilations = atrous?.dilations ?? perSpatialAxis(operation, 'dilations', axes);
  const windows = kernel.shape
    .slice(2)
    .map((size, axis): Window => ({ kernel: size, stride: strides[axis]!, dilation: dilations[axis]! }));
  const { attributes, counts } = sliding(operation, image, windows, atrous?.pads);
  const parts = operation.attributes.texts('fused_ops');
  const bias = parts[0] === 'BiasAdd' ? operation.input(2) : undefined;
  const name = operation.node('Conv', [image.name, kernel.name, ...(bias === undefined ? [] : [bias.name])], {
    ...attributes,
    group,
  });
  return fused(operation, image.made(name, kernel.shape[0]!, counts), bias === undefined ? parts : parts.slice(1));
}

/** What the converter drew into the operation before it: a bias, a function. */
export function fused(operation: Operation, value: Value, parts: readonly string[]): Value {
  return parts.reduce((x, part) => {
    if (part === 'BiasAdd') return biased(operation, x, operation.input(2), part);
    if (part === 'Prelu') return together(operation, 'PRelu', [x, operation.input(3)], {}, part);
    const apply = Object.hasOwn(functions, part) ? functions[part] : undefined;
    if (apply === undefined) throw new Unsupported(`it contains ${part}, which is not understood there`);
    return x.entrywise((name) => apply(operation, name, part));
  }, value);
}

/** Named by the gradient that it is: the sizes of the result come first, the input last. */
const transposedConvolution =
  (axes: number) =>
  (operation: Operation): Value => {
    const image = imageOf(operation, operation.input(2), axes);
    // [...kernel, out, in] becomes [in, out, ...kernel].
    const kernel = kernelOf(operation, operation.input(1), [axes + 1, axes, ...range(0, axes)]);
    const strides = perSpatialAxis(operation, 'strides', axes);
    const dilations = perSpatialAxis(operation, 'dilations', axes);
    const sizes = operation.known.of(operation.input(0));
    const second = operation.attributes.text('data_format', 'NHWC').startsWith('NC');
    const results =
      sizes === undefined ? [] : sizes.length === axes ? sizes : second ? sizes.slice(2) : sizes.slice(1, -1);
    const given = operation.attributes.text('padding', 'VALID');
    const explicit = given === 'EXPLICIT' ? explicitPads(operation, axes) : undefined;
    const pads = kernel.shape.slice(2).map((size, axis) => {
      const window: Window = { kernel: size, stride: strides[axis]!, dilation: dilations[axis]! };
      const length = image.spatial[axis] ?? null;
      const result = results[axis] ?? undefined;
      if (explicit === undefined) {
        if (result === undefined && length !== null)
          throw new Unsupported('the sizes of its result are not fixed in the file');
        const padding = given === 'SAME' ? 'same' : 'valid';
        return transposedPads(length, window, padding, undefined, length === null ? undefined : result);
      }
      const [begin, end] = explicit[axis]!;
      const natural = ((length ?? 1) - 1) * window.stride + (size - 1) * window.dilation + 1 - begin - end;
      const further = length === null ? 0 : (result ?? natural) - natural;
      if (further < 0) throw new Unsupported('the size of its result does not fit its padding');
      return { size: result ?? null, begin, end, further };
    });
    const name = operation.node('ConvTranspose', [image.name, kernel.name], {
      kernel_shape: kernel.shape.slice(2),
      strides,
      dilations,
      pads: [...pads.map(({ begin }) => begin), ...pads.map(({ end }) => end)],
      output_padding: pads.map(({ further }) => further),
    });
    return image.made(
      name,
      kernel.shape[1]!,
      pads.map(({ size }) => size),
    );
  };

export const convolutionOperations: readonly OperationDefinition[] = [
  { ops: ['Conv1D'], write: (operation) => convolved(operation, 1) },
  { ops: ['Conv2D', '_FusedConv2D'], write: (operation) => convolved(operation, 2) },
  { ops: ['Conv3D'], write: (operation) => convolved(operation, 3) },
  {
    ops: ['DepthwiseConv2d', 'DepthwiseConv2dNative', 'FusedDepthwiseConv2dNative'],
    write: (operation) => depthwise(operation),
  },
  { ops: ['Conv2DBackpropInput'], write: transposedConvolution(2) },
  { ops: ['Conv3DBackpropInputV2'], write: transposedConvolution(3) },
];
