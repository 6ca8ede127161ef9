import type { Certificate, Norm, Rigor, Unbounded, Unsupported, Witness } from '../bound.ts';
import type { BilipschitzReport } from './bilipschitz.ts';
import type { InspectedChain } from './layer-chain.ts';
import type { NetworkGraph } from './network-graph.ts';

/**
 * The inspection of one model: what `--json` writes, what the panel shows, what `verify` reads back. A contract within version 1
 * (docs/inspection.schema.json): fields are only ever added.
 */
export interface Inspection {
  readonly format: 'lipschitz-inspection';
  readonly version: 1;
  readonly tool: { readonly name: 'lipschitz-inspector'; readonly version: string };
  readonly model: ModelSummary;
  readonly engine: EngineSummary;
  readonly norm: Norm;
  readonly region: string;
  /**
   * What else was asked: values of held inputs, sizes of free dimensions, and whether the rounding of quantised tensors was left out (then no
   * number is about the network in the file), so that the inspection can be repeated.
   */
  readonly question?: {
    readonly set: Readonly<Record<string, string>>;
    readonly dims: Readonly<Record<string, number>>;
    readonly quantisation?: 'left out';
  };
  readonly seconds: number;
  /** When, where and with how much time. */
  readonly run?: RunSummary;
  readonly layers: readonly LayerEntry[];
  readonly bounds: readonly BoundEntry[];
  readonly lipschitz: Partial<Readonly<Record<Norm, LipschitzInterval>>>;
  readonly unsupported: readonly Unsupported[];
  /** How the layers hang together; absent where the file holds weights without a graph. */
  readonly graph?: NetworkGraph;
  /** Of weights without a graph whose layers somebody put into an order: what all numbers of the whole network rest on. */
  readonly assumption?: string;
  /** Of weights without a graph: the order that was supposed, or the one that is proposed. */
  readonly chain?: InspectedChain;
  /** Sentences that qualify the numbers: a provider that fell back, inputs held at zero, layers with NaN weights. */
  readonly notes: readonly string[];
  /** How far points are kept apart, where that was asked as well. */
  readonly bilipschitz?: BilipschitzReport;
}

export interface ModelSummary {
  /** File name without its folder: absolute paths never leave the machine. */
  readonly file: string;
  readonly sha256: string;
  readonly format: string;
  readonly parameters: number;
  readonly inputs: readonly ValueSummary[];
  readonly outputs: readonly ValueSummary[];
  /** The pair the constant is about. */
  readonly input: string;
  readonly output: string;
}

export interface ValueSummary {
  readonly name: string;
  readonly shape: readonly (number | string | null)[] | null;
  readonly type: string;
}

export type Provider = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

export interface EngineSummary {
  readonly provider: Provider;
  readonly threads: number;
  /** native: onnxruntime-node. wasm: onnxruntime-web, where there is no native binary. */
  readonly runtime: 'native' | 'wasm';
  /** Why it is not the provider that was asked for. */
  readonly fallback?: string;
}

export interface RunSummary {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly budgetSeconds: number;
  /** "Linux 6.8.0 x64" */
  readonly system: string;
  readonly runtime: string;
  readonly processor: string;
}

export interface LayerEntry {
  readonly id: string;
  readonly name: string;
  readonly op: string;
  readonly kind: string;
  /** The tensor that it gives, by which a question can begin or end there. */
  readonly tensor?: string;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly parameters: number;
  /** Absent for a norm that has not been computed (yet); `null` upper when the layer has no finite constant. */
  readonly norms: Partial<Readonly<Record<Norm, LayerNorm>>>;
  /** Its constants on the whole space, where a region was asked about and they are others there (LayerNorm, activations). */
  readonly everywhere?: Partial<Readonly<Record<Norm, LayerNorm>>>;
  readonly kernelNorm?: number;
  readonly smallest?: { readonly value: number; readonly rigor: Rigor };
  readonly frobenius?: number;
  readonly stableRank?: number;
  readonly orthogonalityGap?: number;
  /** Upper end of the l2 norm that is wrong with at most this probability, beside a certified one that is wide. */
  readonly probabilistic?: { readonly upper: number; readonly failure: number };
  /** Share in the logarithm of the product bound; null when every norm is 1 or there is no product. */
  readonly share: number | null;
  /** Certified upper end of how far a change of the network's input grows up to this layer's output. */
  readonly reach?: number;
  readonly folded?: readonly string[];
  /** Parametrisations of its weight that the file holds in parts and that were put together for it: spectral_norm, weight_norm. */
  readonly applied?: readonly string[];
  /** SHA-256 over its operator, settings and numbers: another digest, another layer. */
  readonly weights?: string;
  readonly source?: LayerSource;
  /** State-dict prefix, scopes and the like, from which an editor finds the line when `source` is absent. */
  readonly hints?: LayerHints;
}

export interface LayerNorm {
  readonly lower: number;
  readonly upper: number | null;
  readonly rigor: Rigor;
  readonly method: string;
  readonly failure?: number;
  /** Why upper is null. */
  readonly reason?: string;
}

export type SourceTier = 'exporter' | 'names' | 'scopes' | 'guess';

export interface LayerSource {
  readonly file: string;
  readonly line: number;
  readonly tier: SourceTier;
}

export interface LayerHints {
  /** "layer1.0.conv1" from the initializer "layer1.0.conv1.weight". */
  readonly stateName?: string;
  /** Module path from node names or exporter scopes. */
  readonly scope?: string;
  readonly className?: string;
}

export interface BoundEntry {
  readonly side: 'upper' | 'lower';
  readonly norm: Norm;
  readonly region: string;
  readonly method: string;
  readonly value: number;
  readonly rigor: Rigor;
  /** Since the inspection of this model began. */
  readonly seconds: number;
  readonly failure?: number;
}

export interface LipschitzInterval {
  readonly lower: LowerEnd;
  readonly upper: UpperEnd;
}

export interface LowerEnd {
  readonly value: number;
  readonly method: string;
  readonly rigor: Rigor;
  readonly witness?: Witness;
}

export type UpperEnd =
  | {
      readonly value: number;
      readonly method: string;
      readonly rigor: Rigor;
      readonly certificate?: Certificate;
      readonly failure?: number;
    }
  | { readonly value: null; readonly unbounded: Unbounded }
  | { readonly value: null; readonly unsupported: Unsupported }
  /** Still being computed; never in a finished inspection. */
  | { readonly value: null; readonly pending: true };

/** What stands in the place of a model that could not be read. */
export interface FailedInspection {
  readonly model: { readonly file: string };
  readonly error: { readonly message: string };
}
