import type { Norm } from '../bound.ts';
import { digits } from './digits.ts';
import type { Inspection, LipschitzInterval } from './inspection.ts';
import type { TableCell } from './layer-table.ts';
import { regionWords } from './region-words.ts';
import { tighterInterval } from './tighter-interval.ts';
import { intervalText, isUnquantised, normWord, ofNetwork } from './words.ts';

/** What a change of weights does: the interval and the outputs before and after. */
export interface WhatIfReport {
  readonly format: 'lipschitz-what-if';
  readonly version: 1;
  readonly model: string;
  readonly norm: Norm;
  readonly region: string;
  readonly layers: readonly ChangedLayer[];
  readonly before: LipschitzInterval;
  readonly after: LipschitzInterval;
  /** Absent where ONNX Runtime does not run the network. */
  readonly outputs?: OutputChange;
  readonly notes: readonly string[];
}

export interface ChangedLayer {
  readonly id: string;
  readonly name: string;
  /** The tensor of the file that was multiplied. */
  readonly weights: string;
  readonly factor: number;
  readonly l2: { readonly before: number; readonly after: number | null };
}

/** At points drawn at random: in the region, or with the normal distribution where all of space was asked about. */
export interface OutputChange {
  readonly samples: number;
  /** l2 distance of the two outputs, and the length of the output that it is to be compared with. */
  readonly mean: number;
  readonly largest: number;
  readonly size: number;
  /** How often the largest output is another one; absent for a single output. */
  readonly decisions?: number;
}

/**
 * Half of a budget may leave the model as it is with a wider interval than an inspection has found: the better ends of both are said, where the inspection
 * was asked the same about the same file.
 */
export function withKnown(report: WhatIfReport, known: Inspection | undefined): WhatIfReport {
  const interval = known?.lipschitz[report.norm];
  if (known === undefined || interval === undefined) return report;
  if (known.model.file !== report.model || known.region !== report.region || isUnquantised(known)) return report;
  const before = tighterInterval(report.before, interval);
  const { lower, upper } = report.before;
  if (before.lower.value === lower.value && before.upper.value === upper.value) return report;
  return { ...report, before, notes: [...report.notes, longer] };
}

const longer =
  'What is said of the model as it is comes from its inspection, which had more time than the one of the changed model.';

export function whatIfText({ model, norm, region, layers, before, after, outputs, notes }: WhatIfReport): string {
  const rows = layers.map(
    ({ name, weights, factor, l2 }) =>
      `  ${name}: ${weights} times ${near(factor)}, its l2 norm from ${near(l2.before)} to ${l2.after === null ? 'unknown' : near(l2.after)}`,
  );
  return [
    `${model}, ${normWord[norm]}, ${regionWords(region)}`,
    ...(rows.length === 0 ? ['  No layer has to change.'] : rows),
    `  before: ${intervalText(ofNetwork(before))}`,
    `  after:  ${intervalText(ofNetwork(after))}`,
    ...(outputs === undefined ? [] : [`  ${outputsText(outputs)}`]),
    ...notes.map((note) => `  Note: ${note}`),
  ].join('\n');
}

/** The network's interval as it is and as it would be. */
export const whatIfCells = ({ before, after, norm }: WhatIfReport): readonly (readonly TableCell[])[] =>
  [['as it is', before] as const, ['as it would be', after] as const].map(([name, interval]) => [
    ['model', name],
    [`${normWord[norm]} constant`, intervalText(ofNetwork(interval))],
  ]);

/** What became of each layer. */
export const changedCells = ({ layers }: WhatIfReport): readonly (readonly TableCell[])[] =>
  layers.map(({ name, factor, l2 }) => [
    ['layer', name],
    ['factor', near(factor)],
    ['l2 norm before', digits(l2.before, 'up')],
    ['after', l2.after === null ? 'unknown' : digits(l2.after, 'up')],
  ]);

export const whatIfSentences = ({ layers, outputs, notes }: WhatIfReport): readonly string[] => [
  layers.length === 0
    ? 'No layer has to change.'
    : `${layers.length === 1 ? 'One layer changes' : `${layers.length} layers change`}.`,
  ...(outputs === undefined ? [] : [`The ${outputsText(outputs)}.`]),
  ...notes,
];

const near = (value: number): string => digits(value, 'nearest');

const outputsText = ({ samples, mean, largest, size, decisions }: OutputChange): string =>
  `outputs at ${samples} points move by ${near(mean)} on average and ${near(largest)} at most; they are ${near(size)} long on average${
    decisions === undefined ? '' : `; the largest output is another one at ${decisions} of them`
  }`;
