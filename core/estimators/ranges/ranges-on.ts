import type { Work } from '../../compute/work.ts';
import type { Network, Node } from '../../network/network.ts';
import { everything, isEverything } from '../../operators/half-open.ts';
import type { Enclosure } from '../../operators/enclosure.ts';
import { boxAround, type Region } from '../../region.ts';
import type { LightRule } from '../composition/product.ts';
import { encloseNetwork, encloseNode, type Enclosures } from './enclose-network.ts';

/** What ranges are made for: the nodes that depend on the input, with the rules they have without. */
export interface RuledNode {
  readonly node: Node;
  readonly rule: LightRule;
  /** Multiplications that applying it takes. */
  readonly products: number;
}

/** Of affine layers, in multiplications: on the whole space ranges are worth a second or two, where a rule needs them. */
const mostNeeded = 5e8;
/** Up to here every range is made, for whatever it may tighten. */
const mostAtAll = 2e7;

/** Where every tensor stays while the input stays in the region; undefined where nothing is to be gained from it. */
export async function rangesOn(
  network: Network,
  input: string,
  region: Region,
  nodes: readonly RuledNode[],
  work: Work,
): Promise<Enclosures | undefined> {
  const { shape } = network.types.get(input)!;
  const box = boxAround(region);
  if (box !== undefined) return encloseNetwork(network, { shape, ...box }, work, 'all');
  const asked = askedFor(nodes);
  if (asked.size === 0) return undefined;
  // Without them attention behind a normalisation would be called unbounded, for want of milliseconds.
  const own = isSmall(nodes) ? { ...work, remainingSeconds: () => Number.POSITIVE_INFINITY } : work;
  return rangesEverywhere(network, nodes, asked, own);
}

/**
 * The nodes whose ranges are made on the whole space, where most are unbounded: those before a rule that has no constant without, and all
 * of a small network. It does not look at the clock, so that who verifies finds the same.
 */
function askedFor(nodes: readonly RuledNode[]): ReadonlySet<Node> {
  if (isSmall(nodes)) return new Set(nodes.map(({ node }) => node));
  const asked = new Set<Node>();
  const wanted = new Set<string>();
  for (const { node, rule } of nodes.toReversed()) {
    if (rule.kind === 'unbounded') for (const name of node.inputs) wanted.add(name);
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    asked.add(node);
    for (const name of node.inputs) wanted.add(name);
  }
  return asked;
}

const isSmall = (nodes: readonly RuledNode[]): boolean =>
  nodes.reduce((sum, { products }) => sum + products, 0) <= mostAtAll;

/** From an input that can be anything: a sigmoid still stays between 0 and 1, and |x| + 0.1 away from 0. */
async function rangesEverywhere(
  network: Network,
  nodes: readonly RuledNode[],
  asked: ReadonlySet<Node>,
  work: Work,
): Promise<Enclosures> {
  const boxes = new Map<string, Enclosure>();
  const open = new Map<string, Enclosure>();
  /** Tensors of one shape of which nothing is known share one box. */
  const anything = (name: string): Enclosure | undefined => {
    const shape = network.types.get(name)?.shape;
    if (shape === undefined) return undefined;
    const known = open.get(shape.join());
    if (known !== undefined) return known;
    const made = everything(shape);
    open.set(shape.join(), made);
    return made;
  };
  let spent = 0;
  for (const { node, rule, products } of nodes) {
    await work.breathe();
    for (const name of node.inputs) {
      const box = boxes.has(name) || network.constants.has(name) ? undefined : anything(name);
      if (box !== undefined) boxes.set(name, box);
    }
    if (!asked.has(node) || work.remainingSeconds() <= 0) continue;
    if (rule.kind === 'affine') {
      const source = boxes.get(node.inputs[rule.input]!);
      if (source === undefined || isEverything(source) || spent + products > mostNeeded) continue;
      spent += products;
    }
    for (const [index, box] of encloseNode(network, node, boxes).entries()) {
      const name = node.outputs[index];
      if (name !== undefined && name !== '') boxes.set(name, box);
    }
  }
  return boxes;
}
