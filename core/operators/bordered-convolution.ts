import { integer, integers, text } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { perChannel } from './convolution.ts';
import type { NodeFacts, Offset, OperatorDefinition } from './definition.ts';
import { constantNumbers, required, requiredOutput } from './facts.ts';
import { borderedKernel, borderedMap, type Bordered, type BorderedKernel } from './maps/bordered-map.ts';
import { padSource, reach, type Border } from './padding.ts';
import { windowOf, type Window } from './window.ts';

/**
 * A convolution whose input is continued by copies of its elements (mirrored, repeated or wrapped), which files write as a padding and a convolution: one node in the network that is
 * analysed, with `border` for how far (before and behind, axis by axis, as pads) and `mode` as Pad has it.
 */
export const borderedConv: OperatorDefinition = {
  ops: ['PaddedConv'],
  kind: () => 'conv',
  infer(facts) {
    const data = required(facts, 0);
    return [
      { type: data.type, shape: [data.shape[0]!, required(facts, 1).shape[0]!, ...slide(facts).window.outputSize] },
    ];
  },
  rule(facts) {
    const found = kernelWithBorder(facts);
    if (found === undefined)
      return { kind: 'unsupported', reason: 'the sums of its kernel at the border cannot be told' };
    const map = borderedMap(found.bordered, found.kernel, facts.constant(1)?.relativeError ?? 0);
    const bias = constantNumbers(facts, 2);
    if (bias === undefined) return { kind: 'affine', input: 0, map };
    const offset = (): Offset => ({
      values: perChannel(bias, requiredOutput(facts).shape),
      error: facts.constant(2)?.absoluteError ?? 0,
    });
    return { kind: 'affine', input: 0, map, offset };
  },
};

/** Where taps cancel, their sums may be nothing but rounding: then padding and convolution are better told apart. */
const mostError = 1e-9;

/** undefined where the kernel is not constant, or its sums at the border are too many or too inexact. */
export function kernelWithBorder(
  facts: NodeFacts,
): { readonly bordered: Bordered; readonly kernel: BorderedKernel } | undefined {
  const kernel = constantNumbers(facts, 1);
  const place = reach[text(facts.node, 'mode', '')];
  if (kernel === undefined || place === undefined) return undefined;
  const { shape } = required(facts, 0);
  const { window, padded, borders } = slide(facts);
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
  const source = padSource(shape, [...shape.slice(0, 2), ...padded], borders, place);
  const bordered = { convolution, source, columns: elementCount(shape), imageSize: shape.slice(2) };
  const summed = borderedKernel(bordered, facts.constant(1)?.relativeError ?? 0);
  return summed !== undefined && summed.entryError <= mostError ? { bordered, kernel: summed } : undefined;
}

function slide(facts: NodeFacts): {
  readonly window: Window;
  readonly padded: Shape;
  readonly borders: readonly Border[];
} {
  const border = integers(facts.node, 'border') ?? [];
  const axes = border.length / 2;
  const none: Border = { begin: 0, end: 0 };
  const spatial = Array.from({ length: axes }, (_, axis): Border => ({ begin: border[axis]!, end: border[axes + axis]! })); // prettier-ignore
  const padded = required(facts, 0).shape.slice(2).map((size, axis) => size + spatial[axis]!.begin + spatial[axis]!.end); // prettier-ignore
  return {
    window: windowOf(facts, padded, required(facts, 1).shape.slice(2)),
    padded,
    borders: [none, none, ...spatial],
  };
}
