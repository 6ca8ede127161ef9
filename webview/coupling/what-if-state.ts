import type { WeightChange } from '../../core/inspection/what-if-request.ts';
import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';
import type { WhatIfReport } from '../../core/report/what-if.ts';

/** What the user would do to the weights. */
export interface WhatIfChoice {
  readonly kind: WeightChange['kind'];
  /** Spectral normalisation at this norm, of all layers but these. */
  readonly limit: number;
  readonly untouched: readonly LayerEntry['id'][];
  /** One layer, and what it is multiplied by; undefined until the user chooses: then it is the layer to blame and what the target asks of it. */
  readonly layer: LayerEntry['id'] | undefined;
  readonly factor: number | undefined;
}

export const firstWhatIf: WhatIfChoice = {
  kind: 'spectral',
  limit: 1,
  untouched: [],
  layer: undefined,
  factor: undefined,
};

/** The Coupling tab's side of it, known to the host and the panel alike. */
export type WhatIfState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'finished'; readonly report: WhatIfReport }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly message: string };

/** Those whose weights can be multiplied. */
export const changeable = ({ layers }: Inspection): readonly LayerEntry[] =>
  layers.filter(({ parameters, norms }) => parameters > 0 && norms.l2 !== undefined);

/** What is asked of the worker. */
export function changesOf(
  { kind, limit, untouched }: WhatIfChoice,
  layers: readonly LayerEntry[],
  single: { readonly layer: LayerEntry['id']; readonly factor: number } | undefined,
): readonly WeightChange[] {
  if (kind === 'rescale') return single === undefined ? [] : [{ kind, ...single }];
  const chosen = layers.filter(({ id }) => !untouched.includes(id));
  if (chosen.length === layers.length) return [{ kind, limit }];
  return chosen.map(({ id }) => ({ kind, limit, layers: id }));
}
