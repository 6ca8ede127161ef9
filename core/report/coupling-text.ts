import type { Coupling } from './coupling.ts';
import { digits, percent } from './digits.ts';
import { growthWords, type NoiseGrowth } from './noise-growth.ts';
import { normWord } from './words.ts';

/** The coupling view for a terminal; `growth` where changes were tried as well. */
export function couplingText(view: Coupling, growth: NoiseGrowth | undefined): string {
  const { norm, product, upper, layers, sumOfNorms, noise, outputNoise, scale, scaledUpper } = view;
  const value = (number: number | null): string => (number === null ? '–' : digits(number, 'up'));
  const sampled = new Map(growth?.layers.map((layer) => [layer.id, digits(layer.largest, 'nearest')]));
  const rows = layers.map((layer) => [
    layer.name,
    layer.op,
    value(layer.norm),
    layer.share === null || layer.share === 0 ? '' : percent(layer.share),
    value(layer.noise),
    sampled.get(layer.id) ?? '',
  ]);
  const all = [
    [
      'layer',
      'operator',
      `${normWord[norm]} norm`,
      'share',
      `noise of ${noise} is at most`,
      growth === undefined ? '' : 'largest sampled',
    ],
    ...rows,
  ];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return [
    `Product of the layers: ${value(product)}; best upper end: ${value(upper)}; sum of the layers' norms: ${digits(sumOfNorms, 'nearest')}.`,
    '',
    ...all.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    ),
    '',
    ...(growth === undefined ? [] : [growthWords(growth)]),
    `At the output a change of the input by ${noise} is at most ${value(outputNoise)}.`,
    ...(scale === 1 ? [] : [`With data multiplied by ${scale} the constant is at most ${value(scaledUpper)}.`]),
    ...targetLines(view),
  ].join('\n');
}

function targetLines({ target }: Coupling): string[] {
  if (target === undefined) return [];
  const { value, factor, single, jointly, perLayer, reason } = target;
  if (factor >= 1) return [`The target ${value} is met.`];
  if (jointly === undefined || perLayer === undefined) return [`To bring it to ${value}: ${reason ?? ''}`.trim()];
  return [
    `To bring it to ${value}:`,
    ...(single === undefined
      ? []
      : [
          `  one layer alone: multiply the weights of ${single.name} by ${digits(single.factor, 'down')} (its norm becomes ${digits(single.norm, 'up')})`,
        ]),
    `  all ${jointly.layers} layers jointly: multiply the weights of each by ${digits(jointly.factor, 'down')}`,
    `  each layer on its own: hold every norm to ${digits(perLayer.norm, 'down')} (changes ${perLayer.changed} of them)`,
  ];
}
