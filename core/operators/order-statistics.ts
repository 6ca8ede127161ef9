import type { Network, Node } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { broadcastSource } from './broadcast.ts';
import { sortedLines } from './choice.ts';
import { placesOf } from './concat.ts';
import { factsOf, required, requiredOutput } from './facts.ts';
import { reducedAxes, reducedGroups } from './reductions.ts';
import { ruleOf } from './rule-of.ts';

/**
 * A tensor whose every element is the (rank + 1)-th largest of some elements of another tensor, the base. An element that is only moved is the largest of
 * itself alone.
 */
export interface OrderStatistics {
  readonly base: string;
  /** The elements of the base, in rising order. */
  readonly members: readonly (readonly number[])[];
  readonly ranks: Int32Array;
  /** The nodes on the way from the base. */
  readonly nodes: ReadonlySet<Node>;
}

/** Groups are small where somebody sorts within groups; a maximum over a whole feature map is none of these. */
const largestGroup = 64;
const largestBase = 2 ** 19;

/** What the elements of the tensors of a network are in this sense, asked for when somebody wants to know. */
export class Orders {
  readonly #network: Network;
  readonly #makers: ReadonlyMap<string, Node>;
  readonly #known = new Map<string, OrderStatistics | undefined>();

  /** Tensors in `bases` are looked at as they are. */
  constructor(network: Network, bases: Iterable<string> = []) {
    this.#network = network;
    this.#makers = new Map(network.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
    for (const base of bases) this.asBase(base);
  }

  /** From now on this tensor is only asked what becomes of it. */
  asBase(tensor: string): void {
    this.#known.set(tensor, this.#itself(tensor));
  }

  of(tensor: string): OrderStatistics | undefined {
    const known = this.#known.get(tensor);
    if (known !== undefined || this.#known.has(tensor)) return known;
    const node = this.#makers.get(tensor);
    const found = node === undefined ? undefined : this.#made(node, tensor);
    const result = found ?? this.#itself(tensor);
    this.#known.set(tensor, result);
    return result;
  }

  #itself(tensor: string): OrderStatistics | undefined {
    const shape = this.#network.constants.has(tensor) ? undefined : this.#network.types.get(tensor)?.shape;
    const count = shape === undefined ? Number.POSITIVE_INFINITY : elementCount(shape);
    if (count > largestBase) return undefined;
    return {
      base: tensor,
      members: Array.from({ length: count }, (_, i) => [i]),
      ranks: new Int32Array(count),
      nodes: new Set(),
    };
  }

  #made(node: Node, tensor: string): OrderStatistics | undefined {
    const facts = factsOf(this.#network, node);
    if (facts.output(0) === undefined || node.inputs.some((name, i) => name !== '' && facts.input(i) === undefined))
      return undefined;
    switch (node.op) {
      case 'Max':
      case 'Min':
        return this.#extreme(node);
      case 'ReduceMax':
      case 'ReduceMin': {
        const groups = tensor === node.outputs[0] && reducedAxes(facts).length > 0 ? reducedGroups(facts) : [];
        const rankIn = (size: number): number => (node.op === 'ReduceMax' ? 0 : size - 1);
        return this.#ranked(node, groups, (group) => [rankIn(group.length)], (group) => group); // prettier-ignore
      }
      case 'TopK':
        return tensor === node.outputs[0] ? this.#sorted(node) : undefined;
      case 'Concat':
        return this.#joined(node);
    }
    return this.#moved(node, tensor);
  }

  /** Of any operator that only picks elements. */
  #moved(node: Node, tensor: string): OrderStatistics | undefined {
    const rule = ruleOf(this.#network, node);
    if (rule.kind !== 'affine' || rule.offset !== undefined) return undefined;
    const map = rule.parts?.(node.outputs.indexOf(tensor)) ?? (tensor === node.outputs[0] ? rule.map : undefined);
    const from = map?.structure.kind === 'selection' ? this.of(node.inputs[rule.input]!) : undefined;
    if (map === undefined || from === undefined || map.columns !== from.ranks.length) return undefined;
    const places = map.apply(Float64Array.from({ length: map.columns }, (_, i) => i + 1));
    return places.every((place) => place > 0)
      ? {
          base: from.base,
          members: Array.from(places, (place) => from.members[place - 1]!),
          ranks: Int32Array.from(places, (place) => from.ranks[place - 1]!),
          nodes: new Set([...from.nodes, node]),
        }
      : undefined;
  }

  #joined(node: Node): OrderStatistics | undefined {
    const facts = factsOf(this.#network, node);
    const parts = this.#together(node);
    if (parts === undefined) return undefined;
    const count = elementCount(requiredOutput(facts).shape);
    const members = new Array<readonly number[]>(count);
    const ranks = new Int32Array(count);
    parts.forEach((part, index) =>
      placesOf(facts, index).forEach((from, to) => {
        if (from < 0) return;
        members[to] = part.members[from]!;
        ranks[to] = part.ranks[from]!;
      }),
    );
    return { base: parts[0]!.base, members, ranks, nodes: nodesOf(parts, node) };
  }

  #extreme(node: Node): OrderStatistics | undefined {
    const facts = factsOf(this.#network, node);
    const parts = this.#together(node);
    if (parts === undefined || parts.length < 2) return undefined;
    const { shape } = requiredOutput(facts);
    const sources = parts.map((_, index) => broadcastSource(required(facts, index).shape, shape));
    const members = Array.from({ length: elementCount(shape) }, (_, i) =>
      unionOf(sources.map((source, k) => parts[k]!.members[source[i]!]!)),
    );
    if (members.some((union) => union === undefined)) return undefined;
    const known = members as (readonly number[])[];
    const ranks = Int32Array.from(known, ({ length }) => (node.op === 'Max' ? 0 : length - 1));
    // The largest of what are the largest themselves; of anything in between nobody knows where it stands among all.
    const ends = parts.every(({ ranks: own, members: of }) =>
      own.every((rank, i) => rank === (node.op === 'Max' ? 0 : of[i]!.length - 1)),
    );
    return ends ? { base: parts[0]!.base, members: known, ranks, nodes: nodesOf(parts, node) } : undefined;
  }

  #sorted(node: Node): OrderStatistics | undefined {
    const facts = factsOf(this.#network, node);
    if (ruleOf(this.#network, node).kind !== 'gain') return undefined;
    const { lines, kept, falling, placeOf } = sortedLines(facts);
    const ranksOf = (line: readonly number[]): number[] =>
      Array.from({ length: kept }, (_, k) => (falling ? k : line.length - 1 - k));
    return this.#ranked(node, lines, ranksOf, placeOf);
  }

  /** Ranks within groups of elements that are so far themselves, each at its place in the output. */
  #ranked(
    node: Node,
    groups: readonly (readonly number[])[],
    ranksOf: (group: readonly number[]) => readonly number[],
    placeOf: (group: number, which: number) => number,
  ): OrderStatistics | undefined {
    const from = groups.length === 0 ? undefined : this.of(node.inputs[0]!);
    if (from === undefined || groups[0]!.length > largestGroup) return undefined;
    const members: (readonly number[])[] = [];
    const ranks: number[] = [];
    for (const [at, group] of groups.entries()) {
      const own = group.map((i) => from.members[i]!);
      const union = own.every(({ length }) => length === 1) ? unionOf(own) : undefined;
      if (union === undefined) return undefined;
      for (const [which, rank] of ranksOf(group).entries()) {
        members[placeOf(at, which)] = union;
        ranks[placeOf(at, which)] = rank;
      }
    }
    return { base: from.base, members, ranks: Int32Array.from(ranks), nodes: nodesOf([from], node) };
  }

  /** What all inputs of a node are, where that is the same base. */
  #together(node: Node): readonly OrderStatistics[] | undefined {
    const parts: OrderStatistics[] = [];
    for (const name of node.inputs) {
      const part = this.of(name);
      if (part === undefined || part.base !== (parts[0] ?? part).base) return undefined;
      parts.push(part);
    }
    return parts;
  }
}

const nodesOf = (parts: readonly OrderStatistics[], node: Node): ReadonlySet<Node> =>
  new Set([...parts.flatMap(({ nodes }) => [...nodes]), node]);

/** undefined where something is in two of them, or where they are too many. */
function unionOf(parts: readonly (readonly number[])[]): readonly number[] | undefined {
  const union = parts.flat().sort((a, b) => a - b);
  return union.length <= largestGroup && union.every((member, i) => i === 0 || union[i - 1]! < member)
    ? union
    : undefined;
}

/** What such a tensor is of its base, where all that is done to it is sorting. */
export type Sorting =
  /** Every element of the base belongs to one group, and every group is there whole: only the order within groups has changed. */
  | { readonly kind: 'whole'; readonly groupSize: number }
  /** Some are left out. */
  | { readonly kind: 'part' };

/**
 * Sorted within groups that have no element in common, each rank at most once. Sorting brings no two vectors further apart, in any norm (Anil et al., ICML 2019), and leaving
 * elements out neither.
 */
export function sortingOf({ members, ranks }: OrderStatistics, elements: number): Sorting | undefined {
  const groupOf = new Map<number, string>();
  const seen = new Set<string>();
  let groupSize = 0;
  for (const [i, group] of members.entries()) {
    const name = group.join();
    for (const member of group) {
      const other = groupOf.get(member);
      if (other !== undefined && other !== name) return undefined;
      groupOf.set(member, name);
    }
    const place = `${name}:${ranks[i]!}`;
    if (seen.has(place)) return undefined;
    seen.add(place);
    groupSize = Math.max(groupSize, group.length);
  }
  if (groupSize < 2) return undefined;
  return members.length === elements && groupOf.size === elements ? { kind: 'whole', groupSize } : { kind: 'part' };
}
