import { samplesPerCell } from '../../core/inspection/map-request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import type { MapMethod, MapRange } from '../../core/report/map.ts';
import type { MapChoice } from './map-state.ts';
import { l10n } from '../l10n.ts';

/** How many numbers the input that the question is about has, batch 1. */
export function inputSize({ model }: Inspection): number {
  const shape = model.inputs.find(({ name }) => name === model.input)?.shape ?? [];
  return shape.reduce<number>((size, axis) => size * (typeof axis === 'number' && axis > 0 ? axis : 1), 1);
}

/** Coordinates mean something in a small input; of an image two pixels tell little, two directions more. */
export function firstChoice(inspection: Inspection): MapChoice {
  return {
    norm: inspection.norm,
    plane: inputSize(inspection) <= 16 ? { kind: 'coordinates', axes: [0, 1] } : { kind: 'random' },
    grid: { rows: 50, columns: 50 },
    method: 'jacobian',
    constant: 'full input',
    samples: samplesPerCell.jacobian,
    seed: 0,
    at: undefined,
    range: undefined,
  };
}

export const withMethod = (choice: MapChoice, method: MapMethod): MapChoice => ({
  ...choice,
  method,
  samples: samplesPerCell[method],
});

/** Another plane has other units: the range of the old one is forgotten. */
export const withPlane = (choice: MapChoice, plane: MapChoice['plane']): MapChoice => ({
  ...choice,
  plane,
  range: undefined,
});

/** Paths of .npy files; no data, no classes. */
export function withData(choice: MapChoice, data: string, labels: string): MapChoice {
  return { ...choice, data: data === '' ? undefined : labels === '' ? { data } : { data, labels } };
}

export const withRange = (choice: MapChoice, range: readonly [MapRange, MapRange]): MapChoice => ({
  ...choice,
  range: [tidy(range[0]), tidy(range[1])],
});

/** Zooming leaves long tails of digits that nobody asked for. */
const tidy = ([from, to]: MapRange): MapRange => {
  const digits = Math.max(1, 3 - Math.floor(Math.log10(to - from)));
  const rounded = (value: number): number => Number(value.toFixed(Math.min(15, digits)));
  return rounded(to) > rounded(from) ? [rounded(from), rounded(to)] : [from, to];
};

/** What keeps a choice from being drawn, as a sentence. */
export function objection(choice: MapChoice, size: number): string | undefined {
  const { plane, range } = choice;
  if (size < 2) return l10n.t('A map needs an input of at least two numbers.');
  if (plane.kind === 'coordinates') {
    const [i, j] = plane.axes;
    if (i === j) return l10n.t('The two coordinates have to differ.');
    if (![i, j].every((axis) => Number.isInteger(axis) && axis >= 0 && axis < size))
      return l10n.t('The input has the coordinates 0 to {0}.', size - 1);
  }
  if (plane.kind === 'principal' && plane.data === '')
    return l10n.t('Principal directions need data: the path of a .npy file.');
  if (plane.kind === 'points' && plane.points.includes('')) return l10n.t('The plane needs three points.');
  if (range?.some(([from, to]) => !(to > from)) === true)
    return l10n.t('A range goes from the smaller to the larger number.');
  return undefined;
}
