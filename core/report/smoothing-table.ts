import { digits, percent } from './digits.ts';
import { layerPlace, type TableCell } from './layer-table.ts';
import type { SmoothedLayer, SmoothingReport } from './smoothing.ts';

const number = (value: number | null): string => (value === null ? '∞' : digits(value, 'up'));

/** A layer's row in words, for reports and the clipboard. */
export const smoothedLayerCells = (layer: SmoothedLayer): readonly TableCell[] => [
  ['layer', layer.name],
  ['operator', layer.op],
  ['mu', layer.mu === 0 ? 'smooth already' : digits(layer.mu, 'up')],
  ['width', layer.width === 0 ? '' : digits(layer.width, 'nearest')],
  ['share of ε', layer.mu === 0 ? '' : percent(layer.share)],
  ['share of L', percent(layer.bending)],
  ['m', number(layer.bound)],
  ['l', number(layer.lipschitz)],
  ['L', number(layer.smoothness)],
  ['line', layerPlace(layer)],
];

/** L and every layer's mu against epsilon. */
export const curveCells = ({ curve, layers }: SmoothingReport): readonly (readonly TableCell[])[] =>
  curve.map(({ epsilon, smoothness, mu }) => [
    ['ε', digits(epsilon, 'nearest')],
    ['L', number(smoothness)],
    ...layers.flatMap((layer, t): TableCell[] => (layer.mu === 0 ? [] : [[`mu ${layer.name}`, digits(mu[t]!, 'up')]])),
  ]);

/** The paper's comparison, the original first. */
export function dataCells({ data }: SmoothingReport): readonly (readonly TableCell[])[] {
  if (data === undefined) return [];
  const row = (epsilon: string, accuracy: number | null, loss: number | null, moved: string): readonly TableCell[] => [
    ['ε', epsilon],
    ['accuracy', accuracy === null ? '' : percent(accuracy)],
    ['loss', loss === null ? '' : loss.toPrecision(6)],
    ['largest deviation', moved],
  ];
  return [
    row('original', data.original.accuracy, data.original.loss, ''),
    ...data.smoothed.map(({ epsilon, accuracy, loss, maxDeviation }) =>
      row(digits(epsilon, 'nearest'), accuracy, loss, digits(maxDeviation, 'nearest')),
    ),
  ];
}
