import type { LayerEntry, LayerHints, LayerSource } from '../../core/report/inspection.ts';

interface Described {
  readonly id?: string;
  readonly op: string;
  readonly in: readonly number[];
  readonly out: readonly number[];
  readonly parameters?: number;
  readonly hints?: LayerHints;
  readonly source?: LayerSource;
}

let counter = 0;

/** A layer as an inspection lists it, with a norm of 2. */
export function layer(described: Described): LayerEntry {
  const { op, in: inputShape, out: outputShape, parameters = 0, hints, source } = described;
  const id = described.id ?? `node_${++counter}`;
  return {
    id,
    name: hints?.stateName ?? id,
    op,
    kind: op.toLowerCase(),
    inputShape,
    outputShape,
    parameters,
    norms: { l2: { lower: 1.99, upper: 2.01, rigor: 'certified', method: 'svd' } },
    share: 0.5,
    ...(hints === undefined ? {} : { hints }),
    ...(source === undefined ? {} : { source }),
  };
}

export const dense = (inputs: number, outputs: number, hints?: LayerHints, source?: LayerSource): LayerEntry =>
  layer({
    op: 'Gemm',
    in: [1, inputs],
    out: [1, outputs],
    parameters: inputs * outputs + outputs,
    ...(hints === undefined ? {} : { hints }),
    ...(source === undefined ? {} : { source }),
  });

export const conv = (
  inputs: number,
  outputs: number,
  kernel: number,
  hints?: LayerHints,
  source?: LayerSource,
): LayerEntry =>
  layer({
    op: 'Conv',
    in: [1, inputs, 8, 8],
    out: [1, outputs, 8, 8],
    parameters: inputs * outputs * kernel ** 2 + outputs,
    ...(hints === undefined ? {} : { hints }),
    ...(source === undefined ? {} : { source }),
  });
