import { norms } from '../bound.ts';
import { closed } from '../estimators/norms/interval.ts';
import { firstNorms } from '../estimators/norms/operator-norm.ts';
import type { Network } from '../network/network.ts';
import type { InspectionEvent } from '../report/progress.ts';
import type { KnownLayers } from './known-layers.ts';
import type { LayerCrew } from './layer-crew.ts';
import { nodeDigest } from './layer-digest.ts';
import type { LayerTask } from './layer-hand.ts';
import type { AnalysedNode } from './layers.ts';
import type { Pace } from './pace.ts';

/** Weights of a layer whose digest takes a moment: it is told whatever is left of the budget, so that a comparison knows what changed. */
const alwaysDigested = 2 ** 20;

/** What an inspection finds out about the layers one by one, and writes into the table. */
export class LayerStudy {
  readonly #network: Network;
  readonly #layers: KnownLayers;
  readonly #crew: LayerCrew;
  readonly #pace: Pace;
  readonly #budgetSeconds: number;
  /** Layers whose norms are as good as they get. */
  readonly #studied = new Set<string>();

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
      const found = await firstNorms(map, work);
      for (const norm of norms) this.#layers.setNorm(node.id, norm, found[norm]);
    }
  }

  /** The best l2 norm of every layer that was not studied to its end, until so late, while progress goes from one fraction to the other; l1 and linf are exact from the start. */
  async *bestNorms(
    nodes: readonly AnalysedNode[],
    [from, to]: readonly [number, number],
    until: number,
  ): AsyncGenerator<InspectionEvent> {
    const work = this.#pace.until(until);
    const open = this.#open(nodes).filter(({ node }) => !this.#studied.has(node.id));
    const activity = (begun: number): InspectionEvent => ({
      kind: 'activity',
      activity: `l2 norm of ${this.#layers.entry(open[Math.min(begun, open.length - 1)]!.node.id).name}`,
      fraction: from + ((to - from) * begun) / open.length,
    });
    if (open.length > 0) yield activity(0);
    for await (const { layer, found, begun } of this.#crew.study(open, () => 'l2', work)) {
      if (found.l2 === undefined) continue;
      if (closed(found.l2) || work.remainingSeconds() > 0) this.#studied.add(layer.node.id);
      this.#layers.setNorm(layer.node.id, 'l2', found.l2);
      yield { kind: 'layers', layers: [this.#layers.entry(layer.node.id)] };
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
