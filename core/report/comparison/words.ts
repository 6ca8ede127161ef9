import { counted, digits, percent } from '../digits.ts';
import type { TableCell } from '../layer-table.ts';
import { regionWords } from '../region-words.ts';
import { intervalNumbers, intervalText, normWord, rigorMeaning, type ShownInterval } from '../words.ts';
import type { ComparedInterval, ComparedLayer, ComparedPair, Comparison, LayerOfBoth, Ratio } from './comparison.ts';

export const shown = ({ lower, lowerRigor, upper, upperRigor, reason }: ComparedInterval): ShownInterval => ({
  lower,
  lowerRigor,
  upper:
    upper === null || upperRigor === undefined
      ? { kind: 'unbounded', reason: reason ?? 'no finite constant exists' }
      : { kind: 'value', value: upper, rigor: upperRigor },
});

/** Changes below a thousandth are rounding of an exporter more often than training. */
const barely = 1e-3;

/** How far the ratio may be from 1. */
const deviation = ({ lower, upper }: Ratio): number => (upper === null ? Infinity : Math.max(upper - 1, 1 - lower));

const isBarely = (pair: ComparedPair): boolean => deviation(pair.ratio) <= barely;

/** "× 1.2 … 1.3", never narrower than it is. */
export function ratioText(ratio: Ratio): string {
  const { lower, upper } = ratio;
  if (lower !== upper && deviation(ratio) <= barely) return `× 1 ± ${digits(100 * deviation(ratio), 'up')} %`;
  if (lower === upper) return `× ${digits(lower, 'nearest')}`;
  if (upper === null) return lower > 0 ? `× ≥ ${digits(lower, 'down')}` : 'not known';
  return lower > 0
    ? `× ${digits(lower, 'down', 'kept')} … ${digits(upper, 'up', 'kept')}`
    : `× ≤ ${digits(upper, 'up')}`;
}

/** "rougher, proved": proved only where the two intervals do not meet and both ends hold for certain. */
export function changeWord({ change, rigor }: ComparedPair): string {
  if (change === 'undecided') return 'not decided';
  return rigor === 'certified' ? `${change}, proved` : `${change}, ${rigor ?? 'estimate'}`;
}

/** The same in a sign, which never stands alone. */
export const changeSign = { rougher: '▲', smoother: '▼', same: '=', undecided: '?' } as const;

/** The whole comparison in some sentences that can be quoted. */
export function comparisonSentences(comparison: Comparison): readonly string[] {
  return [networkSentence(comparison), ...layerSentences(comparison)];
}

function networkSentence({ before, after, network, norm, region }: Comparison): string {
  if (network === null)
    return 'There is no constant of the whole network to compare: a file of weights without a network has none.';
  const where = `in ${normWord[norm]}${region === 'all' ? '' : `, ${regionWords(region)}`}`;
  const intervals = `${intervalText(shown(network.before))} before, ${intervalText(shown(network.after))} after`;
  switch (network.change) {
    case 'rougher':
    case 'smoother':
      return `${after.file} is ${network.change} than ${before.file} ${where}, ${proof(network)}: ${factor(network)}(${intervals}; the intervals do not meet).`;
    case 'same':
      return `${after.file} is as rough as ${before.file} ${where}, ${proof(network)} (${intervals}).`;
    case 'undecided':
      return `Which of the two is rougher ${where} is not decided, since the intervals meet (${intervals})${between(network.ratio)}.`;
  }
}

const proof = ({ rigor }: ComparedPair): string =>
  rigor === 'certified' ? 'proved' : `as far as is known (${rigorMeaning(rigor ?? 'estimate')})`;

function factor({ change, ratio }: ComparedPair): string {
  const { lower, upper } = ratio;
  const least =
    change === 'rougher' ? `at least ${digits(lower, 'down')}` : upper === null ? '' : `at most ${digits(upper, 'up')}`;
  const other =
    change === 'rougher'
      ? upper === null
        ? ''
        : ` and at most ${digits(upper, 'up')}`
      : lower > 0
        ? ` and at least ${digits(lower, 'down')}`
        : '';
  return least === '' ? '' : `${least}${other} times the constant `;
}

const between = ({ lower, upper }: Ratio): string =>
  upper === null
    ? ''
    : `: its constant is ${lower > 0 ? `between ${digits(lower, 'down')} and ` : 'at most '}${digits(upper, 'up')} times what it was`;

function weightsSentence({ changed, known, unknown }: { changed: number; known: number; unknown: number }): string {
  if (known + unknown === 0) return 'The two have no layers with weights in common.';
  if (known === 0) return 'There was no time to tell which weights have changed.';
  const untold = unknown === 0 ? '' : `; of ${unknown} more there was no time to tell`;
  return `${changed} of ${counted(known, 'layer')} with weights that both have changed${untold}.`;
}

function layerSentences({ layers }: Comparison): readonly string[] {
  const both = layers.filter((layer) => layer.in === 'both');
  const changed = both.filter(({ weights }) => weights === 'changed').length;
  const weighted = both.filter(({ weights }) => weights !== 'none');
  const unknown = weighted.filter(({ weights }) => weights === 'unknown').length;
  const alone = (side: 'before' | 'after'): number => layers.filter((layer) => layer.in === side).length;
  const hardly = both.filter(({ constant }) => constant !== null && constant.change !== 'same' && isBarely(constant));
  const one = (change: 'rougher' | 'smoother'): string | undefined => {
    const proved = both.filter(({ constant }) => constant?.change === change && !isBarely(constant));
    const most = extreme(proved, change);
    return most === undefined
      ? undefined
      : `${counted(proved.length, 'layer')} got ${change}, most of all ${most.after.name} (${ratioText(most.constant!.ratio)}, ${proof(most.constant!)}).`;
  };
  return [
    weightsSentence({ changed, known: weighted.length - unknown, unknown }),
    ...[one('rougher'), one('smoother')].filter((sentence) => sentence !== undefined),
    ...(hardly.length === 0
      ? []
      : [`The norms of ${counted(hardly.length, 'layer')} differ by less than ${percent(barely)}.`]),
    ...(['before', 'after'] as const).flatMap(
      (side) =>
      alone(side) === 0 ? [] : [`${counted(alone(side), 'layer')} ${alone(side) === 1 ? 'is' : 'are'} only in the model ${side}.`], // prettier-ignore
    ),
  ];
}

/** The layer that changed farthest for certain: by the end of the ratio that is nearer to 1. */
function extreme(layers: readonly LayerOfBoth[], change: 'rougher' | 'smoother'): LayerOfBoth | undefined {
  const sure = ({ constant }: LayerOfBoth): number =>
    change === 'rougher' ? constant!.ratio.lower : 1 / (constant!.ratio.upper ?? 1);
  return layers.toSorted((a, b) => sure(b) - sure(a))[0];
}

/** A row of the table, for Markdown, the clipboard, HTML and the terminal. */
export function comparedCells(layer: ComparedLayer, { norm }: Comparison): readonly TableCell[] {
  const name = layer.in === 'both' ? layer.after : layer.layer;
  const pair = layer.in === 'both' ? layer.constant : null;
  const alone = layer.in === 'both' || layer.constant === null ? '' : intervalNumbers(shown(layer.constant));
  const of = (side: 'before' | 'after'): string =>
    pair !== null ? intervalNumbers(shown(pair[side])) : layer.in === side ? alone : '';
  return [
    ['layer', layerName(layer)],
    ['kind', name.kind],
    ['weights', layer.in === 'both' ? weightsWord[layer.weights] : `only ${layer.in}`],
    [`${normWord[norm]} norm before`, of('before')],
    ['after', of('after')],
    ['ratio', pair === null ? '' : ratioText(pair.ratio)],
    ['change', pair === null ? '' : changeWord(pair)],
  ];
}

const weightsWord = { same: 'same', changed: 'changed', none: '', unknown: 'not known' } as const;

/** One name where both agree; else both. */
export function layerName(layer: ComparedLayer): string {
  if (layer.in !== 'both') return layer.layer.name;
  const { before, after } = layer;
  return before.name === after.name ? after.name : `${before.name} → ${after.name}`;
}

/** What was compared, for the end of a report. */
export const comparedFacts = ({ before, after, norm, region, tool }: Comparison): readonly TableCell[] => [
  ...([['Before', before], ['After', after]] as const).flatMap(([side, model]): TableCell[] => [
    [side, `${model.file} (${model.format})`],
    ['SHA-256', model.sha256],
  ]), // prettier-ignore
  ['Norm', normWord[norm]],
  ['Region', region],
  ['Tool', `${tool.name} ${tool.version}`],
];
