import type { Work } from '../../compute/work.ts';
import type { Network, Node } from '../../network/network.ts';
import { numbersOf } from '../../network/tensor.ts';
import type { Ranges } from '../../operators/definition.ts';
import { encloseAffine, exactly, withoutGaps, type Enclosure } from '../../operators/enclosure.ts';
import { factsOf, requiredOutput } from '../../operators/facts.ts';
import { encloseOpen, isOpen } from '../../operators/half-open.ts';
import { operatorOf } from '../../operators/index.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import { throughEllipsoids } from './through-ellipsoids.ts';

/** Boxes around tensors, by name. Missing are those that cannot be enclosed: behind an operator that is not understood, or out of time. */
export type Enclosures = ReadonlyMap<string, Enclosure>;

/**
 * Propagates a box through the network in doubles with outward rounding. From a point it yields the exact outputs up to the last
 * few bits, proved; from a region it yields the range of every tensor.
 */
export async function encloseNetwork(
  network: Network,
  input: Enclosure,
  work: Work,
  keep: 'all' | ReadonlySet<string>,
): Promise<Enclosures> {
  const boxes = new Map<string, Enclosure>([[network.inputs[0]!.name, input]]);
  const lastUse = lastUses(network);
  for (const [at, node] of network.nodes.entries()) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) break;
    for (const [index, box] of encloseNode(network, node, boxes).entries()) {
      const name = node.outputs[index];
      if (name !== undefined && name !== '') boxes.set(name, box);
    }
    if (keep === 'all') continue;
    for (const name of node.inputs) if (lastUse.get(name) === at && !keep.has(name)) boxes.delete(name);
  }
  return boxes;
}

/** The boxes of a node's inputs, constants included; undefined when one is not known. */
export function rangesOf(network: Network, node: Node, boxes: Enclosures): Ranges | undefined {
  const ranges = node.inputs.map((name) => {
    if (name === '') return undefined;
    const constant = network.constants.get(name);
    if (constant === undefined) return boxes.get(name);
    return constant.type === 'string'
      ? undefined
      : lazily(() => exactly(constant.shape, numbersOf(constant)), constant.shape);
  });
  return node.inputs.some((name, index) => name !== '' && ranges[index] === undefined) ? undefined : ranges;
}

/** Most rules read their constants from the network; the enclosure of a large weight is only made for those that ask. */
function lazily(make: () => Enclosure, shape: Enclosure['shape']): Enclosure {
  let made: Enclosure | undefined;
  const get = (): Enclosure => (made ??= make());
  return {
    shape,
    get lower() {
      return get().lower;
    },
    get upper() {
      return get().upper;
    },
  };
}

/** The boxes of a node's outputs; none where they cannot be enclosed. */
export function encloseNode(network: Network, node: Node, boxes: Enclosures): readonly Enclosure[] {
  const ranges = rangesOf(network, node, boxes);
  if (ranges === undefined) return [];
  const rule = ruleOf(network, node);
  if (rule.kind === 'unsupported') return [];
  const facts = factsOf(network, node);
  // A node with several outputs (Split) has one map per output; its own enclosure knows them all.
  if (rule.kind === 'affine' && node.outputs.length === 1) {
    const box = ranges[rule.input]!;
    const enclose = isOpen(box) ? encloseOpen : encloseAffine;
    const offset = rule.offset?.();
    const image = enclose(rule.map, offset, box, requiredOutput(facts).shape);
    return [withoutGaps(throughEllipsoids(box, rule.map, offset, image))];
  }
  const images = (operatorOf(node)?.enclose?.(facts, ranges) ?? []).map(withoutGaps);
  if (rule.kind !== 'affine' || rule.parts === undefined) return images;
  return images.map((image, index) => throughEllipsoids(ranges[rule.input]!, rule.parts!(index), undefined, image));
}

function lastUses(network: Network): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const [at, node] of network.nodes.entries()) for (const name of node.inputs) last.set(name, at);
  return last;
}
