import type { Norm, Unbounded, Unsupported } from '../../bound.ts';
import type { Network, Node } from '../../network/network.ts';
import type { LipschitzRule } from '../../operators/definition.ts';
import { above } from '../../rounding.ts';

/** A rule without the weights that an affine one carries: cheap to keep for every node of a large network. */
export type LightRule =
  Exclude<LipschitzRule, { kind: 'affine' }> | { readonly kind: 'affine'; readonly input: number };

/** What one node does to distances, as a certified number. */
export type NodeConstant = (id: string) => number;

export interface Composition {
  /** Certified upper end for the map from the network's input to the asked output, or why there is none. */
  readonly upper:
    { readonly value: number } | { readonly unbounded: Unbounded } | { readonly unsupported: Unsupported };
  /** Node ids along the path whose product the bound is; where branches meet, the larger branch. */
  readonly path: readonly string[];
  /** Certified upper ends for the maps from the network's input to each tensor, where there are any. */
  readonly reaches: ReadonlyMap<string, number>;
}

/** Constants of parts of the network that were bounded as a whole, by the tensor that leaves the part. */
export type BlockBounds = ReadonlyMap<string, readonly { readonly entry: string; readonly value: number }[]>;

/** Constant of one tensor relative to the network's input, and how it came about. */
type Reach =
  | { readonly kind: 'bounded'; readonly value: number; readonly path: Path }
  | { readonly kind: 'unbounded'; readonly at: Unbounded }
  | { readonly kind: 'unsupported'; readonly at: Unsupported };

/** The path backwards: shared between branches, so a deep network costs no copies. */
interface Path {
  readonly node: string;
  readonly before: Path | undefined;
}

const start: Path = { node: '', before: undefined };

/**
 * The product bound over any directed acyclic graph: constants multiply along chains and join by the rules of Add, Concat and the
 * like. Every rule is homogeneous, so x + f(x) gets 1 + |f| without looking for common ancestors; what branches have in common counts where a
 * block between two tensors was bounded as a whole.
 */
export function compose(
  network: Network,
  output: string,
  norm: Norm,
  rules: ReadonlyMap<string, LightRule>,
  constantOf: NodeConstant,
  blocks?: BlockBounds,
): Composition {
  const all = reached(network, network.inputs[0]!.name, norm, rules, constantOf, blocks);
  const reaches = new Map(
    [...all].flatMap(([name, one]) => (one.kind === 'bounded' ? [[name, one.value] as const] : [])),
  );
  const reach = all.get(output);
  // Nothing that depends on the input arrives: the output is constant.
  if (reach === undefined) return { upper: { value: 0 }, path: [], reaches };
  if (reach.kind === 'unbounded') return { upper: { unbounded: reach.at }, path: [], reaches };
  if (reach.kind === 'unsupported') return { upper: { unsupported: reach.at }, path: [], reaches };
  return { upper: { value: reach.value }, path: unwind(reach.path), reaches };
}

/** Constants of all tensors behind one of them, with respect to a change of that one alone; Infinity where there is none. */
export function constantsFrom(
  network: Network,
  from: string,
  norm: Norm,
  rules: ReadonlyMap<string, LightRule>,
  constantOf: NodeConstant,
  blocks?: BlockBounds,
): ReadonlyMap<string, number> {
  const all = reached(network, from, norm, rules, constantOf, blocks);
  return new Map(
    [...all].map(([name, reach]) => [name, reach.kind === 'bounded' ? reach.value : Number.POSITIVE_INFINITY]),
  );
}

function reached(
  network: Network,
  from: string,
  norm: Norm,
  rules: ReadonlyMap<string, LightRule>,
  constantOf: NodeConstant,
  blocks: BlockBounds | undefined,
): ReadonlyMap<string, Reach> {
  const reached = new Map<string, Reach>([[from, { kind: 'bounded', value: 1, path: start }]]);
  for (const node of network.nodes) {
    const sources = node.inputs.map((name) => reached.get(name));
    if (hidesInputs(node)) {
      const reason = 'it holds a graph of its own, which may use any tensor outside';
      for (const name of node.outputs) reached.set(name, unsupported(node, reason));
      continue;
    }
    if (sources.every((source) => source === undefined)) continue;
    // No rule: nobody thought that this node depends on the input, and only a graph inside a node before it may say so.
    const rule = rules.get(node.id);
    const reach =
      rule === undefined
        ? sources.find((source) => source !== undefined)
        : reachOf(node, rule, sources, norm, constantOf);
    if (reach === undefined) continue;
    for (const [index, name] of node.outputs.entries()) {
      // Rules speak of the first output. Parts of an affine one (Split) are no larger than the whole; the positions of the maxima
      // (MaxPool) or the spread (LayerNormalization) are another matter.
      const known = index === 0 || rule?.kind === 'affine' || reach.kind !== 'bounded';
      if (name !== '')
        reached.set(
          name,
          known
            ? improved(reach, blocks?.get(name), reached)
            : unsupported(node, 'of its outputs only the first is understood'),
        );
    }
  }
  return reached;
}

/** The same tensor by way of a block that ends with it. */
function improved(
  reach: Reach,
  blocks: readonly { entry: string; value: number }[] = [],
  reached: ReadonlyMap<string, Reach>,
): Reach {
  if (reach.kind !== 'bounded') return reach;
  const values = blocks.map(({ entry, value }) => {
    const before = reached.get(entry);
    return before?.kind === 'bounded' ? times(value, before.value) : Number.POSITIVE_INFINITY;
  });
  return { ...reach, value: Math.min(reach.value, ...values) };
}

const hidesInputs = (node: Node): boolean =>
  [...node.attributes.values()].some(({ kind }) => kind === 'opaque' || kind === 'graph');

const unsupported = (node: Node, reason: string): Reach => ({
  kind: 'unsupported',
  at: { node: node.id, op: node.op, reason },
});

function reachOf(
  node: Node,
  rule: LightRule,
  sources: readonly (Reach | undefined)[],
  norm: Norm,
  constantOf: NodeConstant,
): Reach | undefined {
  if (rule.kind === 'constant') return undefined;
  // The condition of a Where jumps, but what matters is what it chooses from: its own rule says whether the choice jumps.
  const identity = { node: node.id, op: node.op, reason: 'reason' in rule ? rule.reason : '' };
  const [, ...chosen] = node.op === 'Where' ? sources : [undefined, ...sources];
  const blocked = chosen.find((source) => source !== undefined && source.kind !== 'bounded');
  if (blocked !== undefined) return blocked;
  if (rule.kind === 'unbounded') return { kind: 'unbounded', at: { ...identity, remedy: rule.remedy } };
  if (rule.kind === 'unsupported') return { kind: 'unsupported', at: identity };
  const bounded = sources.map((source) => (source?.kind === 'bounded' ? source : undefined));
  const covered = rule.kind === 'join' ? rule.inputs : [rule.input];
  if (bounded.some((source, index) => source !== undefined && !covered.includes(index)))
    return unsupported(node, 'an input of it that should be constant depends on the input of the model');
  if (rule.kind === 'join') {
    const joined = rule.inputs.map((index) => bounded[index]);
    const largest = joined.reduce(
      (most, source) => ((source?.value ?? 0) > (most?.value ?? 0) ? source : most),
      joined[0],
    );
    const value = rule.combine(
      norm,
      joined.map((source) => source?.value ?? 0),
    );
    return finite(value, node, largest?.path);
  }
  const source = bounded[rule.input];
  if (source === undefined) return undefined;
  return finite(times(constantOf(node.id), source.value), node, source.path);
}

const times = (a: number, b: number): number => (a === 1 ? b : b === 1 ? a : a === 0 || b === 0 ? 0 : above(a * b));

function finite(value: number, node: Node, before: Path | undefined): Reach {
  if (Number.isFinite(value)) return { kind: 'bounded', value, path: { node: node.id, before } };
  const reason = 'the product of the norms up to here is larger than any double';
  return {
    kind: 'unbounded',
    at: { node: node.id, op: node.op, reason, remedy: 'Look at the layers with the largest norms.' },
  };
}

function unwind(path: Path): string[] {
  const nodes: string[] = [];
  for (let at: Path | undefined = path; at !== undefined && at !== start; at = at.before) nodes.push(at.node);
  return nodes.reverse();
}
