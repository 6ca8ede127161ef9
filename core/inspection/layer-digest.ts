import { createHash, type Hash } from 'node:crypto';
import type { Attribute, Network, Node } from '../network/network.ts';
import { piecesOf } from '../network/tensor-health.ts';
import type { Tensor } from '../network/tensor.ts';
import type { WeightLayer } from '../network/weight-layer.ts';

/**
 * Which layer this is, by content: SHA-256 over its operator, settings and numbers, so that two files can be compared without keeping
 * either. Layers of one input with the same digest and the same shapes are the same map. undefined for a layer without numbers of its
 * own, or with settings that have no digest.
 */
export function nodeDigest({ constants }: Network, { op, domain, inputs, attributes }: Node): string | undefined {
  const settings = [...attributes].sort(([a], [b]) => (a < b ? -1 : 1));
  if (
    !inputs.some((name) => constants.has(name)) ||
    settings.some(([, { kind }]) => kind === 'graph' || kind === 'opaque')
  )
    return undefined;
  const hash = createHash('sha256').update(JSON.stringify([domain, op]));
  for (const [name, attribute] of settings) addAttribute(hash.update(name), attribute);
  for (const name of inputs) addTensor(hash, constants.get(name));
  return hash.digest('hex');
}

/** The same for a layer of a file that holds no network: there are no settings to be had. */
export function weightLayerDigest({ kind, order, groups, weight, bias, mean, variance }: WeightLayer): string {
  const settings = groups === undefined ? [kind, order] : [kind, order, groups];
  const hash = createHash('sha256').update(JSON.stringify(settings));
  for (const tensor of [weight, bias, mean, variance]) addTensor(hash, tensor);
  return hash.digest('hex');
}

function addAttribute(hash: Hash, attribute: Attribute): void {
  if (attribute.kind === 'tensor') addTensor(hash, attribute.value);
  else if ('value' in attribute) hash.update(JSON.stringify([attribute.kind, attribute.value]));
}

function addTensor(hash: Hash, tensor: Tensor | undefined): void {
  hash.update(tensor === undefined ? '[]' : JSON.stringify([tensor.type, tensor.shape]));
  for (const bytes of tensor === undefined ? [] : piecesOf(tensor)) hash.update(bytes);
}
