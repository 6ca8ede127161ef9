import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import { convolved, depthwise, type Atrous } from './convolution.ts';
import type { Graph, GraphNode } from './graph-def.ts';
import type { Operation } from './operation.ts';

/**
 * TensorFlow writes a convolution with gaps as three operations: every d-th pixel becomes an image of its own (SpaceToBatchND), these are
 * convolved, and put together again (BatchToSpaceND). Read as the one convolution that it is, its norm is that of a convolution.
 */
export interface AtrousConvolution {
  readonly before: GraphNode;
  readonly convolution: GraphNode;
}

const convolutions: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2dNative', 'DepthwiseConv2d']);

/** By the operation that ends each of them. */
export function atrousConvolutions(graph: Graph): ReadonlyMap<GraphNode, AtrousConvolution> {
  const readers = new Map<string, number>();
  for (const node of graph.values())
    for (const { name } of node.inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  const found = new Map<GraphNode, AtrousConvolution>();
  for (const node of graph.values()) {
    if (node.op !== 'BatchToSpaceND') continue;
    const convolution = graph.get(node.inputs[0]?.name ?? '');
    const before = graph.get(convolution?.inputs[0]?.name ?? '');
    if (convolution === undefined || before?.op !== 'SpaceToBatchND' || !convolutions.has(convolution.op)) continue;
    const alone = readers.get(convolution.name) === 1 && readers.get(before.name) === 1;
    if (alone && isPlain(convolution)) found.set(node, { before, convolution });
  }
  return found;
}
function isPlain({ attributes }: GraphNode): boolean {
  if (attributes.text('padding', '') !== 'VALID' || attributes.text('data_format', 'NHWC') !== 'NHWC') return false;
  try {
    return [...attributes.integers('strides'), ...attributes.integers('dilations')].every((step) => step === 1);
  } catch (error) {
    // It says so itself when it is written.
    if (error instanceof Unsupported) return false;
    throw error;
  }
}

/** The one convolution; undefined where blocks, margins and crops do not belong together. */
export function writeAtrous(before: Operation, convolution: Operation, after: Operation): Value | undefined {
  const [block, blockAfter] = [before.numbers(1, 'block'), after.numbers(1, 'block')];
  const [margins, crops] = [before.numbers(2, 'margins'), after.numbers(2, 'crops')];
  const pads = [0, 1].map((axis) => [margins[2 * axis]!, margins[2 * axis + 1]! - crops[2 * axis + 1]!] as const);
  const fits =
    block.length === 2 &&
    block.every((size, axis) => size === blockAfter[axis]) &&
    crops[0] === 0 &&
    crops[2] === 0 &&
    pads.every(([begin, end]) => begin >= 0 && end >= 0);
  if (!fits) return undefined;
  const atrous: Atrous = { dilations: block, pads };
  const whole = convolution.on([before.input(0), ...convolution.inputs.slice(1)]);
  return convolution.op === 'Conv2D' ? convolved(whole, 2, atrous) : depthwise(whole, atrous);
}
