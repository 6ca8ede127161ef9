import { elementCount } from '../../network/tensor.ts';
import { above, below, gamma } from '../../rounding.ts';
import type { Convolution, LinearMap } from '../linear-map.ts';
import { convolutionMap } from './convolution-map.ts';
import { selectionMap } from './selection-map.ts';

/** A convolution, without padding of its own, of an input that is continued by copies of its elements. */
export interface Bordered {
  readonly convolution: Convolution;
  /** For every element of the padded input: the element that it is. */
  readonly source: Int32Array;
  /** Elements of the input, and of one of its planes along every axis. */
  readonly columns: number;
  readonly imageSize: readonly number[];
}

/** Every pair of an output and an input position that one set of taps joins, and the sum of the kernel over that set. */
interface Joint {
  readonly taps: readonly number[];
  readonly outputs: number[];
  readonly inputs: number[];
}

export interface BorderedKernel {
  readonly joints: readonly (Joint & { readonly matrix: Float64Array })[];
  /** Relative error of the sums: infinite where taps may cancel to nothing but rounding. */
  readonly entryError: number;
}

/** Numbers in all sums together beyond which they are not kept. */
const largestKernels = 2 ** 24;

/**
 * Where the border mirrors or repeats the input, several taps of an output read the same element: the entry of the matrix is their sum, taken here, so that |W| is |W| and not the sum of
 * magnitudes. Only a few sets of taps ever meet. undefined where their sums are too many to be kept.
 */
export function borderedKernel(bordered: Bordered, relativeError: number): BorderedKernel | undefined {
  const { kernel, groups, inputChannels } = bordered.convolution;
  const taps = elementCount(bordered.convolution.kernelSize);
  const channels = kernel.length / taps;
  const joints = jointsOf(bordered);
  if (joints.length * channels > largestKernels || inputChannels % groups !== 0) return undefined;
  let entryError = relativeError;
  const summed = joints.map((joint) => {
    const matrix = new Float64Array(channels);
    for (let at = 0; at < channels; at++) {
      const { sum, error } = sumOf(joint.taps.map((tap) => kernel[at * taps + tap]!), relativeError); // prettier-ignore
      matrix[at] = sum;
      if (!Number.isFinite(sum)) entryError = Number.POSITIVE_INFINITY;
      else if (error > 0) entryError = Math.max(entryError, relativeTo(Math.abs(sum), error));
    }
    return { ...joint, matrix };
  });
  return { joints: summed, entryError };
}

/** Of what is at least so large less the error. */
const relativeTo = (size: number, error: number): number =>
  size > error ? above(error / below(size - error)) : Number.POSITIVE_INFINITY;

/** The sum, and how far it is at most from that of the exact numbers; most sums of weights lose nothing (Knuth's two-sum). */
function sumOf(numbers: readonly number[], relativeError: number): { readonly sum: number; readonly error: number } {
  let [sum, lost, magnitude] = [0, 0, 0];
  for (const number of numbers) {
    const total = sum + number;
    const part = total - sum;
    lost += Math.abs(sum - (total - part) + (number - part));
    magnitude += Math.abs(number);
    sum = total;
  }
  // A single number has the relative error it came with.
  if (numbers.length === 1 || (lost === 0 && relativeError === 0)) return { sum, error: 0 };
  const rounded = 1 + 2 * gamma(numbers.length);
  return { sum, error: above(above(lost * rounded) + above(above(relativeError * magnitude) * rounded)) };
}

function jointsOf({ convolution, source, columns }: Bordered): readonly Joint[] {
  const { repeats, inputChannels, inputSize, outputSize, kernelSize, strides, dilations } = convolution;
  // All planes are continued alike.
  const plane = source.subarray(0, elementCount(inputSize));
  if (columns % (repeats * inputChannels) !== 0) throw new RangeError('The planes of a convolution have one size.');
  const joints = new Map<string, Joint>();
  const axes = inputSize.map((_, axis) => axis);
  const positionsOf = (shape: readonly number[]): number[][] =>
    shape.reduce<number[][]>((all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])), [[]]); // prettier-ignore
  const offsets = positionsOf(kernelSize);
  positionsOf(outputSize).forEach((output, to) => {
    const met = new Map<number, number[]>();
    offsets.forEach((offset, tap) => {
      const at = axes.reduce((flat, axis) => flat * inputSize[axis]! + output[axis]! * strides[axis]! + offset[axis]! * dilations[axis]!, 0); // prettier-ignore
      const from = plane[at]!;
      const own = met.get(from);
      if (own === undefined) met.set(from, [tap]);
      else own.push(tap);
    });
    for (const [from, taps] of met) {
      const key = taps.join();
      const joint = joints.get(key) ?? { taps, outputs: [], inputs: [] };
      joints.set(key, joint);
      joint.outputs.push(to);
      joint.inputs.push(from);
    }
  });
  return [...joints.values()];
}

export function borderedMap(bordered: Bordered, { joints, entryError }: BorderedKernel, relativeError = 0): LinearMap {
  const { convolution, source, columns } = bordered;
  const { repeats, groups, inputChannels, outputChannels, outputSize } = convolution;
  const [ins, outs] = [inputChannels / groups, outputChannels / groups];
  const inputPlane = columns / (repeats * inputChannels);
  const outputPlane = elementCount(outputSize);
  const rows = repeats * outputChannels * outputPlane;
  const each = (visit: (weight: number, to: number, from: number, joint: Joint) => void): void => {
    for (let copy = 0; copy < repeats; copy++)
      for (const joint of joints)
        for (let o = 0, at = 0; o < outputChannels; o++)
          for (let c = 0; c < ins; c++, at++) {
            const weight = joint.matrix[at]!;
            const channel = Math.floor(o / outs) * ins + c;
            if (weight !== 0)
              visit(
                weight,
                (copy * outputChannels + o) * outputPlane,
                (copy * inputChannels + channel) * inputPlane,
                joint,
              );
          }
  };
  return {
    rows,
    columns,
    terms: Math.max(1, ins * mostOf(joints, 'outputs', outputPlane), outs * mostOf(joints, 'inputs', inputPlane)),
    structure: {
      kind: 'opaque',
      product: {
        factors: [selectionMap(source, columns), convolutionMap(convolution, relativeError)],
        blocks: { groups, outputChannels: outs, inputChannels: ins, outputSize, inputSize: bordered.imageSize, joints },
        each(entry) {
          each((weight, to, from, { outputs, inputs }) => {
            for (let k = 0; k < outputs.length; k++) entry(to + outputs[k]!, from + inputs[k]!, weight);
          });
        },
      },
    },
    entryError,
    apply(x) {
      const y = new Float64Array(rows);
      each((weight, to, from, { outputs, inputs }) => {
        for (let k = 0; k < outputs.length; k++) y[to + outputs[k]!]! += weight * x[from + inputs[k]!]!;
      });
      return y;
    },
    applyTransposed(y) {
      const x = new Float64Array(columns);
      each((weight, to, from, { outputs, inputs }) => {
        for (let k = 0; k < outputs.length; k++) x[from + inputs[k]!]! += weight * y[to + outputs[k]!]!;
      });
      return x;
    },
    magnitude: () =>
      borderedMap(
        { ...bordered, convolution: { ...convolution, kernel: convolution.kernel.map(Math.abs) } },
        { joints: joints.map((joint) => ({ ...joint, matrix: joint.matrix.map(Math.abs) })), entryError },
        relativeError,
      ),
  };
}

/** The largest number of pairs that any one position is part of. */
function mostOf(joints: readonly Joint[], side: 'outputs' | 'inputs', positions: number): number {
  const counts = new Int32Array(positions);
  for (const joint of joints) for (const at of joint[side]) counts[at]! += 1;
  return counts.reduce((most, count) => Math.max(most, count), 0);
}
