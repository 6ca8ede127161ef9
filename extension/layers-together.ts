import type { Norm } from '../core/bound.ts';
import type { LayerEntry, LayerNorm } from '../core/report/inspection.ts';
import { weaker } from '../core/report/words.ts';

/** One interval around those of all layers that a line stands for: the smallest lower end, the largest upper end, the weakest evidence. */
export function normOfLayers(layers: readonly LayerEntry[], norm: Norm): LayerNorm | undefined {
  return layers
    .flatMap(({ norms: { [norm]: known } }) => (known === undefined ? [] : [known]))
    .reduce<LayerNorm | undefined>((all, one) => {
      if (all === undefined) return one;
      const upper = all.upper === null || one.upper === null ? null : Math.max(all.upper, one.upper);
      const reason = all.reason ?? one.reason;
      return {
        lower: Math.min(all.lower, one.lower),
        upper,
        rigor: weaker(all.rigor, one.rigor),
        method: all.method,
        ...(reason === undefined ? {} : { reason }),
      };
    }, undefined);
}
