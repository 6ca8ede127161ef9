import { scratchOf } from '../compute/scratch.ts';
import type { Work } from '../compute/work.ts';
import type { Network } from '../network/network.ts';
import { storedMatrix } from '../network/stored-matrix.ts';
import { bytesPerElement, elementCount, type Tensor } from '../network/tensor.ts';
import { AffineMaps } from './affine-maps.ts';
import { Crew, type Hand } from './crew.ts';
import { LayerHand, type LayerFindings, type LayerTask } from './layer-hand.ts';
import type { AnalysedNode } from './layers.ts';
import type { Pace } from './pace.ts';

/** Starts other threads: as many as are wanted (0: one for every core), but at most so many. What they cannot do is done `here`. */
export type HireForLayers = (
  here: Hand<LayerTask, LayerFindings>,
  signal: AbortSignal,
  room: { readonly threads: number; readonly most: number },
  path?: string,
) => readonly Promise<Hand<LayerTask, LayerFindings>>[];

/** Everything that is found out about a network's affine layers one by one, in this thread and, where it takes seconds, in others beside it. */
export class LayerCrew implements AsyncDisposable {
  readonly maps: AffineMaps;
  readonly #pace: Pace;
  readonly #crew: Crew<LayerTask, LayerFindings>;

  constructor(
    network: Network,
    pace: Pace,
    hire: { readonly by: HireForLayers | undefined; readonly threads: number; readonly signal: AbortSignal },
  ) {
    this.maps = new AffineMaps(network);
    this.#pace = pace;
    const { by, threads, signal } = hire;
    const here = new LayerHand(pace);
    this.#crew = new Crew(here, by && (() => by(here, signal, { threads, most: handsInRoom(network) })));
  }

  /** In whatever order the answers come. Nothing is begun after the end of `work`, but norms of small layers: a slow machine shall not leave them open. */
  async *study(
    layers: readonly AnalysedNode[],
    about: (layer: AnalysedNode) => LayerTask['about'],
    work: Work,
  ): AsyncGenerator<{ readonly layer: AnalysedNode; readonly found: LayerFindings; readonly begun: number }> {
    const start = this.#pace.seconds();
    let products = layers.reduce((sum, layer) => sum + layer.products, 0);
    let done = 0;
    const small = (layer: AnalysedNode): boolean => layer.products <= mostOfSmall && about(layer) === 'l2';
    const smallFirst = [...layers.filter(small), ...layers.filter((layer) => !small(layer))];
    const shared = this.#crew.share(smallFirst, (layer) => {
      const seconds = small(layer) ? Math.max(secondsOfSmall, work.remainingSeconds()) : work.remainingSeconds();
      return seconds <= 0 ? undefined : { map: () => this.maps.of(layer.node), about: about(layer), seconds };
    });
    for await (const { item: layer, result: found, begun } of shared) {
      yield { layer, found, begun };
      done += layer.products;
      products -= layer.products;
      const spent = this.#pace.seconds() - start;
      if (spent > worthHiring && begun < layers.length && spent * products > worthHiring * done) this.#crew.hire();
    }
  }

  /** Those of the layers that other threads shall begin with while this one does something else: large ones, if there is anybody. The longest come last. */
  forOthers(layers: readonly AnalysedNode[]): readonly AnalysedNode[] {
    const weights = ({ node }: AnalysedNode): number => this.maps.weightsOf(node);
    const large = layers.filter((layer) => layer.products > mostOfSmall);
    if (large.reduce((sum, layer) => sum + weights(layer), 0) < worthHiringAtOnce) return [];
    return this.#crew.hire() ? large.toSorted((one, other) => weights(one) - weights(other)) : [];
  }

  /** Their l2 norms, by those threads alone. */
  async *studyElsewhere(
    layers: readonly AnalysedNode[],
    work: Work,
  ): AsyncGenerator<{ readonly layer: AnalysedNode; readonly found: LayerFindings }> {
    if (!(await this.#crew.arrived())) return;
    const shared = this.#crew.share(
      layers,
      (layer) => {
        const seconds = work.remainingSeconds();
        return seconds <= 0 ? undefined : { map: () => this.maps.of(layer.node), about: 'l2', seconds };
      },
      'those hired',
    );
    for await (const { item, result } of shared) yield { layer: item, found: result };
  }

  [Symbol.asyncDispose](): Promise<void> {
    scratchOf(this.#pace.until(0).engine).forget();
    return this.#crew[Symbol.asyncDispose]();
  }
}

/** In products of one application; the norm of such a layer takes milliseconds. */
const mostOfSmall = 2 ** 16;
const secondsOfSmall = 0.2;

/** In seconds: a thread needs half of one to begin. */
const worthHiring = 0.5;

/** In weights: their norms take seconds for sure. */
const worthHiringAtOnce = 2 ** 22;

/** What the norm of a large layer was seen to take beside its weights, in bytes for each of them. */
const bytesPerWeight = 44;
const room = 768 * 2 ** 20;

/** How many layers may be worked on at the same time: the largest one must be in any case, the others beside it have so much room. */
function handsInRoom({ nodes, constants }: Network): number {
  const bytes = nodes
    .map(({ inputs }) =>
      inputs.reduce((sum, name) => {
        const tensor = constants.get(name);
        return sum + (tensor === undefined ? 0 : bytesFor(tensor));
      }, 0),
    )
    .sort((one, other) => other - one);
  let hands = 1;
  for (let used = 0; hands < bytes.length; hands++) {
    used += bytes[hands]!;
    if (used > room) break;
  }
  return hands;
}

/** Of a matrix that stays in the file there is a copy for the thread, and of its Gram matrix, its factor and what is kept of others the lower triangle each. */
function bytesFor(tensor: Tensor): number {
  const stored = storedMatrix(tensor);
  const weights = elementCount(tensor.shape);
  return stored === undefined
    ? bytesPerWeight * weights
    : bytesPerElement[stored.type] * weights + 12 * Math.min(stored.rows, stored.columns) ** 2;
}
