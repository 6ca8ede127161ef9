import { UserError } from '../../sentence.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { onlyInput, type LayerDefinition } from './layer.ts';

/** Layers that act in training only. */
export const identityLayers: readonly LayerDefinition[] = [
  {
    classes: [
      ...['Dropout', 'SpatialDropout1D', 'SpatialDropout2D', 'SpatialDropout3D', 'AlphaDropout', 'GaussianDropout'],
      ...['GaussianNoise', 'ActivityRegularization', 'Identity', 'RandomFlip', 'RandomRotation', 'RandomZoom'],
      ...['RandomContrast', 'RandomBrightness', 'RandomTranslation', 'RandomShear', 'RandomHue', 'RandomSaturation'],
      ...['RandomColorJitter', 'RandomColorDegeneration', 'RandomGrayscale', 'RandomPosterization', 'RandomSharpness'],
      ...['RandomErasing', 'RandomGaussianBlur', 'RandomInvert', 'RandomPerspective', 'RandomElasticTransform'],
      ...['MixUp', 'CutMix', 'AugMix', 'RandAugment', 'Solarization'],
    ],
    write: onlyInput,
  },
  {
    classes: ['InputLayer'],
    write: ({ settings }) => {
      throw new UserError(`${settings.where} is an input within the network: the file is damaged.`);
    },
  },
  {
    classes: ['Masking'],
    // A step of zeros becomes zeros. What is made of the marks is in mask-flow.ts.
    write: (call) => {
      if (call.settings.number('mask_value', 0) !== 0)
        throw new Unsupported('it makes zeros of steps that equal another value than 0, a comparison that jumps');
      return onlyInput(call);
    },
  },
  {
    classes: ['Lambda'],
    write: () => {
      throw new Unsupported('it holds Python code, which is never run');
    },
  },
];
