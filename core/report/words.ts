import type { Norm, Rigor } from '../bound.ts';
import { agree, digits } from './digits.ts';
import type { Inspection, LayerNorm, LipschitzInterval, UpperEnd } from './inspection.ts';

/** The evidence as one character. Never alone: a word stands in the tooltip, for screen readers and on paper. */
export const mark: Readonly<Record<Rigor, string>> = {
  certified: '●',
  numerical: '◐',
  probabilistic: '◐',
  estimate: '○',
};
export const unboundedMark = '∞';

/** What a mark stands for, as half a sentence. */
export function rigorMeaning(rigor: Rigor, failure?: number): string {
  switch (rigor) {
    case 'certified':
      return 'certified: holds in exact arithmetic, our own rounding errors included';
    case 'numerical':
      return 'numerical: true up to ordinary rounding or convergence';
    case 'probabilistic':
      return failure === undefined
        ? 'probabilistic: wrong only if our own random start was unlucky'
        : `probabilistic: wrong with probability at most ${digits(failure, 'up')} over our own random start`;
    case 'estimate':
      return 'estimate: no guarantee';
  }
}

/** From weak to strong. */
const strength: readonly Rigor[] = ['estimate', 'probabilistic', 'numerical', 'certified'];

/** What can be said of two ends together. */
export const weaker = (one: Rigor, other: Rigor): Rigor =>
  strength.indexOf(one) <= strength.indexOf(other) ? one : other;

export const normWord: Readonly<Record<Norm, string>> = { l1: 'l1', l2: 'l2', linf: 'l∞' };

/** The numbers are about the network without the rounding of its quantised tensors: said wherever a number stands. */
export const isUnquantised = ({ question }: Inspection): boolean => question?.quantisation === 'left out';

/** What stands beside the network's interval then. */
export const unquantisedMark = (inspection: Inspection): string =>
  isUnquantised(inspection) ? ', as if unquantised' : '';

/** An interval of either kind, a layer's or the network's, brought to one form: what the glyph draws and the text says. */
export interface ShownInterval {
  readonly lower: number;
  readonly lowerRigor: Rigor;
  readonly upper: ShownUpper;
}

export type ShownUpper =
  | { readonly kind: 'value'; readonly value: number; readonly rigor: Rigor; readonly failure?: number }
  | { readonly kind: 'unbounded'; readonly node?: string; readonly reason: string; readonly remedy?: string }
  | { readonly kind: 'unsupported'; readonly node: string; readonly op: string; readonly reason: string }
  | { readonly kind: 'pending' };

export const ofNetwork = ({ lower, upper }: LipschitzInterval): ShownInterval => ({
  lower: lower.value,
  lowerRigor: lower.rigor,
  upper: shownUpper(upper),
});

function shownUpper(upper: UpperEnd): ShownUpper {
  if (upper.value !== null) {
    const { value, rigor, failure } = upper;
    return { kind: 'value', value, rigor, ...(failure === undefined ? {} : { failure }) };
  }
  if ('unbounded' in upper) return { kind: 'unbounded', ...upper.unbounded };
  if ('unsupported' in upper) return { kind: 'unsupported', ...upper.unsupported };
  return { kind: 'pending' };
}

export const ofLayer = (norm: LayerNorm): ShownInterval => ({
  lower: norm.lower,
  lowerRigor: norm.rigor,
  upper:
    norm.upper === null
      ? { kind: 'unbounded', reason: norm.reason ?? 'no finite constant exists' }
      : {
          kind: 'value',
          value: norm.upper,
          rigor: norm.rigor,
          ...(norm.failure === undefined ? {} : { failure: norm.failure }),
        },
});

/** `= 2.32 ●`, `2.32 … 2.73 ●`, `≥ 5.7, unbounded at /attn/MatMul`: the interval wherever there is only text. */
export function intervalText(interval: ShownInterval): string {
  const { lower, lowerRigor, upper } = interval;
  switch (upper.kind) {
    case 'value': {
      const both = mark[weaker(lowerRigor, upper.rigor)];
      if (agree(lower, upper.value)) return `= ${digits(upper.value, 'nearest')} ${both}`;
      if (lower === 0) return `≤ ${digits(upper.value, 'up')} ${mark[upper.rigor]}`;
      const [low, high] = pair(lower, upper.value);
      return lowerRigor === upper.rigor
        ? `${low} … ${high} ${both}`
        : `${low} ${mark[lowerRigor]} … ${high} ${mark[upper.rigor]}`;
    }
    case 'unbounded':
      return `${atLeast(lower)}unbounded${upper.node === undefined ? '' : ` at ${upper.node}`}`;
    case 'unsupported':
      return `${atLeast(lower)}no upper end: ${upper.op} at ${upper.node} is not understood`;
    case 'pending':
      return `${atLeast(lower)}upper end pending`;
  }
}

const atLeast = (lower: number): string => (lower > 0 ? `≥ ${digits(lower, 'down')}, ` : '');

/** The numbers alone, for a cell that has the mark in a column of its own. */
export function intervalNumbers({ lower, upper }: ShownInterval): string {
  if (upper.kind !== 'value') return lower > 0 ? `≥ ${digits(lower, 'down')}` : upper.kind === 'pending' ? '…' : '∞';
  if (agree(lower, upper.value)) return digits(upper.value, 'nearest');
  if (lower === 0) return `≤ ${digits(upper.value, 'up')}`;
  return pair(lower, upper.value).join(' … ');
}

const pair = (lower: number, upper: number): readonly [string, string] => [
  digits(lower, 'down', 'kept'),
  digits(upper, 'up', 'kept'),
];

export const intervalMark = ({ lowerRigor, upper }: ShownInterval): string =>
  upper.kind === 'value' ? mark[weaker(lowerRigor, upper.rigor)] : upper.kind === 'pending' ? '' : unboundedMark;

/** One word for the evidence column. */
export function evidenceWord({ lowerRigor, upper }: ShownInterval): string {
  return upper.kind === 'value' ? weaker(lowerRigor, upper.rigor) : upper.kind;
}

/** The same without signs, for screen readers and tooltips. */
export function intervalWords(interval: ShownInterval): string {
  const { lower, lowerRigor, upper } = interval;
  const low = digits(lower, 'down');
  switch (upper.kind) {
    case 'value': {
      const meaning =
        lowerRigor === upper.rigor
          ? rigorMeaning(upper.rigor, upper.failure)
          : `lower end ${lowerRigor}, upper end ${rigorMeaning(upper.rigor, upper.failure)}`;
      return agree(lower, upper.value)
        ? `equal to ${digits(upper.value, 'nearest')} at three digits; ${meaning}`
        : `between ${low} and ${digits(upper.value, 'up')}; ${meaning}`;
    }
    case 'unbounded':
      return `at least ${low}, and no finite upper end${upper.node === undefined ? '' : ` because of ${upper.node}`}: ${upper.reason}`;
    case 'unsupported':
      return `at least ${low}; no upper end because ${upper.op} at ${upper.node} is not understood: ${upper.reason}`;
    case 'pending':
      return `at least ${low}; the upper end is still being computed`;
  }
}
