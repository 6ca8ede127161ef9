import { integer, type Network, type Node } from '../network/network.ts';
import { bytesOfNumbers, elementCount, numbersOf, tensorOfNumbers, type Tensor } from '../network/tensor.ts';
import { factsOf } from '../operators/facts.ts';
import { batchNormError, batchNormScales } from '../operators/normalisation.ts';
import { consumersOf } from './consumers.ts';

export interface FoldedNetwork {
  readonly network: Network;
  /** By id of the node that took them in: the BatchNorm nodes that are gone. */
  readonly folded: ReadonlyMap<string, readonly string[]>;
}

const linear = new Set(['Conv', 'ConvTranspose', 'Gemm']);

/**
 * A BatchNorm behind a convolution or dense layer is part of its kernel: the norm of the folded map is what counts, and it is far
 * below the product of the two norms (2.449 against 3.262 in one measured case).
 */
export function foldBatchNorm(network: Network): FoldedNetwork {
  const consumers = consumersOf(network);
  const folded = new Map<string, readonly string[]>();
  const constants = new Map(network.constants);
  const replaced = new Map<Node, Node | undefined>();
  for (const node of network.nodes) {
    const batchNorm = linear.has(node.op) ? consumers.only(node.outputs[0]!) : undefined;
    if (batchNorm?.op !== 'BatchNormalization' || batchNorm.inputs[0] !== node.outputs[0]) continue;
    // Behind an operator that is not understood even the sizes can be unknown.
    if (!network.types.has(node.outputs[0]!)) continue;
    const merged = merge(network, node, batchNorm, constants);
    if (merged === undefined) continue;
    replaced.set(node, merged);
    replaced.set(batchNorm, undefined);
    folded.set(node.id, [batchNorm.id]);
  }
  const nodes = network.nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : node));
  return { network: { ...network, nodes, constants }, folded };
}

function merge(network: Network, node: Node, batchNorm: Node, constants: Map<string, Tensor>): Node | undefined {
  const facts = factsOf(network, node);
  const weight = facts.constant(1);
  const bias = facts.constant(2);
  const scales = batchNormScales(factsOf(network, batchNorm));
  if (weight === undefined || scales === undefined || (bias === undefined && facts.input(2) !== undefined))
    return undefined;
  if (node.op === 'Gemm' && (node.attributes.has('alpha') || node.attributes.has('beta')) && !plainGemm(node))
    return undefined;
  const { scale, shift, shiftError } = scales;
  const old = bias === undefined ? new Float64Array(scale.length) : numbersOf(bias);
  // A column of a Gemm may be as long as its row.
  if (old.length !== scale.length || (bias?.shape.at(-1) ?? old.length) !== old.length) return undefined;
  const offset = old.map((value, c) => value * scale[c]! + shift[c]!);
  const summands = offset.map((_, c) => Math.abs(old[c]! * scale[c]!) + Math.abs(shift[c]!));
  const absoluteError = shiftError + 4 * batchNormError * summands.reduce((most, value) => Math.max(most, value), 0);
  const weightName = `${node.id}/folded weight`;
  const biasName = `${node.id}/folded bias`;
  constants.set(weightName, {
    name: weightName,
    type: 'float64',
    shape: weight.shape,
    relativeError: 2 * batchNormError,
    // Anew each time: as doubles, the kernels of a large network take twice the memory that its file does.
    numbers: () => scaled(numbersOf(weight), scale, outputChannels(node, weight)),
    bytes: () => bytesOfNumbers(scaled(numbersOf(weight), scale, outputChannels(node, weight))),
  });
  constants.set(biasName, { ...tensorOfNumbers(biasName, [offset.length], offset, 'float64'), absoluteError });
  return { ...node, inputs: [node.inputs[0]!, weightName, biasName], outputs: batchNorm.outputs };
}

const plainGemm = (node: Node): boolean =>
  ['alpha', 'beta'].every((name) => {
    const attribute = node.attributes.get(name);
    return attribute === undefined || (attribute.kind === 'float' && attribute.value === 1);
  });

/** How the entries of a weight belong to output channels: row-major, channels between `outer` repetitions and `inner` entries each. */
interface ChannelLayout {
  /** Of these many channels each repetition of the outer axes has its own. */
  readonly groups: number;
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

function outputChannels(node: Node, { shape }: Tensor): ChannelLayout {
  const perOutput = elementCount(shape.slice(1));
  const rows = { groups: 1, outer: 1, channels: shape[0]!, inner: perOutput };
  if (node.op === 'Conv') return rows;
  if (node.op === 'Gemm')
    return integer(node, 'transB', 0) === 1 ? rows : { groups: 1, outer: shape[0]!, channels: shape[1]!, inner: 1 };
  const groups = integer(node, 'group', 1);
  return { groups, outer: shape[0]! / groups, channels: shape[1]!, inner: elementCount(shape.slice(2)) };
}

/** In place. */
function scaled(
  kernel: Float64Array,
  scale: Float64Array,
  { groups, outer, channels, inner }: ChannelLayout,
): Float64Array {
  let at = 0;
  for (let group = 0; group < groups; group++)
    for (let repetition = 0; repetition < outer; repetition++)
      for (let channel = 0; channel < channels; channel++) {
        const factor = scale[group * channels + channel]!;
        for (const end = at + inner; at < end; at++) kernel[at]! *= factor;
      }
  return kernel;
}
