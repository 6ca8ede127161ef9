import { norms } from '../bound.ts';
import type { Work } from '../compute/work.ts';
import { closed } from '../estimators/norms/interval.ts';
import { firstNorms } from '../estimators/norms/operator-norm.ts';
import type { Network, Node } from '../network/network.ts';
import type { LinearMap } from '../operators/linear-map.ts';
import type { InspectionEvent } from '../report/progress.ts';
import type { KnownLayers } from './known-layers.ts';
import type { LayerCrew } from './layer-crew.ts';
import { nodeDigest } from './layer-digest.ts';
import type { LayerFindings, LayerTask } from './layer-hand.ts';
import type { AnalysedNode } from './layers.ts';
import type { Pace } from './pace.ts';

/** Weights of a layer whose digest takes a moment: it is told whatever is left of the budget, so that a comparison knows what changed. */
const alwaysDigested = 2 ** 20;

/** Without an interval of every layer there is none of the network: first looks at large layers may take so much longer than the budget, and no more. */
const graceSeconds = 1.5;

/** Whether its weights are still in the file, and many. */
const staysInFile = ({ structure }: LinearMap): boolean => structure.kind === 'dense' && structure.stored !== undefined;

/** What an inspection finds out about the layers one by one, and writes into the table. */
export class LayerStudy {
  readonly #network: Network;
  readonly #layers: KnownLayers;
  readonly #crew: LayerCrew;
  readonly #pace: Pace;
  readonly #budgetSeconds: number;
  /** Layers whose norms are as good as they get. */
  readonly #studied = new Set<string>();
  /** What other threads have found and nobody was told yet. */
  readonly #news: InspectionEvent[] = [];
  readonly #underWay = new Set<string>();
  #unread: Node | undefined;
  #elsewhere: Promise<void> = Promise.resolve();
  #noticed: () => void = () => undefined;

  constructor(network: Network, layers: KnownLayers, crew: LayerCrew, pace: Pace, budgetSeconds: number) {
    this.#network = network;
    this.#layers = layers;
    this.#crew = crew;
    this.#pace = pace;
    this.#budgetSeconds = budgetSeconds;
  }

  /** The first, immediate interval of every layer in all norms: one look at its weights gives them all. */
  async *firstNorms(nodes: readonly AnalysedNode[]): AsyncGenerator<InspectionEvent> {
    const work = this.#pace.until(this.#budgetSeconds);
    const open = this.#open(nodes);
    for (const [done, { node }] of open.entries()) {
      if (done % 8 === 0)
        yield {
          kind: 'activity',
          activity: `Norms of ${this.#layers.entry(node.id).name}`,
          fraction: (0.1 * done) / open.length,
        };
      const map = this.#crew.maps.of(node);
      if (map === undefined) continue;
      if (this.#pace.seconds() > this.#budgetSeconds + graceSeconds && staysInFile(map)) {
        this.#unread ??= node;
        continue;
      }
      const found = await firstNorms(map, work);
      for (const norm of norms) this.#layers.setNorm(node.id, norm, found[norm]);
    }
  }

  /** The first layer whose weights were not looked at, because there was no time left. */
  get unread(): Node | undefined {
    return this.#unread;
  }

  /** Other threads begin with the best l2 norms of large layers, until so late, while this one goes on; `arriving` tells what they find. */
  begin(nodes: readonly AnalysedNode[], until: number): void {
    const work = this.#pace.until(until);
    const large = this.#crew.forOthers(this.#open(nodes));
    for (const { node } of large) this.#underWay.add(node.id);
    const study = async (): Promise<void> => {
      try {
        for await (const { layer, found } of this.#crew.studyElsewhere(large, work)) {
          const event = this.#take(layer, found, work);
          if (event !== undefined) this.#news.push(event);
          this.#noticed();
        }
      } finally {
        this.#underWay.clear();
        this.#noticed();
      }
    };
    if (large.length > 0) this.#elsewhere = study();
    // Whoever waits for it is told of a failure; after a cancel nobody does.
    this.#elsewhere.catch(() => undefined);
  }

  /** What comes from other threads, until they have no more. */
  async *arriving([from, to]: readonly [number, number]): AsyncGenerator<InspectionEvent> {
    const all = this.#underWay.size;
    for (let told = 0; this.#underWay.size > 0 || this.#news.length > 0;) {
      const event = this.#news.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => (this.#noticed = resolve));
        continue;
      }
      yield event;
      told++;
      yield { kind: 'activity', activity: 'l2 norms of large layers', fraction: from + (to - from) * Math.min(1, told / Math.max(1, all)) }; // prettier-ignore
    }
    await this.#elsewhere;
  }

  #take(layer: AnalysedNode, { l2 }: LayerFindings, work: Work): InspectionEvent | undefined {
    const { id } = layer.node;
    if (l2 === undefined) return undefined;
    if (closed(l2) || work.remainingSeconds() > 0) this.#studied.add(id);
    this.#layers.setNorm(id, 'l2', l2);
    return { kind: 'layers', layers: [this.#layers.entry(id)] };
  }

  /** The best l2 norm of every layer that was not studied to its end, until so late, while progress goes from one fraction to the other; l1 and linf are exact from the start. */
  async *bestNorms(
    nodes: readonly AnalysedNode[],
    [from, to]: readonly [number, number],
    until: number,
  ): AsyncGenerator<InspectionEvent> {
    const work = this.#pace.until(until);
    const open = this.#open(nodes).filter(({ node: { id } }) => !this.#studied.has(id) && !this.#underWay.has(id));
    const activity = (begun: number): InspectionEvent => ({
      kind: 'activity',
      activity: `l2 norm of ${this.#layers.entry(open[Math.min(begun, open.length - 1)]!.node.id).name}`,
      fraction: from + ((to - from) * begun) / open.length,
    });
    if (open.length > 0) yield activity(0);
    for await (const { layer, found, begun } of this.#crew.study(open, () => 'l2', work)) {
      const event = this.#take(layer, found, work);
      if (event === undefined) continue;
      yield event;
      yield activity(begun);
    }
  }

  /** Layers whose norms have to be computed. */
  #open(nodes: readonly AnalysedNode[]): readonly AnalysedNode[] {
    return nodes.filter(
      ({ node, rule, closed }) =>
        rule.kind === 'affine' && closed.l2 === undefined && this.#layers.find(node.id) !== undefined,
    );
  }

  /** Frobenius norm, smallest singular value and the like, of layers small enough for it. */
  async *details(nodes: readonly AnalysedNode[]): AsyncGenerator<InspectionEvent> {
    const work = this.#pace.until(this.#budgetSeconds);
    const known = nodes.flatMap((layer) => {
      const l2 = layer.rule.kind === 'affine' ? this.#layers.find(layer.node.id)?.norms.l2 : undefined;
      return l2?.upper == null ? [] : [{ layer, l2: { ...l2, upper: l2.upper } }];
    });
    const intervals = new Map(known.map(({ layer, l2 }) => [layer, l2]));
    const layers = known.map(({ layer }) => layer);
    const about = (layer: AnalysedNode): LayerTask['about'] => ({ details: intervals.get(layer)! });
    for await (const { layer, found } of this.#crew.study(layers, about, work)) {
      this.#layers.replace({ ...this.#layers.entry(layer.node.id), ...found.details });
      yield { kind: 'layers', layers: [this.#layers.entry(layer.node.id)] };
    }
  }

  /** Of every layer's numbers, for comparisons with another file; of large layers when there was time for the details. */
  async digests(nodes: readonly AnalysedNode[]): Promise<void> {
    const work = this.#pace.until(this.#budgetSeconds);
    for (const { node } of nodes) {
      const entry = this.#layers.find(node.id);
      if (entry === undefined || entry.parameters === 0) continue;
      if (entry.parameters > alwaysDigested && work.remainingSeconds() <= 0) continue;
      await work.breathe();
      const weights = nodeDigest(this.#network, node);
      if (weights !== undefined) this.#layers.replace({ ...entry, weights });
    }
  }
}
