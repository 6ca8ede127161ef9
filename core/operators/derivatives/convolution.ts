import { integer } from '../../network/network.ts';
import { elementCount, numbersOf, type Shape } from '../../network/tensor.ts';
import { transposedWindow } from '../convolution.ts';
import { windowOf, type Window } from '../window.ts';
import { inputOf, NoDerivative, type Derivative, type Site } from './derivative.ts';
import type { Graph } from './graph.ts';

const ints = (value: readonly number[]) => ({ kind: 'ints', value }) as const;
const int = (value: number) => ({ kind: 'int', value }) as const;

type Geometry = Pick<Window, 'strides' | 'dilations' | 'padsBegin' | 'padsEnd'>;

const attributesOf = ({ strides, dilations, padsBegin, padsEnd }: Geometry, groups: number) => ({
  strides: ints(strides),
  dilations: ints(dilations),
  pads: ints([...padsBegin, ...padsEnd]),
  group: int(groups),
});

function onlyData(site: Site): void {
  if (site.active(1)) throw new NoDerivative('its kernel depends on the input');
  if (site.active(2)) throw new NoDerivative('its bias depends on the input');
}

export const convDerivative: Derivative = {
  jvp(site, [tangent]) {
    onlyData(site);
    return [tangent === undefined ? undefined : site.graph.repeat(site.node, [tangent, inputOf(site, 1)])[0]];
  },
  vjp(site, [cotangent]) {
    onlyData(site);
    if (cotangent === undefined) return [undefined];
    const { graph, facts } = site;
    const shape = graph.shapeOf(inputOf(site, 0));
    const window = windowOf(facts, shape.slice(2), graph.shapeOf(inputOf(site, 1)).slice(2));
    return [adjoint(site, cotangent, window, graph.wide(shape))];
  },
};

/** The adjoint of a convolution on inputs of this shape. */
function adjoint(site: Site, cotangent: string, window: Window, shape: Shape): string {
  const { graph, node } = site;
  const groups = integer(node, 'group', 1);
  const flipped = window.strides.every((stride) => stride === 1)
    ? flippedConvolution(site, cotangent, window, groups)
    : undefined;
  if (flipped !== undefined) return flipped;
  const reach = window.kernel.map((size, a) => (size - 1) * window.dilations[a]! + 1);
  const extra = reach.map((size, a) => {
    const covered = window.strides[a]! * (window.outputSize[a]! - 1) + size - window.padsBegin[a]! - window.padsEnd[a]!;
    return shape[a + 2]! - covered;
  });
  if (extra.some((size) => size < 0)) throw new NoDerivative('its padding reaches farther than its kernel');
  const attributes = { ...attributesOf(window, groups), output_padding: ints(extra) };
  return graph.add('ConvTranspose', [cotangent, inputOf(site, 1)], attributes, { type: graph.precision, shape });
}

/** With stride 1 the adjoint is a convolution with the kernel turned around, which runs about twice as fast as ConvTranspose. */
function flippedConvolution(site: Site, cotangent: string, window: Window, groups: number): string | undefined {
  const { graph } = site;
  const kernel = graph.constants.get(inputOf(site, 1));
  const padsBegin = window.kernel.map((size, a) => (size - 1) * window.dilations[a]! - window.padsBegin[a]!);
  const padsEnd = window.kernel.map((size, a) => (size - 1) * window.dilations[a]! - window.padsEnd[a]!);
  if (kernel === undefined || [...padsBegin, ...padsEnd].some((size) => size < 0)) return undefined;
  const turned = turnedKernel(graph, numbersOf(kernel), kernel.shape, groups);
  const geometry = { strides: window.strides, dilations: window.dilations, padsBegin, padsEnd };
  return graph.add('Conv', [cotangent, turned], attributesOf(geometry, groups));
}

/** Inputs and outputs of every group exchanged, and the taps in reverse order. */
function turnedKernel(graph: Graph, kernel: Float64Array, shape: Shape, groups: number): string {
  const [outputs, inputs] = [shape[0]! / groups, shape[1]!];
  const taps = elementCount(shape.slice(2));
  const turned = new Float64Array(kernel.length);
  for (let g = 0; g < groups; g++)
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++)
        for (let k = 0; k < taps; k++)
          turned[((g * inputs + i) * outputs + o) * taps + taps - 1 - k] =
            kernel[((g * outputs + o) * inputs + i) * taps + k]!;
  return graph.constant([groups * inputs, outputs, ...shape.slice(2)], turned);
}

/** A transposed convolution is the adjoint of the convolution with the same kernel, so that convolution is its adjoint. */
export const convTransposeDerivative: Derivative = {
  jvp: convDerivative.jvp,
  vjp(site, [cotangent]) {
    onlyData(site);
    if (cotangent === undefined) return [undefined];
    const { graph, node, facts } = site;
    const kernel = inputOf(site, 1);
    const shape = graph.shapeOf(inputOf(site, 0));
    const window = transposedWindow(facts, shape.slice(2), graph.shapeOf(kernel).slice(2));
    const geometry = attributesOf(window, integer(node, 'group', 1));
    const result = graph.add('Conv', [cotangent, kernel], geometry);
    if (
      graph
        .shapeOf(result)
        .slice(2)
        .some((size, a) => size !== shape[a + 2])
    )
      throw new NoDerivative('its output is larger than its kernel reaches');
    return [result];
  },
};
