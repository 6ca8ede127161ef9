import { basename } from 'node:path';
import { norms, type Norm, type NormInterval, type Unsupported } from '../../bound.ts';
import { OutOfTime } from '../../compute/linear-algebra/pace.ts';
import type { Engine } from '../../compute/engine.ts';
import { chainLayers, proposeChain } from '../../formats/weights/chain/propose.ts';
import type { Network, Unconnected } from '../../network/network.ts';
import { countNonFinite } from '../../network/tensor-health.ts';
import type { WeightLayer } from '../../network/weight-layer.ts';
import type { Inspection, LayerEntry, RunSummary } from '../../report/inspection.ts';
import type { InspectedChain } from '../../report/layer-chain.ts';
import type { InspectionEvent } from '../../report/progress.ts';
import { toolVersion } from '../../version.ts';
import { runSummary } from '../run-summary.ts';
import { fingerprint } from '../fingerprint.ts';
import { weightLayerDigest } from '../layer-digest.ts';
import type { Pace } from '../pace.ts';
import { regionForReport } from '../region-syntax.ts';
import type { InspectionRequest } from '../request.ts';
import { parametersOf } from '../summary.ts';
import { entryOf } from './entries.ts';
import { assumedEpsilon, epsilonOf, questionOf } from './norms-of-layer.ts';

/**
 * Weights without a network: the norms of every layer, and for the whole a sentence why there is no bound. The layers are listed before
 * anything but their names and shapes is read, whatever the size of the file.
 */
export async function* inspectWeights(
  request: InspectionRequest,
  engine: Engine,
  network: UnconnectedNetwork,
  pace: Pace,
): AsyncGenerator<InspectionEvent, void> {
  yield* new WeightsRun(request, engine, network, pace).events();
}

/** A file of layers that nothing connects. */
export interface UnconnectedNetwork extends Network {
  readonly unconnected: Unconnected;
}

class WeightsRun {
  readonly #request: InspectionRequest;
  readonly #engine: Engine;
  readonly #network: UnconnectedNetwork;
  readonly #pace: Pace;
  readonly #run: RunSummary;
  readonly #entries: Map<string, LayerEntry>;
  readonly #notes: string[];
  readonly #chain: InspectedChain | undefined;

  constructor(request: InspectionRequest, engine: Engine, network: UnconnectedNetwork, pace: Pace) {
    this.#request = request;
    this.#engine = engine;
    this.#network = network;
    this.#pace = pace;
    this.#run = runSummary(request);
    const { layers } = network.unconnected;
    this.#entries = new Map(layers.map((layer) => [layer.id, entryOf(layer)]));
    this.#notes = [...(network.notes ?? []), ...notesOn(layers)];
    this.#chain = proposed(layers);
  }

  async *events(): AsyncGenerator<InspectionEvent> {
    // The file is hashed last: of gigabytes that takes longer than anybody waits for a list.
    yield { kind: 'opened', inspection: this.#snapshot('') };
    yield* this.#firstNorms();
    yield* this.#betterNorms();
    yield { kind: 'activity', activity: 'Reading the whole file for its hash', fraction: 0.95 };
    const { sha256 } = await fingerprint(this.#request.file);
    yield { kind: 'finished', inspection: this.#snapshot(sha256) };
  }

  async *#firstNorms(): AsyncGenerator<InspectionEvent> {
    const { layers } = this.#network.unconnected;
    const work = this.#pace.until(this.#request.budgetSeconds);
    for (const [done, layer] of layers.entries()) {
      yield { kind: 'activity', activity: `Norms of ${layer.name}`, fraction: (0.4 * done) / layers.length };
      await work.breathe();
      const broken = [layer.weight, layer.variance].reduce(
        (count, tensor) => count + (tensor === undefined ? 0 : countNonFinite(tensor)),
        0,
      );
      if (broken > 0) {
        yield* this.#without(layer, 'its weights hold NaN or infinite values');
        yield this.#note(`The weights "${layer.id}" hold ${broken} values that are NaN or infinite.`);
        continue;
      }
      const question = questionOf(layer);
      if (question === undefined) {
        yield* this.#without(
          layer,
          layer.doubt ?? 'the file does not say which normalisation this is, nor its groups and epsilon',
        );
        continue;
      }
      const found = await question.first(work);
      for (const norm of norms) this.#setNorm(layer, norm, found[norm]);
      yield { kind: 'layers', layers: [this.#entries.get(layer.id)!] };
    }
  }

  async *#betterNorms(): AsyncGenerator<InspectionEvent> {
    const { layers } = this.#network.unconnected;
    const work = this.#pace.until(this.#request.budgetSeconds);
    for (const [done, layer] of layers.entries()) {
      if (work.remainingSeconds() <= 0) break;
      if (this.#entries.get(layer.id)?.norms.l2?.upper == null) continue;
      const question = questionOf(layer);
      if (question === undefined) continue;
      yield { kind: 'activity', activity: `l2 norm of ${layer.name}`, fraction: 0.4 + (0.5 * done) / layers.length };
      for await (const found of question.better(work)) this.#setNorm(layer, 'l2', found);
      const details = await question.details(work).catch((error: unknown) => {
        if (!(error instanceof OutOfTime)) throw error;
        return {};
      });
      this.#entries.set(layer.id, {
        ...this.#entries.get(layer.id)!,
        ...details,
        weights: weightLayerDigest(layer),
      });
      yield { kind: 'layers', layers: [this.#entries.get(layer.id)!] };
    }
  }

  /** Keeps the better of the old and the new interval. */
  #setNorm({ id, kind }: WeightLayer, norm: Norm, { lower, upper, rigor, method }: NormInterval): void {
    if (!Number.isFinite(upper)) return;
    const entry = this.#entries.get(id)!;
    const old = entry.norms[norm];
    if (old?.upper != null && old.upper < upper) return;
    // A BatchNorm's epsilon is assumed, and with another one its constant is another.
    const known = { lower, upper, rigor: kind === 'batch norm' ? ('estimate' as const) : rigor, method };
    this.#entries.set(id, { ...entry, norms: { ...entry.norms, [norm]: known } });
  }

  *#without({ id }: WeightLayer, reason: string): Generator<InspectionEvent> {
    const none = { lower: 0, upper: null, rigor: 'certified', method: 'none', reason } as const;
    this.#entries.set(id, { ...this.#entries.get(id)!, norms: { l1: none, l2: none, linf: none } });
    yield { kind: 'layers', layers: [this.#entries.get(id)!] };
  }

  #note(note: string): InspectionEvent {
    this.#notes.push(note);
    return { kind: 'note', note };
  }

  #snapshot(sha256: string): Inspection {
    const { norm, region, file } = this.#request;
    const name = basename(file);
    const unsupported: Unsupported = {
      node: name,
      op: this.#network.format,
      reason: `${this.#network.unconnected.reason}; ${this.#network.unconnected.remedy}`,
    };
    return {
      format: 'lipschitz-inspection',
      version: 1,
      tool: { name: 'lipschitz-inspector', version: toolVersion },
      model: {
        file: name,
        sha256,
        format: this.#network.format,
        parameters: parametersOf(this.#network),
        inputs: [],
        outputs: [],
        input: '',
        output: '',
      },
      engine: this.#engine.summary,
      norm,
      region: regionForReport(region),
      seconds: this.#pace.seconds(),
      run: this.#run,
      layers: [...this.#entries.values()],
      bounds: [],
      lipschitz: {
        [norm]: {
          lower: { value: 0, method: 'none', rigor: 'certified' },
          upper: { value: null, unsupported },
        },
      },
      unsupported: [unsupported],
      ...(this.#chain === undefined ? {} : { chain: this.#chain }),
      notes: this.#notes,
    };
  }
}

/** Nobody mends a longer one by hand. */
const mostChained = 500;

/** Where no order fits, the layers alone: whoever knows the order puts them together. */
function proposed(layers: readonly WeightLayer[]): InspectedChain | undefined {
  const usable = chainLayers(layers);
  if (usable.length === 0 || usable.length > mostChained) return undefined;
  const chain = proposeChain(layers) ?? {
    basis: `no order of the ${usable.length} layers that fits their sizes was found`,
    input: [],
    steps: [],
  };
  return { ...chain, state: 'proposed', layers: usable };
}

function notesOn(layers: readonly WeightLayer[]): string[] {
  const has = (kind: WeightLayer['kind']): boolean => layers.some((layer) => layer.kind === kind);
  return [
    ...(has('kernel')
      ? [
          'The norms of convolution kernels hold at every input size that the kernel fits into and for every stride, dilation, number of groups and zero or circular padding, of which the file says nothing.',
        ]
      : []),
    ...[...new Set(layers.flatMap((layer) => (layer.kind === 'batch norm' ? [epsilonOf(layer)] : [])))].map(
      (epsilon) =>
        `BatchNorm is taken with the epsilon ${epsilon}, which is ${epsilon === assumedEpsilon ? "PyTorch's" : "Keras's"} default; the file does not hold it.`,
    ),
    ...(has('embedding')
      ? ['The norms of embedding tables are those of the linear map from one-hot vectors to rows.']
      : []),
  ];
}
