import { numbersOf, tensorOfNumbers, type Tensor } from '../../network/tensor.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import type { LayerCall, LayerWeights } from './layer.ts';
import { isObject } from './settings.ts';

/** Refuses weights that are not those that the layer multiplies with. */
export function requirePlainWeights({ settings, weights }: LayerCall): void {
  const policy = settings.object('dtype')?.['config'];
  const mode = isObject(policy) ? policy['mode'] : undefined;
  if (typeof mode === 'string') {
    const [kind = mode] = mode.split('/');
    throw new Unsupported(
      kind === 'int8' || kind === 'float8'
        ? `it is quantised to ${kind}, and jumps where Keras rounds its input: save the model before it is quantised`
        : `it is quantised to ${kind}, a form of weights that is not read: save the model before it is quantised`,
    );
  }
  if (settings.has('lora_rank') && weights.own(Number.POSITIVE_INFINITY, 'lora_kernel_a') !== undefined)
    throw new Unsupported('its weights of LoRA stand beside its kernel in this file; .keras files have them added up');
}

/** The weights as float32, in which networks of Keras are written: those of half width are exactly these numbers. */
export const widened = (weights: LayerWeights): LayerWeights => ({
  own(index, name) {
    const tensor = weights.own(index, name);
    return tensor === undefined ? undefined : inFloat32(tensor);
  },
  inside: (attribute, name) => widened(weights.inside(attribute, name)),
  members: (attribute, layers) => weights.members(attribute, layers).map(widened),
});

function inFloat32(tensor: Tensor): Tensor {
  if (tensor.type === 'float16' || tensor.type === 'bfloat16')
    return tensorOfNumbers(tensor.name, tensor.shape, numbersOf(tensor), 'float32');
  if (tensor.type !== 'float64') return tensor;
  const numbers = numbersOf(tensor);
  if (numbers.some((number) => Math.fround(number) !== number))
    throw new Unsupported('its weights are float64, and not the same in float32: save the model in float32');
  return tensorOfNumbers(tensor.name, tensor.shape, numbers, 'float32');
}
