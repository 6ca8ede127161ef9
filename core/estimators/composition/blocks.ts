import type { Network, Node } from '../../network/network.ts';
import type { LightRule } from './product.ts';

/** A part of the network that only one tensor leads into, and that is left by one: it can be bounded as a whole. */
export interface Block {
  readonly entry: string;
  readonly exit: string;
  readonly nodes: readonly Node[];
}

const mostNodes = 40;
const sums = new Set(['Add', 'Sum', 'Sub', 'Concat']);

/**
 * Where rules node by node lose: what branches have in common (between a join and the last tensor that all of its paths come through), and
 * runs of affine nodes, whose product has a smaller norm than its factors. Small blocks only.
 */
export function blocksOf(network: Network, input: string, rules: ReadonlyMap<string, LightRule>): Block[] {
  const graph = new DependencyGraph(network, input, rules);
  const blocks = graph.nodes.flatMap((_, at) => [graph.joined(at), graph.affineRun(at)]);
  const seen = new Set<string>();
  return blocks.flatMap((block) => {
    const key = block === undefined ? '' : JSON.stringify([block.entry, block.exit]);
    if (block === undefined || seen.has(key)) return [];
    seen.add(key);
    return [block];
  });
}

/** Whether the node is affine in all inputs that depend on the network's. */
const isAffine = (node: Node, rule: LightRule): boolean =>
  rule.kind === 'affine' || (rule.kind === 'join' && sums.has(node.op));

class DependencyGraph {
  readonly nodes: readonly Node[];
  readonly #input: string;
  readonly #rules: ReadonlyMap<string, LightRule>;
  /** By tensor: the place of the node that makes it; -1 is the network's input. */
  readonly #maker: Map<string, number>;
  /** By node: the nearest node that every path from the input to it comes through, and how many of those there are. */
  readonly #dominator: number[] = [];
  readonly #depth: number[] = [];
  /** By node: where the run of affine nodes begins that ends with it. */
  readonly #runFrom: (string | undefined)[] = [];

  constructor(network: Network, input: string, rules: ReadonlyMap<string, LightRule>) {
    this.nodes = network.nodes.filter(({ id }) => rules.has(id) && rules.get(id)!.kind !== 'constant');
    this.#input = input;
    this.#rules = rules;
    this.#maker = new Map([[input, -1]]);
    for (const [at, node] of this.nodes.entries()) {
      for (const name of node.outputs) if (name !== '') this.#maker.set(name, at);
      const before = this.#sources(node).map((name) => this.#maker.get(name)!);
      const dominator = before.length === 0 ? -1 : before.reduce((a, b) => this.#meeting(a, b));
      this.#dominator.push(dominator);
      this.#depth.push(dominator < 0 ? 1 : this.#depth[dominator]! + 1);
      this.#runFrom.push(this.#runBefore(at));
    }
  }

  /** From what all paths to a join have in common, to the join. */
  joined(at: number): Block | undefined {
    const node = this.nodes[at]!;
    return this.#sources(node).length < 2 ? undefined : this.#block(this.#entryOf(this.#dominator[at]!), at);
  }

  /** A run of affine nodes that no further node continues. */
  affineRun(at: number): Block | undefined {
    const from = this.#runFrom[at];
    const exit = this.nodes[at]!.outputs[0]!;
    if (from === undefined) return undefined;
    const continued = this.nodes.some(
      (node, later) => later > at && this.#runFrom[later] === from && node.inputs.includes(exit),
    );
    const block = continued ? undefined : this.#block(from, at);
    return block === undefined || block.nodes.length < 2 ? undefined : block;
  }

  #sources(node: Node): readonly string[] {
    return [...new Set(node.inputs.filter((name) => name !== '' && this.#maker.has(name)))];
  }

  #meeting(first: number, second: number): number {
    let [a, b] = [first, second];
    while (a !== b) {
      if (a < 0 || b < 0) return -1;
      if (this.#depth[a]! >= this.#depth[b]!) a = this.#dominator[a]!;
      else b = this.#dominator[b]!;
    }
    return a;
  }

  /** The tensor that a dominating node gives; a node of several outputs (Split) becomes part of the block. */
  #entryOf(dominator: number): string {
    if (dominator < 0) return this.#input;
    const node = this.nodes[dominator]!;
    const sources = this.#sources(node);
    return node.outputs.length > 1 && sources.length === 1 ? sources[0]! : node.outputs[0]!;
  }

  #runBefore(at: number): string | undefined {
    const node = this.nodes[at]!;
    if (!isAffine(node, this.#rules.get(node.id)!)) return undefined;
    const sources = this.#sources(node);
    const entry = sources.length === 1 ? sources[0]! : this.#entryOf(this.#dominator[at]!);
    const block = sources.length === 1 ? undefined : this.#block(entry, at);
    if (sources.length !== 1 && block?.nodes.every((own) => isAffine(own, this.#rules.get(own.id)!)) !== true)
      return undefined;
    const before = this.#maker.get(entry) ?? -1;
    return before < 0 || this.nodes[before]!.outputs.length > 1 ? entry : (this.#runFrom[before] ?? entry);
  }

  /** Everything between; undefined where it is too much, or where something else leads into it. */
  #block(entry: string, exit: number): Block | undefined {
    const inside = new Set<number>();
    const open = [exit];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (inside.has(at)) continue;
      inside.add(at);
      if (inside.size > mostNodes) return undefined;
      for (const name of this.#sources(this.nodes[at]!)) {
        if (name === entry) continue;
        const before = this.#maker.get(name)!;
        if (before < 0) return undefined;
        open.push(before);
      }
    }
    const nodes = [...inside].sort((a, b) => a - b).map((at) => this.nodes[at]!);
    return { entry, exit: this.nodes[exit]!.outputs[0]!, nodes };
  }
}
