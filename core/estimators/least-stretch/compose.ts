import type { Norm } from '../../bound.ts';
import type { Network, Node } from '../../network/network.ts';
import type { Slopes } from '../../operators/definition.ts';
import { above, below } from '../../rounding.ts';
import { couplingStretch } from './coupling.ts';
import { blocksOf } from '../composition/blocks.ts';
import { constantsFrom, type BlockBounds, type LightRule, type NodeConstant } from '../composition/product.ts';

/** What the rules are applied to. */
export interface StretchedNetwork {
  readonly network: Network;
  readonly input: string;
  readonly output: string;
  readonly rules: ReadonlyMap<string, LightRule>;
  readonly norm: Norm;
  /** Upper ends of the nodes' constants. */
  readonly constantOf: NodeConstant;
  readonly blocks: BlockBounds;
  /** The least that an affine node stretches anything; 0 where nothing is known. */
  readonly leastOf: (node: Node) => number;
}

export interface LeastStretch {
  /** |f(x) - f(y)| >= value |x - y|. */
  readonly value: number;
  /** Where it became 0. */
  readonly lostAt?: { readonly node: string; readonly op: string; readonly reason: string };
}

/**
 * The lower end of the bi-Lipschitz constant (Rosca et al., eq. 2) along the graph: of layers in a row the least stretches multiply, a
 * concatenation stretches by at least the norm of what its parts do, and where branches are summed, one of them keeps what the others cannot take
 * back, counted from the tensor that all of them come from: 1 - |g| for x + g(x) (Behrmann et al., ICML 2019).
 */
export function leastStretch(of: StretchedNetwork): LeastStretch {
  const walk = new Walk(of);
  const value = walk.from(of.input).get(of.output) ?? 0;
  const lostAt = walk.lostAt.get(of.output);
  return value > 0 || lostAt === undefined ? { value } : { value, lostAt };
}

type Lost = NonNullable<LeastStretch['lostAt']>;

class Walk {
  readonly #of: StretchedNetwork;
  /** By join: the last tensor that all of its branches come from. */
  readonly #entries: ReadonlyMap<string, string>;
  readonly #known = new Map<string, ReadonlyMap<string, number>>();
  /** By tensor of which nothing is known: the node on the way to it after which nothing was left. */
  readonly lostAt = new Map<string, Lost>();

  constructor(of: StretchedNetwork) {
    this.#of = of;
    const joins = blocksOf(of.network, of.input, of.rules).filter(
      ({ nodes }) => of.rules.get(nodes.at(-1)?.id ?? '')?.kind === 'join',
    );
    this.#entries = new Map(joins.map(({ exit, entry }) => [exit, entry]));
  }

  /** Of all tensors behind one of them, with respect to a change of that one alone. */
  from(start: string): ReadonlyMap<string, number> {
    const known = this.#known.get(start);
    if (known !== undefined) return known;
    const least = new Map([[start, 1]]);
    this.#known.set(start, least);
    for (const node of this.#of.network.nodes) {
      const rule = this.#of.rules.get(node.id);
      if (rule === undefined || !node.inputs.some((name) => least.has(name))) continue;
      const found = this.#through(node, rule, least);
      const value = typeof found === 'number' ? found : 0;
      // Of several outputs (Split) none has all.
      const whole = node.outputs.length === 1 ? value : 0;
      for (const name of node.outputs) if (name !== '') least.set(name, whole);
      if (start === this.#of.input && !(whole > 0))
        this.#lost(node, typeof found === 'string' ? found : vanishes, least);
    }
    return least;
  }

  #lost(node: Node, reason: string, least: ReadonlyMap<string, number>): void {
    const arriving = node.inputs.filter((name) => least.has(name));
    const here = arriving.some((name) => least.get(name)! > 0);
    const lost = (here
      ? undefined
      : arriving.map((name) => this.lostAt.get(name)).find((one) => one !== undefined)) ?? {
      node: node.id,
      op: node.op,
      reason,
    };
    for (const name of node.outputs) this.lostAt.set(name, lost);
  }

  /** Behind the node, or why nothing is known. */
  #through(node: Node, rule: LightRule, least: ReadonlyMap<string, number>): number | string {
    switch (rule.kind) {
      case 'affine':
        return times(this.#of.leastOf(node), least.get(node.inputs[rule.input]!) ?? 0);
      case 'elementwise':
        return times(leastSlope(rule.slopes), least.get(node.inputs[rule.input]!) ?? 0);
      case 'join':
        return this.#joined(node, rule, least);
      case 'gain':
      case 'constant':
      case 'unbounded':
      case 'unsupported':
        return 'no lower end is known for such a map';
    }
  }

  #coupled(entry: string, concat: Node): number {
    const { network, norm, rules, constantOf, blocks } = this.#of;
    const most = constantsFrom(network, entry, norm, rules, constantOf, blocks);
    return couplingStretch({ network, rules, entry, concat, norm, constantOf: (name) => most.get(name) ?? 0 }) ?? 0;
  }

  #joined(node: Node, rule: Extract<LightRule, { kind: 'join' }>, least: ReadonlyMap<string, number>): number | string {
    const sources = rule.inputs.map((index) => node.inputs[index]!);
    const joined = rule.exactly?.();
    if (joined?.kind !== 'sum') return 'no lower end is known for such a join';
    const entry = this.#entries.get(node.outputs[0]!);
    if (node.op === 'Concat') {
      const beside = sideBySide(
        sources.map((name) => least.get(name) ?? 0),
        this.#of.norm,
      );
      return entry === undefined ? beside : Math.max(beside, times(this.#coupled(entry, node), least.get(entry) ?? 0));
    }
    if (entry === undefined) return 'its branches come from no common tensor nearby';
    const start = least.get(entry) ?? 0;
    const { network, norm, rules, constantOf, blocks } = this.#of;
    const most = constantsFrom(network, entry, norm, rules, constantOf, blocks);
    const own = this.from(entry);
    const images = joined.images.map(({ factor, map }, k) => ({
      // Broadcasting copies: then more may be taken back than the branch's constant says.
      plain: map.rows === map.columns && map.structure.kind === 'selection' && map.structure.largestCopies === 1,
      least: Math.abs(factor) * (own.get(sources[k]!) ?? 0),
      most: Math.abs(factor) * (most.get(sources[k]!) ?? 0),
    }));
    if (new Set(sources).size < sources.length || !images.every(({ plain }) => plain))
      return 'its branches are not summed element by element';
    const kept = images.map(({ least: one }, k) =>
      images.reduce((rest, other, at) => (at === k ? rest : below(rest - above(other.most))), below(one)),
    );
    return times(Math.max(0, ...kept), start);
  }
}

/** Below the length of images of at least these lengths, one beside the other. */
function sideBySide(least: readonly number[], norm: Norm): number {
  const some = least.filter((own) => own > 0);
  if (some.length < 2 || norm === 'linf') return Math.max(0, ...some);
  if (norm === 'l1') return some.reduce((sum, own) => below(sum + own));
  return below(Math.sqrt(some.reduce((sum, own) => below(sum + own ** 2 * (1 - 2 ** -50)), 0)));
}

const vanishes = 'it takes some direction to nothing, or nearly';

const times = (a: number, b: number): number =>
  a === 1 ? b : b === 1 ? a : a > 0 && b > 0 ? Math.max(0, below(a * b)) : 0;

/** The least that an activation can do to a distance; 0 for slopes of both signs. */
function leastSlope(slopes: Slopes): number {
  if (slopes.kind === 'same') return distanceFromZero(slopes.lower, slopes.upper);
  return slopes.lower.reduce(
    (least, low, i) => Math.min(least, distanceFromZero(low, slopes.upper[i]!)),
    Number.POSITIVE_INFINITY,
  );
}

const distanceFromZero = (low: number, high: number): number => Math.max(0, low, -high);
