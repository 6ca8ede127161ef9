import { integer, integers } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { indicesByStep } from './broadcast.ts';
import { perChannel } from './convolution.ts';
import type { NodeFacts, Offset, OperatorDefinition } from './definition.ts';
import { constantNumbers, required, requiredOutput } from './facts.ts';
import { circularMap } from './maps/circular-map.ts';
import { windowOf, type Window } from './window.ts';

/**
 * A convolution whose input goes on at its other end, which files write as a padding and a convolution: one node in the network that is analysed, with `wrapped` for how far (before and
 * behind, axis by axis, as pads). Its norm is that of the kernel's symbol at the frequencies of the torus.
 */
export const circularConv: OperatorDefinition = {
  ops: ['CircularConv'],
  kind: () => 'conv',
  infer(facts) {
    const data = required(facts, 0);
    return [
      { type: data.type, shape: [data.shape[0]!, required(facts, 1).shape[0]!, ...slide(facts).window.outputSize] },
    ];
  },
  rule(facts) {
    const kernel = constantNumbers(facts, 1);
    if (kernel === undefined) return { kind: 'unsupported', reason: 'its kernel depends on the input' };
    const { shape } = required(facts, 0);
    const { window, padded } = slide(facts);
    const convolution = {
      direction: 'forward' as const,
      repeats: shape[0]!,
      groups: integer(facts.node, 'group', 1),
      inputChannels: shape[1]!,
      outputChannels: required(facts, 1).shape[0]!,
      inputSize: padded,
      outputSize: window.outputSize,
      kernelSize: window.kernel,
      strides: window.strides,
      dilations: window.dilations,
      padsBegin: window.padsBegin,
      padsEnd: window.padsEnd,
      kernel,
    };
    const torus = shape.slice(2).map((size, axis) => size / window.strides[axis]!);
    const source = wrappedSource(shape, bordersOf(facts));
    const map = circularMap({ convolution, torus, source }, elementCount(shape), facts.constant(1)?.relativeError ?? 0);
    const bias = constantNumbers(facts, 2);
    if (bias === undefined) return { kind: 'affine', input: 0, map };
    const offset = (): Offset => ({
      values: perChannel(bias, requiredOutput(facts).shape),
      error: facts.constant(2)?.absoluteError ?? 0,
    });
    return { kind: 'affine', input: 0, map, offset };
  },
};

export interface Border {
  readonly before: number;
  readonly behind: number;
}

function bordersOf(facts: NodeFacts): readonly Border[] {
  const wrapped = integers(facts.node, 'wrapped') ?? [];
  const axes = wrapped.length / 2;
  return Array.from({ length: axes }, (_, axis) => ({ before: wrapped[axis]!, behind: wrapped[axes + axis]! }));
}

function slide(facts: NodeFacts): { readonly window: Window; readonly padded: Shape } {
  const borders = bordersOf(facts);
  const padded = required(facts, 0).shape.slice(2).map((size, axis) => size + borders[axis]!.before + borders[axis]!.behind); // prettier-ignore
  return { window: windowOf(facts, padded, required(facts, 1).shape.slice(2)), padded };
}

/** For every element of the padded input: the element that it is. */
export function wrappedSource(shape: Shape, borders: readonly Border[]): Int32Array {
  const planes = elementCount(shape.slice(0, 2));
  const steps = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const along = shape.slice(2).map((size, axis) => {
    const { before, behind } = borders[axis]!;
    return Array.from({ length: size + before + behind }, (_, at) => (((at - before) % size) + size) % size);
  });
  let inPlane = [0];
  along.forEach((places, axis) => {
    inPlane = inPlane.flatMap((from) => places.map((at) => from + at * steps[axis + 2]!));
  });
  const plane = elementCount(shape.slice(2));
  return Int32Array.from(indicesByStep([planes], [plane], 0)).reduce(
    (all, start, p) => {
      inPlane.forEach((from, i) => (all[p * inPlane.length + i] = start + from));
      return all;
    },
    new Int32Array(planes * inPlane.length),
  );
}

/** Whether the torus is a whole number of strides, large enough for the kernel to meet itself nowhere, and for every output to be another. */
export function isCircular(
  size: number,
  output: number,
  window: { readonly stride: number; readonly reach: number },
): boolean {
  return size % window.stride === 0 && window.reach <= size && output <= size / window.stride;
}
