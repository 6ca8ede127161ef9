import type { CoupledLayer, Coupling } from './coupling.ts';
import { digits, percent } from './digits.ts';
import type { TableCell } from './layer-table.ts';
import type { NoiseGrowth } from './noise-growth.ts';
import { normWord } from './words.ts';

const atMost = (value: number | null): string => (value === null ? '–' : digits(value, 'up'));

/** Every layer's part, for the table beside the pictures. */
export function couplingCells(view: Coupling, growth: NoiseGrowth | undefined): readonly (readonly TableCell[])[] {
  const sampled = new Map(growth?.layers.map((layer) => [layer.id, layer]));
  const noise = digits(view.noise, 'nearest');
  return view.layers.map((layer): readonly TableCell[] => {
    const sample = sampled.get(layer.id);
    return [
      ['layer', layer.name],
      ['operator', layer.op],
      [`${normWord[view.norm]} norm`, atMost(layer.norm)],
      ['share', layer.share === null ? '' : percent(layer.share)],
      [`noise of ${noise} at most`, atMost(layer.noise)],
      ...(growth === undefined
        ? []
        : ([
            ['sampled mean', sample === undefined ? '' : digits(sample.mean, 'nearest')],
            ['sampled largest', sample === undefined ? '' : digits(sample.largest, 'nearest')],
          ] as const)),
    ];
  });
}

type RestrictedLayer = CoupledLayer & { readonly norm: number };

/** Those that a target restricts. */
export const restrictedLayers = (view: Coupling): readonly RestrictedLayer[] => view.layers.filter(isWeighted);

/** The norms that three ways of reaching the target leave every layer with weights, side by side. */
export function restrictionCells(view: Coupling): readonly (readonly TableCell[])[] {
  const { target } = view;
  if (target?.jointly === undefined || target.perLayer === undefined) return [];
  const { single, jointly, perLayer } = target;
  return restrictedLayers(view).map(({ id, name, norm }): readonly TableCell[] => [
    ['layer', name],
    ['norm now', digits(norm, 'up')],
    ['one layer alone', id === single?.id ? `${digits(single.norm, 'up')} (× ${digits(single.factor, 'down')})` : '='],
    ['all jointly', digits(norm * jointly.factor, 'up')],
    ['each on its own', norm > perLayer.norm ? digits(perLayer.norm, 'down') : '='],
  ]);
}

const isWeighted = (layer: CoupledLayer): layer is RestrictedLayer => layer.parameters > 0 && layer.norm !== null;

/** What the whole comes to, in sentences that can be quoted. */
export function couplingSentences(view: Coupling): readonly string[] {
  const { product, upper, sumOfNorms, noise, outputNoise, scale, scaledUpper, norm } = view;
  const size = digits(noise, 'nearest');
  return [
    product === null
      ? 'The layers have no finite product.'
      : `The product of the layers is ${digits(product, 'up')}${upper !== null && upper < product ? `; the best upper end of any method is ${digits(upper, 'up')}` : ''}.`,
    `The ${normWord[norm]} norms of the layers with weights add up to ${digits(sumOfNorms, 'nearest')}: the value that spectral regularisation would penalise.`,
    ...(outputNoise === null
      ? []
      : [`A change of size ${size} at the input is at most ${digits(outputNoise, 'up')} at the output.`]),
    ...(scale === 1 || scaledUpper === null
      ? []
      : [
          `With the data multiplied by ${digits(scale, 'nearest')} before the network, the constant with respect to the data as they were is at most ${digits(scaledUpper, 'up')}.`,
        ]),
  ];
}

export function targetSentences({ target }: Coupling): readonly string[] {
  if (target === undefined) return [];
  const { value, factor, single, jointly, perLayer, reason } = target;
  const goal = digits(value, 'nearest');
  if (factor >= 1) return [`The target ${goal} is met.`];
  if (jointly === undefined || perLayer === undefined)
    return [`To bring it to ${goal}: ${reason ?? 'no way is known.'}`];
  const joint = `the weights of all ${jointly.layers} layers by ${digits(jointly.factor, 'down')} each`;
  return [
    `To bring it to ${goal}, multiply ${single === undefined ? '' : `the weights of layer ${single.name} alone by ${digits(single.factor, 'down')}, or `}${joint}; or hold every norm to ${digits(perLayer.norm, 'down')} on its own, which changes ${perLayer.changed} of them.`,
    'Restricting each layer on its own leaves the small ones as they are; jointly, all give way alike (Couellan, The coupling effect of Lipschitz regularization).',
  ];
}
