import type { Unsupported } from '../bound.ts';
import type { Engine } from '../compute/engine.ts';
import { Cancelled } from '../compute/work.ts';
import { boundBlocks } from '../estimators/composition/block-bounds.ts';
import {
  compose,
  type BlockBounds,
  type Composition,
  type LightRule,
  type NodeConstant,
} from '../estimators/composition/product.ts';
import { shares } from '../estimators/composition/shares.ts';
import { conduct } from '../estimators/conductor/conduct.ts';
import type { BoundMethod } from '../estimators/conductor/method.ts';
import { boundMethods } from '../estimators/conductor/methods.ts';
import { flatPoints } from '../estimators/witness/flat-points.ts';
import { linearNetwork } from '../estimators/witness/linear-network.ts';
import { bytesOfWeights } from '../estimators/witness/fed-session.ts';
import { openForward } from '../estimators/witness/forward.ts';
import { rangesOn } from '../estimators/ranges/ranges-on.ts';
import { elementCount } from '../network/tensor.ts';
import type { Inspection, RunSummary } from '../report/inspection.ts';
import type { NetworkGraph } from '../report/network-graph.ts';
import { normalisationNotes } from '../report/normalisation-audit.ts';
import type { InspectionEvent } from '../report/progress.ts';
import { twoPoints, type Region } from '../region.ts';
import { toolVersion } from '../version.ts';
import { enclosedPair } from './enclosed-pair.ts';
import { KnownLayers } from './known-layers.ts';
import { type HireForLayers, LayerCrew } from './layer-crew.ts';
import { LayerStudy } from './layer-study.ts';
import { analyse, layerEntries, productsOf, withRanges, type AnalysedNode } from './layers.ts';
import { networkGraph } from './network-graph.ts';
import { openModel, openNetwork, type OpenModel } from './open-model.ts';
import { startPace, type Pace } from './pace.ts';
import { readRegion, regionForReport } from './region-syntax.ts';
import { runSummary } from './run-summary.ts';
import type { InspectionRequest } from './request.ts';
import { Scoreboard } from './scoreboard.ts';
import { tightened } from './tightened.ts';
import { assumed } from './weights/assumed.ts';
import { inspectWeights } from './weights/inspect-weights.ts';
import { inTheFile, unsupportedNodes } from './where-it-stops.ts';
import { witnessBounds, witnessSearch, type WitnessQuestion } from './witness-bounds.ts';

/** Of the budget: when the best norms of many large layers have taken so much, bounds of the whole network have their turn. */
const normShare = 0.6;

/** The same where the network is too large to be run and written out: little else is there to do. */
const normShareOfLarge = 0.85;

/** On a region they are only what the reader sees of the layers: the bounds come from elsewhere, and in other norms than l2 not even the product asks for them. */
const regionalNormShare = { l2: 0.2, l1: 0.02, linf: 0.02 } as const;

/** Until then the product of the layers' best norms has time to be the first answer. */
const soonSeconds = 0.5;

/** Weights in bytes, of a network that is run as a whole. */
const mostInMemory = 600e6;

/** Of plain loops over doubles, on a core that others use too. */
const productsPerSecond = 3e8;

/**
 * Answers a request: an event stream that begins with everything reading alone can tell and ends with the finished inspection. In
 * between the cheapest answers come first; after a second there is a certified interval, however wide, and it only gets narrower.
 */
export async function* inspect(
  request: InspectionRequest,
  engine: Engine,
  signal: AbortSignal,
  hire?: HireForLayers,
): AsyncGenerator<InspectionEvent, void> {
  const pace = startPace(engine, signal, request.budgetSeconds);
  const opened = openNetwork(request);
  if (opened.network.unconnected !== undefined) {
    using file = opened;
    yield* inspectWeights(request, engine, { ...file.network, unconnected: opened.network.unconnected }, pace);
    return;
  }
  using model = await openModel(request, engine, opened);
  await using crew = new LayerCrew(model.prepared.analysed, pace, { by: hire, threads: request.threads, signal });
  const events = new Run(request, engine, model, pace, crew).events();
  yield* opened.assumption === undefined ? events : assumed(events, opened.assumption);
}

const rulesOf = (nodes: readonly AnalysedNode[]): ReadonlyMap<string, LightRule> =>
  new Map(nodes.map(({ node, rule }) => [node.id, rule]));

class Run {
  readonly #request: InspectionRequest;
  readonly #engine: Engine;
  readonly #model: OpenModel;
  readonly #pace: Pace;
  readonly #run: RunSummary;
  /** As it stands in the report. */
  readonly #region: string;
  readonly #where: Region;
  readonly #scoreboard: Scoreboard;
  readonly #notes: string[];
  readonly #layers: KnownLayers;
  readonly #study: LayerStudy;
  readonly #graph: NetworkGraph;
  #nodes: readonly AnalysedNode[];
  /** Of the nodes, by id. */
  #rules: ReadonlyMap<string, LightRule>;
  #blocks: BlockBounds = new Map();

  constructor(request: InspectionRequest, engine: Engine, model: OpenModel, pace: Pace, crew: LayerCrew) {
    this.#request = request;
    this.#engine = engine;
    this.#model = model;
    this.#pace = pace;
    this.#run = runSummary(request);
    this.#notes = [...model.notes];
    this.#region = regionForReport(request.region);
    this.#where = readRegion(request.region, this.#inputSize());
    const [x, y] = twoPoints(this.#where, this.#inputSize());
    this.#scoreboard = new Scoreboard(request.norm, this.#region, pace.seconds, { x: [...x], y: [...y] });
    const { prepared } = model;
    this.#nodes = analyse(prepared.analysed, undefined);
    this.#rules = rulesOf(this.#nodes);
    this.#layers = new KnownLayers(layerEntries(prepared, this.#nodes));
    this.#study = new LayerStudy(prepared.analysed, this.#layers, crew, pace, request.budgetSeconds);
    this.#graph = networkGraph(this.#nodes, prepared, (id) => this.#layers.find(id) !== undefined);
  }

  async *events(): AsyncGenerator<InspectionEvent, void> {
    const { budgetSeconds } = this.#request;
    yield { kind: 'opened', inspection: this.#snapshot() };

    yield* this.#study.firstNorms(this.#nodes);
    // Nobody waits for this thread while it opens the network and looks for a witness.
    if (this.#where.kind === 'all') this.#study.begin(this.#nodes, this.#normShare() * budgetSeconds);
    if (this.#request.norm === 'l2') yield* this.#study.bestNorms(this.#nodes, [0.05, 0.1], soonSeconds);
    // Without ranges it holds as well; what they may still bound is not called unbounded yet.
    if ('value' in this.#compose().upper) yield* this.#product();
    yield* this.#ranges();
    yield* this.#conducted([linearNetwork], 0.1);
    const { runnable, output } = this.#model.prepared;
    const opened = this.#scoreboard.isClosed()
      ? undefined
      : await openForward(runnable, output, this.#pace.until(budgetSeconds), mostInMemory);
    const refused = opened !== undefined && 'refused' in opened;
    if (refused)
      yield this.#note(`ONNX Runtime does not run this network, so no witness was searched for: ${opened.refused}`);
    await using forward = opened === undefined || 'refused' in opened ? undefined : opened;
    const seconds = this.#imageSeconds();
    const witnesses = (starts: readonly Float64Array[]): readonly BoundMethod[] =>
      forward !== undefined ? [witnessSearch(forward, seconds, starts)] : refused ? [enclosedPair(seconds)] : [];
    const starts = forward === undefined ? [] : await this.#flatPoints();
    // A glance for a first lower end; the norms come before a longer look.
    if (forward !== undefined)
      yield* this.#witnesses({ forward, starts }, Math.min(0.5, 0.1 * budgetSeconds), 0.1, 0.2);
    yield* this.#search('quick', [], 0.2);
    yield* this.#study.arriving([0.2, 0.4]);
    const share = this.#normShare();
    yield* this.#study.bestNorms(this.#nodes, [0.4, 0.5], Math.max(share * budgetSeconds, this.#pace.seconds() + 0.05));
    if (this.#request.norm === 'l2') yield* this.#product();
    yield* this.#study.details(this.#nodes);
    await this.#study.digests(this.#nodes);
    for (const note of normalisationNotes(this.#layers.all)) yield this.#note(note);
    yield* this.#search('patient', witnesses(starts), 0.5);
    yield { kind: 'finished', inspection: this.#snapshot() };
  }

  #normShare(): number {
    if (this.#where.kind !== 'all') return regionalNormShare[this.#request.norm];
    return bytesOfWeights(this.#model.prepared.runnable) > mostInMemory ? normShareOfLarge : normShare;
  }

  /** Where every tensor stays while the input stays in the region, what the rules say then, and small blocks as a whole. */
  async *#ranges(): AsyncGenerator<InspectionEvent> {
    const { analysed, input } = this.#model.prepared;
    yield { kind: 'activity', activity: 'Ranges of all tensors', fraction: 0.1 };
    const work = this.#pace.until(this.#request.budgetSeconds);
    const boxes = await rangesOn(analysed, input, this.#where, this.#nodes, work);
    if (boxes !== undefined) this.#take(withRanges(analysed, this.#nodes, boxes));
    if (boxes !== undefined && this.#where.kind !== 'all') {
      yield* this.#product();
      yield { kind: 'activity', activity: 'Narrower ranges by linear relaxation', fraction: 0.1 };
      const narrower = await tightened(analysed, input, this.#where, this.#nodes, boxes, work);
      if (narrower !== undefined) this.#take(narrower);
    }
    this.#blocks = await boundBlocks(analysed, input, this.#request.norm, this.#rules, productsOf(this.#nodes), work);
    yield* this.#product();
  }

  #take(nodes: readonly AnalysedNode[]): void {
    this.#nodes = nodes;
    this.#rules = rulesOf(nodes);
    for (const { node, rule, closed, everywhere } of nodes) {
      if (rule.kind === 'affine' || this.#layers.find(node.id) === undefined) continue;
      this.#layers.setClosed(node.id, closed, this.#where.kind === 'all' ? undefined : everywhere);
    }
  }

  /** Recomputes the product bound and every layer's share in it. */
  *#product(): Generator<InspectionEvent> {
    const { norm } = this.#request;
    const composition = this.#compose();
    const { upper, path, reaches } = composition;
    if ('value' in upper) {
      const certificate = { kind: 'product', layers: this.#layers.upperEnds(norm) } as const;
      const event = this.#scoreboard.upper({ value: upper.value, method: 'product', rigor: 'certified', certificate });
      if (event !== undefined) yield event;
    } else if (!('value' in this.#scoreboard.best.upper) || 'pending' in this.#scoreboard.best.upper)
      yield this.#scoreboard.impossible(inTheFile(this.#model.prepared.runnable, this.#unread() ?? upper));
    const share = shares(path, (id) => this.#layers.find(id)?.norms[norm]?.upper ?? undefined);
    const outputs = new Map(this.#nodes.map(({ node }) => [node.id, node.outputs[0]!]));
    for (const layer of this.#layers.all) {
      const reach = reaches.get(outputs.get(layer.id) ?? '');
      this.#layers.replace({ ...layer, share: share(layer.id), ...(reach === undefined ? {} : { reach }) });
    }
    yield { kind: 'layers', layers: this.#layers.all };
  }

  /** Why there is no product where a layer has no norm yet. */
  #unread(): { readonly unsupported: Unsupported } | undefined {
    const node = this.#study.unread;
    const reason = 'its weights were not read before the budget was spent: give it more seconds';
    return node && { unsupported: { node: node.id, op: node.op, reason } };
  }

  #compose(): Composition {
    const { norm } = this.#request;
    const { analysed, output } = this.#model.prepared;
    return compose(analysed, output, norm, this.#rules, this.#constants(), this.#blocks);
  }

  /** The best upper end of every node's norm, as known whenever it is asked for. */
  #constants(): NodeConstant {
    const { norm } = this.#request;
    const closed = new Map(this.#nodes.map(({ node, closed: norms }) => [node.id, norms[norm]?.upper]));
    return (id) => this.#layers.find(id)?.norms[norm]?.upper ?? closed.get(id) ?? Number.POSITIVE_INFINITY;
  }

  #note(note: string): InspectionEvent {
    this.#notes.push(note);
    return { kind: 'note', note };
  }

  /** Where normalisations are steepest. */
  async #flatPoints(): Promise<readonly Float64Array[]> {
    const { analysed, input } = this.#model.prepared;
    return flatPoints(analysed, input, this.#pace.until(0.5 * this.#request.budgetSeconds));
  }

  async *#witnesses(
    by: Pick<WitnessQuestion, 'forward' | 'starts'>,
    seconds: number,
    from: number,
    to: number,
  ): AsyncGenerator<InspectionEvent> {
    if (this.#scoreboard.isClosed()) return;
    yield { kind: 'activity', activity: 'Looking for a witness', fraction: from };
    const { runnable: network, output } = this.#model.prepared;
    const work = this.#pace.until(this.#pace.seconds() + seconds);
    const region = this.#where;
    const question = { ...by, network, output, region, norm: this.#request.norm, imageSeconds: this.#imageSeconds() };
    try {
      for await (const end of witnessBounds(question, work)) {
        const event = this.#scoreboard.lower(end);
        if (event !== undefined) yield event;
        if (this.#scoreboard.isClosed()) return;
      }
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      // ONNX Runtime may fail on a derivative of ours: that costs the witness, not the answer.
      yield this.#note(`The search for a witness gave up: ${error instanceof Error ? error.message : String(error)}`);
    }
    yield { kind: 'activity', activity: 'Looking for a witness', fraction: to };
  }

  /** What it should take to enclose the image of a point: every layer is applied once, and once in absolute values. */
  #imageSeconds(): number {
    return this.#nodes.reduce((sum, { products }) => sum + 2 * products, 0) / productsPerSecond;
  }

  /** All methods of one pace, these among them, for as long as the budget lasts or anything can be gained. */
  async *#search(
    pace: BoundMethod['pace'],
    more: readonly BoundMethod[],
    from: number,
  ): AsyncGenerator<InspectionEvent> {
    yield* this.#conducted(
      [...boundMethods, ...more].filter((method) => method.pace === pace),
      from,
    );
  }

  /** Those of the methods that apply. */
  async *#conducted(candidates: readonly BoundMethod[], from: number): AsyncGenerator<InspectionEvent> {
    const { budgetSeconds, norm } = this.#request;
    const { runnable, analysed, input, output } = this.#model.prepared;
    const [rules, constantOf] = [this.#rules, this.#constants()];
    const question = { runnable, analysed, input, output, norm, region: this.#where, rules, constantOf };
    const methods = candidates.filter((method) => method.applies(question));
    const audience = { standing: () => this.#scoreboard.standing, isClosed: () => this.#scoreboard.isClosed() };
    const work = this.#pace.until(budgetSeconds);
    for await (const move of conduct(methods, question, work, audience)) {
      if (move.kind === 'turn') {
        const fraction = from + (1 - from) * Math.min(1, this.#pace.seconds() / budgetSeconds);
        yield { kind: 'activity', activity: move.method.activity, fraction };
      } else if (move.kind === 'failed') {
        yield this.#note(`The method "${move.method.name}" gave up: ${move.reason}`);
      } else {
        const event = this.#scoreboard.bound(move.bound);
        if (event !== undefined) yield event;
      }
    }
  }

  #inputSize(): number {
    const { runnable, input } = this.#model.prepared;
    return elementCount(runnable.types.get(input)!.shape);
  }

  #snapshot(): Inspection {
    const { norm, set, dims, quantisation } = this.#request;
    const asked = Object.keys(set).length + Object.keys(dims).length > 0 || quantisation !== undefined;
    return {
      format: 'lipschitz-inspection',
      version: 1,
      tool: { name: 'lipschitz-inspector', version: toolVersion },
      model: this.#model.summary,
      engine: this.#engine.summary,
      norm,
      region: this.#region,
      ...(asked ? { question: { set, dims, ...(quantisation === undefined ? {} : { quantisation }) } } : {}),
      seconds: this.#pace.seconds(),
      run: this.#run,
      layers: this.#layers.all,
      bounds: this.#scoreboard.bounds,
      lipschitz: { [norm]: this.#scoreboard.best },
      unsupported: unsupportedNodes(this.#nodes, this.#scoreboard.best.upper),
      graph: this.#graph,
      notes: this.#notes,
    };
  }
}
