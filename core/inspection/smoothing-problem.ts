import type { Work } from '../compute/work.ts';
import { boundBlocks } from '../estimators/composition/block-bounds.ts';
import { compose, type BlockBounds, type NodeConstant } from '../estimators/composition/product.ts';
import { firstNorms, operatorNorm } from '../estimators/norms/operator-norm.ts';
import type { Enclosures } from '../estimators/ranges/enclose-network.ts';
import { familyRanges, largestLength, type Widening } from '../estimators/smoothing/family-ranges.ts';
import {
  nonlinearNodes,
  smoothingAt,
  smoothingConstants,
  type NonlinearNode,
  type SmoothingGraph,
} from '../estimators/smoothing/graph.ts';
import { smoothingAnswer, widthsFor, type SmoothingQuestion } from '../estimators/smoothing/answer.ts';
import { budgetRules } from '../estimators/smoothing/rules/index.ts';
import { parameterSteps } from '../estimators/smoothing/parameter-steps.ts';
import type { NonlinearLayer, SmoothingProblem } from '../estimators/smoothing/problem.ts';
import { singleUnits, type SingleUnits } from '../estimators/smoothing/single-units.ts';
import type { Node } from '../network/network.ts';
import type { SmoothingVariant } from '../operators/smoothings/smoothing.ts';
import { factsOf } from '../operators/facts.ts';
import type { PreparedNetwork } from '../passes/prepare.ts';
import type { SmoothedKink } from '../passes/smooth-kinks.ts';
import { boxAround, lengthOf, type Region } from '../region.ts';
import { above } from '../rounding.ts';
import { UserError } from '../sentence.ts';
import { AffineMaps } from './affine-maps.ts';
import { parameterOf, withRadii, type Parameter } from './layer-parameters.ts';
import { analyse, layerEntries, productsOf, withRanges, type AnalysedNode } from './layers.ts';

/** What a smoothing question is about, with everything that does not depend on the accuracy computed once. */
export interface SmoothingSetting {
  readonly problem: SmoothingProblem;
  readonly graph: SmoothingGraph;
  readonly constantOf: NodeConstant;
  readonly blocks: BlockBounds;
  readonly units: ReadonlyMap<string, SingleUnits>;
}

/** Norms of all layers, then problems: the first by the product of norms, others by better constants of parts. */
export class SmoothingSettings {
  readonly #prepared: PreparedNetwork;
  readonly #variant: SmoothingVariant;
  readonly #region: Region;
  readonly #nodes: readonly AnalysedNode[];
  readonly #affine: ReadonlyMap<string, number>;
  readonly #parameters: readonly Parameter[];
  readonly #names: ReadonlyMap<string, string>;
  #units: ReadonlyMap<string, SingleUnits> = new Map();

  private constructor(
    prepared: PreparedNetwork,
    variant: SmoothingVariant,
    region: Region,
    nodes: readonly AnalysedNode[],
    norms: { readonly affine: ReadonlyMap<string, number>; readonly parameters: readonly Parameter[] },
  ) {
    this.#prepared = prepared;
    this.#variant = variant;
    this.#region = region;
    this.#nodes = nodes;
    this.#affine = norms.affine;
    this.#parameters = norms.parameters;
    this.#names = new Map(layerEntries(prepared, nodes).map(({ id, name }) => [id, name]));
  }

  static async open(
    prepared: PreparedNetwork,
    variant: SmoothingVariant,
    region: Region,
    radii: readonly number[] | undefined,
    work: Work,
  ): Promise<SmoothingSettings> {
    const nodes = analyse(prepared.analysed, undefined);
    const names = new Map(layerEntries(prepared, nodes).map(({ id, name }) => [id, name]));
    const maps = new AffineMaps(prepared.analysed);
    const affine = new Map<string, number>();
    const parameters: Parameter[] = [];
    for (const { node, rule, closed } of nodes) {
      const map = rule.kind === 'affine' ? maps.of(node) : undefined;
      if (map === undefined) continue;
      const parameter = parameterOf(factsOf(prepared.analysed, node), map.structure);
      if (parameter !== undefined) parameters.push({ ...parameter, name: names.get(node.id) ?? node.id });
      if (closed.l2 !== undefined) continue;
      const consider = (upper: number): void => {
        affine.set(node.id, Math.min(upper, affine.get(node.id) ?? Number.POSITIVE_INFINITY));
      };
      const first = (await firstNorms(map, work)).l2;
      if (first.rigor === 'certified') consider(first.upper);
      for await (const { upper, rigor } of operatorNorm(map, 'l2', work)) if (rigor === 'certified') consider(upper);
    }
    return new SmoothingSettings(prepared, variant, region, nodes, {
      affine,
      parameters: withRadii(parameters, radii),
    });
  }

  /** Of a layer that bends, by its id or by its name. */
  idOf(layer: string): string | undefined {
    const bent = nonlinearNodes(this.#prepared.analysed, this.#nodes, this.#variant, undefined).map(
      ({ node }) => node.id,
    );
    return bent.find((id) => id === layer) ?? bent.find((id) => this.#names.get(id) === layer);
  }

  /** Before problems are asked for: what is better known of layers that act on single units than norms say. */
  async lookAtSingleUnits(work: Work): Promise<void> {
    const { analysed, output } = this.#prepared;
    const nonlinear = nonlinearNodes(analysed, this.#nodes, this.#variant, undefined);
    const maps = new AffineMaps(analysed);
    this.#units = await singleUnits(analysed, output, nonlinear, (node) => maps.of(node), work);
  }

  /** Nothing bounds the slopes without a region, or a region is given: then slopes depend on how wide the kinks may become. */
  get #needsRanges(): boolean {
    return this.#region.kind !== 'all' || this.#nodes.some(({ rule }) => rule.kind === 'unbounded');
  }

  /**
   * For an accuracy; on a region the bounds hold for the widths that it leads to, or for wider ones. All rules for the weights of the file get the same problem, made for the widths of one of
   * them: what is best in it is never above what another rule gives.
   */
  async problemFor(question: SmoothingQuestion, work: Work): Promise<SmoothingSetting> {
    if (!this.#needsRanges) return this.#setting(undefined, undefined, work);
    if (budgetRules[question.rule].constants === 'radii') return this.#around(question, work);
    const optimal: SmoothingQuestion = { ...question, rule: 'optimal' };
    const one = await this.#around(optimal, work);
    if (work.remainingSeconds() <= 0) return one;
    const other = await this.#around({ ...question, rule: 'equal' }, work);
    return smoothness(other.problem, optimal) < smoothness(one.problem, optimal) ? other : one;
  }

  async #around(question: SmoothingQuestion, work: Work): Promise<SmoothingSetting> {
    // Nothing is known yet of how wide the kinks become: first for narrow ones, then for those that they lead to.
    let widest = this.#firstWidths(question);
    let setting = await this.#setting(widest, undefined, work);
    for (let round = 0; round < 3; round++) {
      const asked = widthsFor(withoutCaps(setting.problem), question);
      const next = new Map(setting.graph.nonlinear.map(({ node }, t) => [node, 1.25 * asked[t]!] as const));
      const better = await this.#setting(next, setting.blocks, work);
      const known = smoothness(setting.problem, question);
      if (!(smoothness(better.problem, question) < 0.999 * known) && known !== Number.POSITIVE_INFINITY) break;
      [widest, setting] = [next, better];
    }
    return setting;
  }

  /** With better constants of parts of the network. */
  refined(setting: SmoothingSetting, blocks: BlockBounds): SmoothingSetting {
    const { graph, constantOf, problem, units } = setting;
    return {
      ...setting,
      blocks,
      problem: { ...problem, weights: smoothingConstants(graph, constantOf, blocks, units) },
    };
  }

  #firstWidths({ epsilon }: SmoothingQuestion): ReadonlyMap<Node, number> {
    const nodes = nonlinearNodes(this.#prepared.analysed, this.#nodes, this.#variant, undefined);
    const kinks = nodes.flatMap(({ node, smoothing }) => (smoothing === undefined ? [] : [{ node, smoothing }]));
    return new Map(kinks.map(({ node, smoothing }) => [node, (1e-3 * epsilon) / (smoothing.accuracy * kinks.length)]));
  }

  async #setting(
    widest: ReadonlyMap<Node, number> | undefined,
    known: BlockBounds | undefined,
    work: Work,
  ): Promise<SmoothingSetting> {
    const { analysed, input, output } = this.#prepared;
    const { nodes, values } = await this.#ruled(widest, work);
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const closed = new Map(nodes.map(({ node, closed: norms }) => [node.id, norms.l2?.upper]));
    const constantOf: NodeConstant = (id) => closed.get(id) ?? this.#affine.get(id) ?? Number.POSITIVE_INFINITY;
    const nonlinear = nonlinearNodes(analysed, nodes, this.#variant, values);
    const graph: SmoothingGraph = { network: analysed, input, output, rules, nonlinear };
    // A better bound of a part holds for the slopes it was made with only; small blocks are made anew.
    const blocks = known === undefined || values !== undefined ? await boundBlocks(analysed, input, 'l2', rules, productsOf(nodes), work) : known; // prettier-ignore
    const byRadius = new Map(this.#parameters.map(({ id, bound }) => [id, bound]));
    const problem: SmoothingProblem = {
      layers: nonlinear.map((one, t) => this.#layer(one, widest, nonlinear, t)),
      weights: smoothingConstants(graph, constantOf, blocks, this.#units),
      radii: smoothingConstants(graph, (id) => byRadius.get(id) ?? constantOf(id), new Map(), new Map()),
      radiiHold: this.#parameters.every(({ id, bound }) => constantOf(id) <= bound),
      bounds: [...nonlinear.map(({ node }) => node.outputs[0]!), output].map(
        (name) => largestLength(values?.get(name)) ?? null,
      ),
      precision: analysed.types.get(input)?.type === 'float64' ? 'float64' : 'float32',
      parameters: this.#parameters.map(({ id, name, radius }) => ({ id, name, radius })),
      endsInParameters: endsInParameters(graph, new Set(byRadius.keys())),
      ...this.#ofParameters(),
    };
    refuseUnbounded(graph, problem, constantOf);
    return { problem, graph, constantOf, blocks, units: this.#units };
  }

  /** What Algorithm 1 of the paper goes through: the network as a function of its parameters, whatever they are within their radii. */
  #ofParameters(): Pick<SmoothingProblem, 'ofParameters'> {
    const { analysed, input, output } = this.#prepared;
    const largestInput = longest(this.#region);
    if (largestInput === undefined) return {};
    const closed = new Map(this.#nodes.map(({ node, closed: norms }) => [node.id, norms.l2?.upper]));
    const steps = parameterSteps({
      ...{ network: analysed, input, output },
      rules: new Map(this.#nodes.map(({ node, rule }) => [node.id, rule])),
      nonlinear: nonlinearNodes(analysed, this.#nodes, this.#variant, undefined),
      constantOf: (id) => closed.get(id) ?? this.#affine.get(id) ?? Number.POSITIVE_INFINITY,
      parameters: new Map(this.#parameters.map(({ id, layer }) => [id, layer])),
    });
    return { ofParameters: { largestInput, steps } };
  }

  /** Rules for the network and all that its kinks may become. */
  async #ruled(
    widest: ReadonlyMap<Node, number> | undefined,
    work: Work,
  ): Promise<{ readonly nodes: readonly AnalysedNode[]; readonly values: Enclosures | undefined }> {
    if (widest === undefined) return { nodes: this.#nodes, values: undefined };
    const { analysed, input } = this.#prepared;
    const widening: Widening = (node, boxes) => {
      const width = widest.get(node);
      if (width === undefined) return undefined;
      const smoothing = smoothingAt(analysed, node, this.#variant, boxes);
      if (smoothing === undefined || typeof smoothing === 'string') return undefined;
      const [low, high] = smoothing.each;
      return { output: above(Math.max(-low, high) * width), input: above(smoothing.reach * width) };
    };
    const ranges = await familyRanges(analysed, input, this.#region, widening, work);
    const nodes = this.#nodes.map((known) => withRanges(analysed, [known], ranges.before(known.node))[0]!);
    return { nodes, values: ranges.values };
  }

  #layer(
    { node, smoothing }: NonlinearNode,
    widest: ReadonlyMap<Node, number> | undefined,
    all: readonly NonlinearNode[],
    t: number,
  ): NonlinearLayer {
    const tied = smoothing === undefined ? -1 : all.findIndex((other, s) => s !== t && areHalves(node, other.node));
    return {
      id: node.id,
      name: this.#names.get(node.id) ?? node.id,
      op: node.op,
      tensor: node.outputs[0]!,
      units: smoothing?.units ?? 0,
      accuracy: smoothing?.accuracy ?? 0,
      curvature: smoothing?.curvature ?? 0,
      ...(smoothing?.profiles === undefined ? {} : { profiles: smoothing.profiles }),
      widest: widest === undefined || smoothing === undefined ? null : (widest.get(node) ?? 0),
      ...(tied < 0 ? {} : { tied }),
    };
  }
}

/** The larger and the smaller of the same tensors: sorted pairs have the constant 1 only where both are smoothed alike. */
function areHalves(one: Node, other: Node): boolean {
  const pair = new Set([one.op, other.op]);
  return (
    pair.has('Max') &&
    pair.has('Min') &&
    one.inputs.length === other.inputs.length &&
    one.inputs.every((name) => other.inputs.includes(name))
  );
}

/** The layers with kinks, and how wide they become. */
export function kinksOf({ graph, problem }: SmoothingSetting, question: SmoothingQuestion): readonly SmoothedKink[] {
  const widths = widthsFor(problem, question);
  return graph.nonlinear.flatMap(({ node, smoothing }, t) => {
    if (smoothing === undefined) return [];
    if (widths[t] === 0)
      throw new UserError(
        `"${node.id}" would have to be smoothed more narrowly than ${problem.precision} has numbers for: ask for a larger epsilon.`,
      );
    return [{ facts: factsOf(graph.network, node), smoothing, width: widths[t]! }];
  });
}

/** The longest point of a region. */
function longest(region: Region): number | undefined {
  const box = boxAround(region);
  if (box === undefined) return undefined;
  const inBox = largestLength({ shape: [box.lower.length], ...box });
  if (region.kind !== 'ball' || region.norm === 'linf') return inBox;
  // Balls of l1 lie in those of l2.
  const inBall = above((lengthOf(region.center, 'l2') + region.radius) * (1 + 1e-12));
  return Math.min(inBall, inBox ?? inBall);
}

const withoutCaps = (problem: SmoothingProblem): SmoothingProblem => ({
  ...problem,
  layers: problem.layers.map((layer) => ({ ...layer, widest: null })),
});

const smoothness = (problem: SmoothingProblem, question: SmoothingQuestion): number =>
  smoothingAnswer(problem, question).output.smoothness ?? Number.POSITIVE_INFINITY;

/** Without a constant for what follows a kink nothing bounds what smoothing it does to the output. */
function refuseUnbounded(
  { network, output, rules }: SmoothingGraph,
  { layers, weights }: SmoothingProblem,
  constantOf: NodeConstant,
): void {
  const blocked = layers.findIndex(({ accuracy }, t) => accuracy > 0 && weights.downstream[t] === null);
  if (blocked < 0) return;
  const { upper } = compose(network, output, 'l2', rules, constantOf);
  const { id } = layers[blocked]!;
  if ('unbounded' in upper)
    throw new UserError(
      `What smoothing "${id}" does to the output has no bound: at ${upper.unbounded.op} "${upper.unbounded.node}" ${upper.unbounded.reason}. ${upper.unbounded.remedy}`,
    );
  if ('unsupported' in upper)
    throw new UserError(
      `What smoothing "${id}" does to the output is not known: ${upper.unsupported.op} "${upper.unsupported.node}" is not understood (${upper.unsupported.reason}).`,
    );
  throw new UserError(`What smoothing "${id}" does to the output has no finite bound.`);
}

/** Of the last kink on the way to the output. */
function endsInParameters({ network, nonlinear }: SmoothingGraph, parameters: ReadonlySet<string>): boolean {
  const last = nonlinear.findLast(({ smoothing }) => smoothing !== undefined);
  const at = last === undefined ? -1 : network.nodes.indexOf(last.node);
  return network.nodes.slice(at + 1).some(({ id }) => parameters.has(id));
}
