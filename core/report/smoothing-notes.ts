import { budgetRules } from '../estimators/smoothing/rules/index.ts';
import type { MethodNote } from './methods.ts';
import type { SmoothingReport } from './smoothing.ts';

const paper = 'V. Roulet, Z. Harchaoui: On the smoothing of deep networks, CISS 2021.';

const variants = {
  'one-sided': 'SmoothReLU as published: 0 left of the kink, x²/(4ν) up to 2ν, x − ν beyond; never above the ReLU, at most ν below it, and its slope changes by at most 1/(2ν) per unit.', // prettier-ignore
  centred: 'SmoothReLU shifted so that half of its error lies on either side.',
  balanced: 'SmoothReLU with the ramp of its slope around the kink instead of to its right, shifted to the middle of its error.', // prettier-ignore
} as const;

/** How the numbers of a smoothing come about, for the end of its report. */
export function smoothingNotes({ rule, variant, checked, byParameters }: SmoothingReport): readonly MethodNote[] {
  return [
    { method: variant, inWords: variants[variant], citation: paper },
    {
      method: `rule ${rule}`,
      inWords: `${budgetRules[rule].words}. Each layer may move by mu; the output then moves by at most the sum of mu times the constant of what follows the layer.`,
      citation: paper,
    },
    {
      method: 'smoothness',
      inWords:
        'The second derivative of the network is the sum over its layers of what follows, the layer’s own second derivative, and what comes before, twice: each is bounded by its norm, and single units by the lengths of the columns behind them.',
    },
    ...(byParameters === undefined
      ? []
      : [
          {
            method: 'Algorithm 1',
            inWords:
              'How large the network is as a function of its weights, how steep and how fast that bends, from the input on: of a layer that is bilinear in weights and input, then of its activations.',
            citation: paper,
          },
        ]),
    ...(checked === undefined
      ? []
      : [
          {
            method: 'looked at',
            inWords:
              'The deviation at random points and after ascent from the worst of them, and second derivatives where units bend: lower ends beside the certified upper ones.',
          },
        ]),
  ];
}
