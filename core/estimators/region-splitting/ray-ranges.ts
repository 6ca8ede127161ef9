import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import type { Enclosure } from '../../operators/enclosure.ts';
import type { CentreForm, Place } from '../centre-form/form.ts';
import { layoutOf } from '../centre-form/places.ts';
import { formExpansion } from '../centre-form/question.ts';
import { tangentOf } from '../jacobian-relaxation/tangent.ts';
import { encloseNetwork, encloseNode, type Enclosures } from '../ranges/enclose-network.ts';
import type { RuledNode } from '../ranges/ranges-on.ts';
import { rulesOn } from '../ranges/rules-on.ts';
import type { FormMaker, PartQuestion } from './part-bounds.ts';
import type { Part } from './parts.ts';

type RayQuestion = Pick<PartQuestion, 'analysed' | 'input' | 'output'>;

/** The end of a part of the line, and the direction in which it has none; undefined for all of the line, and where there are several inputs. */
export function rayOf({ lower, upper }: Part): { readonly end: number; readonly direction: 1 | -1 } | undefined {
  if (lower.length !== 1) return undefined;
  const [low, high] = [lower[0]!, upper[0]!];
  if (Number.isFinite(low) && high === Number.POSITIVE_INFINITY) return { end: low, direction: 1 };
  return Number.isFinite(high) && low === Number.NEGATIVE_INFINITY ? { end: high, direction: -1 } : undefined;
}

/**
 * Where every tensor stays on a part of the line without end. Intervals say little behind a layer whose weights have both signs; but far out the units before it bend no more, so that the form around
 * the middle slopes knows whether what arrives at a unit behind it rises or falls along the ray. What rises stays above its value at the ray's end. So one layer after the other comes to its final slopes.
 */
export async function rangesOnRay(
  question: RayQuestion,
  ray: { readonly end: number; readonly direction: 1 | -1 },
  nodes: readonly RuledNode[],
  intervals: Enclosures,
  make: FormMaker,
  work: Work,
): Promise<Enclosures> {
  const { analysed, input, output } = question;
  const { shape } = analysed.types.get(input)!;
  const point = Float64Array.of(ray.end);
  const atEnd = await encloseNetwork(analysed, { shape, lower: point, upper: point }, work, 'all');
  let boxes = intervals;
  // Each round a layer more is known, at best.
  for (let round = 0; round < nodes.length; round++) {
    const rules = new Map(rulesOn(analysed, nodes, boxes).map(({ node, rule }) => [node.id, rule]));
    const expansion = formExpansion({ analysed, input, output, rules });
    const form = expansion && (await make(expansion, work));
    if (form === undefined) return boxes;
    const beyond = halfLines(layoutOf(expansion!).argumentsOf, form, atEnd, ray.direction);
    const next = narrowed(analysed, boxes, beyond);
    if (![...beyond.keys()].some((name) => openEnds(next.get(name)) < openEnds(boxes.get(name)))) return boxes;
    boxes = next;
  }
  return boxes;
}

/** By tensor, what rising and falling says of its elements along the ray. */
function halfLines(
  places: ReadonlyMap<string, Place>,
  form: CentreForm,
  atEnd: Enclosures,
  direction: 1 | -1,
): Map<string, Enclosure> {
  const tangent = tangentOf(form, Float64Array.of(direction));
  const found = new Map<string, Enclosure>();
  for (const [name, { elements, start, size }] of places) {
    const end = atEnd.get(name);
    if (end?.lower.length !== size) continue;
    const lower = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
    const upper = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
    for (const [k, element] of elements.entries()) {
      const row = start + k;
      const error = form.error[row]!;
      if (tangent.low[row]! >= error) lower[element] = end.lower[element]!;
      if (tangent.high[row]! <= -error) upper[element] = end.upper[element]!;
    }
    found.set(name, { shape: end.shape, lower, upper });
  }
  return found;
}

/** The boxes once more, node by node, with what is known of some tensors besides. */
function narrowed(network: Network, boxes: Enclosures, known: Enclosures): Map<string, Enclosure> {
  const narrower = new Map<string, Enclosure>();
  const put = (name: string, box: Enclosure): void => {
    narrower.set(name, intersected(intersected(box, boxes.get(name)), known.get(name)));
  };
  for (const { name } of network.inputs) {
    const box = boxes.get(name);
    if (box !== undefined) put(name, box);
  }
  for (const node of network.nodes)
    for (const [index, box] of encloseNode(network, node, narrower).entries()) {
      const name = node.outputs[index];
      if (name !== undefined && name !== '') put(name, box);
    }
  return narrower;
}

const intersected = (box: Enclosure, other: Enclosure | undefined): Enclosure =>
  other === undefined || other.lower.length !== box.lower.length
    ? box
    : {
        shape: box.shape,
        lower: box.lower.map((low, i) => Math.max(low, other.lower[i]!)),
        upper: box.upper.map((high, i) => Math.min(high, other.upper[i]!)),
      };

const openEnds = (box: Enclosure | undefined): number =>
  box === undefined ? 0 : [...box.lower, ...box.upper].filter((value) => !Number.isFinite(value)).length;
