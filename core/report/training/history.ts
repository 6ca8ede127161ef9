import type { Norm } from '../../bound.ts';
import { toolVersion } from '../../version.ts';
import { intervalOfLayer, intervalOfNetwork } from '../comparison/ratio.ts';
import type { ComparedInterval } from '../comparison/comparison.ts';
import type { Inspection, LayerEntry } from '../inspection.ts';

/**
 * The checkpoints of a training as a series: what `lipschitz history --json` writes and the history panel draws
 * (docs/history.schema.json). A contract within version 1: fields are only ever added.
 */
export interface TrainingHistory {
  readonly format: 'lipschitz-history';
  readonly version: 1;
  readonly tool: { readonly name: 'lipschitz-inspector'; readonly version: string };
  /** Its name, without the folders around it. */
  readonly folder: string;
  readonly norm: Norm;
  readonly region: string;
  readonly order: CheckpointOrder;
  readonly checkpoints: readonly Checkpoint[];
  readonly layers: readonly LayerSeries[];
  readonly notes: readonly string[];
}

/** What the checkpoints are sorted by: a number in their names, or the time when they were written. */
export type CheckpointOrder = 'step' | 'epoch' | 'number' | 'time';

export interface CheckpointName {
  /** Below the folder. */
  readonly file: string;
  /** The number of the order; null where the name has none. */
  readonly step: number | null;
  /** When it was written, ISO 8601. */
  readonly modified: string;
}

export type Checkpoint =
  | (CheckpointName & {
      readonly state: 'read';
      readonly sha256: string;
      /** null in files that hold weights without a network. */
      readonly network: ComparedInterval | null;
    })
  | (CheckpointName & { readonly state: 'waiting' })
  /** A sentence: broken, or still being written. */
  | (CheckpointName & { readonly state: 'failed'; readonly message: string });

/** One layer over the checkpoints. */
export interface LayerSeries extends Pick<LayerEntry, 'name' | 'kind' | 'parameters'> {
  /** In the order of the checkpoints; null where the file does not have it or could not be read. */
  readonly constants: readonly (ComparedInterval | null)[];
}

/** What became of one file, before the series is put together. */
export interface CheckpointFinding {
  readonly name: CheckpointName;
  readonly outcome:
    | { readonly kind: 'read'; readonly inspection: Inspection }
    | { readonly kind: 'waiting' }
    | { readonly kind: 'failed'; readonly message: string };
}

export interface HistoryQuestion extends Pick<TrainingHistory, 'folder' | 'norm' | 'region' | 'order' | 'notes'> {
  readonly findings: readonly CheckpointFinding[];
}

export function trainingHistory({ findings, ...question }: HistoryQuestion): TrainingHistory {
  return {
    format: 'lipschitz-history',
    version: 1,
    tool: { name: 'lipschitz-inspector', version: toolVersion },
    ...question,
    checkpoints: findings.map((finding) => checkpointOf(finding, question.norm)),
    layers: seriesOf(findings, question.norm),
  };
}

function checkpointOf({ name, outcome }: CheckpointFinding, norm: Norm): Checkpoint {
  if (outcome.kind === 'waiting') return { ...name, state: 'waiting' };
  if (outcome.kind === 'failed') return { ...name, state: 'failed', message: outcome.message };
  const { model, lipschitz } = outcome.inspection;
  const interval = lipschitz[norm];
  const network = interval === undefined || model.inputs.length === 0 ? null : intervalOfNetwork(interval);
  return { ...name, state: 'read', sha256: model.sha256, network };
}

/** By name and kind, in the order of the newest network; layers that only earlier ones had come last. */
function seriesOf(findings: readonly CheckpointFinding[], norm: Norm): readonly LayerSeries[] {
  const key = ({ name, kind }: LayerEntry): string => `${kind} ${name}`;
  const read = findings.map(({ outcome }) => (outcome.kind === 'read' ? outcome.inspection.layers : []));
  const byKey = read.map((layers) => new Map(layers.map((layer) => [key(layer), layer])));
  const names = new Map<string, LayerEntry>();
  for (const layers of read.toReversed())
    for (const layer of layers) if (!names.has(key(layer))) names.set(key(layer), layer);
  return [...names].map(([at, { name, kind, parameters }]) => ({
    name,
    kind,
    parameters,
    constants: byKey.map((layers) => {
      const own = layers.get(at)?.norms[norm];
      return own === undefined ? null : intervalOfLayer(own);
    }),
  }));
}
