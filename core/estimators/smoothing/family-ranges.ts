import type { Work } from '../../compute/work.ts';
import type { Network, Node } from '../../network/network.ts';
import type { Enclosure } from '../../operators/enclosure.ts';
import { everything } from '../../operators/half-open.ts';
import { boxAround, type Region } from '../../region.ts';
import { above, below } from '../../rounding.ts';
import { encloseNode, type Enclosures } from '../ranges/enclose-network.ts';

/**
 * How far each output of a node may be moved, and how far its input counts as moved, because slopes next to a kink are mixed; undefined for a node that is not smoothed. It may depend on where the node's inputs
 * are in all these networks.
 */
export type Widening = (
  node: Node,
  boxes: Enclosures,
) => { readonly output: number; readonly input: number } | undefined;

export interface FamilyRanges {
  /** What tensors can be in the network, and in every one whose layers move no further than allowed. */
  readonly values: Enclosures;
  /** Boxes for the rule of a node: those of its inputs, widened where its slopes are mixed. */
  readonly before: (node: Node) => Enclosures;
}

/** Propagates a region through all networks at once whose layers are smoothed up to a width. */
export async function familyRanges(
  network: Network,
  input: string,
  region: Region,
  widening: Widening,
  work: Work,
): Promise<FamilyRanges> {
  const { shape } = network.types.get(input)!;
  const box = boxAround(region);
  const values = new Map<string, Enclosure>([[input, box === undefined ? everything(shape) : { shape, ...box }]]);
  for (const node of network.nodes) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) break;
    const more = widening(node, values)?.output ?? 0;
    for (const [index, own] of encloseNode(network, node, values).entries()) {
      const name = node.outputs[index];
      if (name !== undefined && name !== '') values.set(name, widened(own, index === 0 ? more : 0));
    }
  }
  return {
    values,
    before(node) {
      const more = widening(node, values)?.input ?? 0;
      if (more === 0) return values;
      const wider = new Map(values);
      for (const name of node.inputs) {
        const own = values.get(name);
        if (own !== undefined) wider.set(name, widened(own, more));
      }
      return wider;
    },
  };
}

const widened = ({ shape, lower, upper }: Enclosure, more: number): Enclosure =>
  more === 0
    ? { shape, lower, upper }
    : {
        shape,
        lower: lower.map((value) => below(value - more)),
        upper: upper.map((value) => above(value + more)),
      };

/** The largest length of a tensor in its box; undefined where it is not bounded. */
export function largestLength(box: Enclosure | undefined): number | undefined {
  if (box === undefined) return undefined;
  let sum = 0;
  for (let i = 0; i < box.lower.length; i++) sum += Math.max(Math.abs(box.lower[i]!), Math.abs(box.upper[i]!)) ** 2;
  const length = above(Math.sqrt(sum) * (1 + box.lower.length * 2 ** -52));
  return Number.isFinite(length) ? length : undefined;
}
