import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import type { ElementType } from '../../../../network/tensor.ts';
import { NotUnderstood, type Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

/** What the whole numbers of a type reach. */
const ranges: Readonly<Partial<Record<ElementType, readonly [number, number]>>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** Scale and zero point: numbers, or a tensor each, in the types that ONNX wants. */
function steps(b: Builder, scale: string, zero: string, type: ElementType): readonly [string, string] {
  const numbers = (name: string, to: ElementType): string => {
    const tensor = b.optionalTensor(name);
    const given = tensor === '' ? b.scalar(b.number(name, 0), to === 'float32' ? to : 'int64') : tensor;
    return tensor === '' && to === 'float32' ? given : b.emit('Cast', [given], { to: elementTypeCodes[to] });
  };
  return [numbers(scale, 'float32'), numbers(zero, type)];
}

const axisOf = (b: Builder, perChannel: boolean): Readonly<Record<string, number>> =>
  perChannel ? { axis: b.number('axis') } : {};

/** Whole numbers of the type, or of the part of it that the call says. */
function limited(b: Builder, name: string, type: ElementType): string {
  const range = ranges[type];
  if (range === undefined) throw new NotUnderstood(`it rounds to ${type}`);
  const [low, high] = [b.number('quant_min'), b.number('quant_max')];
  if (low <= range[0] && high >= range[1]) return name;
  return b.emit('Clip', [name, b.scalar(low, type), b.scalar(high, type)]);
}

const quantise =
  (perChannel: boolean): Translation =>
  (b) => {
    const type = b.typeOf(b.call.outputs[0] ?? '');
    const [scale, zero] = steps(b, perChannel ? 'scales' : 'scale', perChannel ? 'zero_points' : 'zero_point', type);
    const whole = b.emit('QuantizeLinear', [b.tensor('input'), scale, zero], axisOf(b, perChannel));
    b.finish('Identity', [limited(b, whole, type)]);
  };

const dequantise =
  (perChannel: boolean): Translation =>
  (b) => {
    const self = b.tensor('input');
    const type = b.typeOf(self);
    if (ranges[type] === undefined) throw new NotUnderstood(`it reads numbers of ${type} as quantised ones`);
    const [scale, zero] = steps(b, perChannel ? 'scales' : 'scale', perChannel ? 'zero_points' : 'zero_point', type);
    b.finish('DequantizeLinear', [self, scale, zero], axisOf(b, perChannel));
  };

/** What training for quantisation computes: rounded as the quantised network will, in floating numbers. */
const rounded =
  (perChannel: boolean): Translation =>
  (b) => {
    const type = b.number('quant_min') < 0 ? 'int8' : 'uint8';
    const [low, high] = ranges[type]!;
    if (b.number('quant_min') < low || b.number('quant_max') > high)
      throw new NotUnderstood('it rounds to more steps than 256');
    const [scale, zero] = steps(b, 'scale', 'zero_point', type);
    const axis = axisOf(b, perChannel);
    const whole = b.emit('QuantizeLinear', [b.tensor('self'), scale, zero], axis);
    b.finish('DequantizeLinear', [limited(b, whole, type), scale, zero], axis);
  };

/** Steps of whole numbers: those of weights are computed once, those of activations jump. */
export const quantised: Translations = {
  'quantized_decomposed.quantize_per_tensor': quantise(false),
  'quantized_decomposed.quantize_per_channel': quantise(true),
  'quantized_decomposed.dequantize_per_tensor': dequantise(false),
  'quantized_decomposed.dequantize_per_channel': dequantise(true),
  'aten.fake_quantize_per_tensor_affine': rounded(false),
  'aten.fake_quantize_per_tensor_affine_cachemask': rounded(false),
  'aten.fake_quantize_per_channel_affine': rounded(true),
  'aten.fake_quantize_per_channel_affine_cachemask': rounded(true),
};
