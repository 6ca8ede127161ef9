import { float, NotUnderstood, type Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

/** Functions of single numbers that ONNX has under another name, or only in pieces. */
const written =
  (write: (b: Builder, x: string) => readonly [op: string, inputs: readonly string[]]): Translation =>
  (b) => {
    const [op, inputs] = write(b, b.tensor('self'));
    b.finish(op, inputs);
  };

const plain = (op: string): Translation => written((_, x) => [op, [x]]);

const constant = (b: Builder, value: number): string => b.scalar(value, b.typeOf(b.tensor('self')));

const shrink =
  (bias: (b: Builder, limit: number) => number): Translation =>
  (b) => {
    const limit = b.number('lambd', 0.5);
    b.finish('Shrink', [b.tensor('self')], { lambd: float(limit), bias: float(bias(b, limit)) });
  };

/** softplus(beta x) / beta; where beta x is above the threshold PyTorch gives x, which is the same up to exp(-threshold) / beta. */
const softplus: Translation = (b) => {
  const beta = b.number('beta', 1);
  const self = b.tensor('self');
  if (b.number('threshold', 20) < 15) throw new NotUnderstood('its threshold is not 20');
  if (beta === 1) b.finish('Softplus', [self]);
  else b.finish('Div', [b.emit('Softplus', [b.emit('Mul', [self, b.scalar(beta)])]), b.scalar(beta)]);
};

/** scale (max(0, x) + min(0, alpha (exp(input_scale x) - 1))). */
const elu: Translation = (b) => {
  const self = b.tensor('self');
  const [alpha, scale, inputScale] = [b.number('alpha', 1), b.number('scale', 1), b.number('input_scale', 1)];
  if (inputScale !== 1) throw new NotUnderstood('it scales its input');
  if (scale === 1) b.finish('Elu', [self], { alpha: float(alpha) });
  else b.finish('Mul', [b.emit('Elu', [self], { alpha: float(alpha) }), b.scalar(scale)]);
};

/** x where it is above the threshold, another value elsewhere. */
const threshold: Translation = (b) => {
  const self = b.tensor('self');
  const above = b.emit('Greater', [self, constant(b, b.number('threshold'))]);
  b.finish('Where', [above, self, constant(b, b.number('value'))]);
};

/** The first half times the sigmoid of the second. */
const glu: Translation = (b) => {
  const self = b.tensor('self');
  const [value, gate] = b.emitMany('Split', [self], 2, { axis: b.number('dim', -1), num_outputs: 2 });
  b.finish('Mul', [value!, b.emit('Sigmoid', [gate!])]);
};

/** In evaluation the slope is the middle of its range. */
const randomLeaky: Translation = (b) => {
  if (b.flag('training')) throw new NotUnderstood('it was exported in training: call eval() before');
  const slope = (b.number('lower', 1 / 8) + b.number('upper', 1 / 3)) / 2;
  b.finish('LeakyRelu', [b.tensor('self')], { alpha: float(slope) });
};

/** self + value a b, or self + value a / b. */
const added =
  (op: 'Mul' | 'Div'): Translation =>
  (b) => {
    const value = b.number('value', 1);
    const joined = b.emit(op, [b.tensor('tensor1'), b.tensor('tensor2')]);
    b.finish('Add', [b.tensor('self'), value === 1 ? joined : b.emit('Mul', [joined, b.scalar(value)])]);
  };

const between: Translation = (b) => {
  const self = b.tensor('self');
  const way = b.emit('Sub', [b.tensor('end'), self]);
  b.finish('Add', [self, b.emit('Mul', [b.operand('weight', self), way])]);
};

/** The remainder with the sign of the divisor, as Python has it, and with that of the dividend, as C has it. */
const remainder =
  (fmod: 0 | 1): Translation =>
  (b) => {
    const self = b.tensor('self');
    const floating = b.typeOf(self).startsWith('float') || b.typeOf(self) === 'bfloat16';
    const other = b.operand('other', self);
    if (floating && fmod === 0) {
      const times = b.emit('Floor', [b.emit('Div', [self, other])]);
      b.finish('Sub', [self, b.emit('Mul', [times, other])]);
    } else b.finish('Mod', [self, other], { fmod });
  };

export const functions: Translations = {
  'aten.tan': plain('Tan'),
  'aten.asin': plain('Asin'),
  'aten.acos': plain('Acos'),
  'aten.sinh': plain('Sinh'),
  'aten.cosh': plain('Cosh'),
  'aten.asinh': plain('Asinh'),
  'aten.acosh': plain('Acosh'),
  'aten.atanh': plain('Atanh'),
  'aten.sgn': plain('Sign'),
  'aten.isnan': plain('IsNaN'),
  'aten.expm1': written((b, x) => ['Sub', [b.emit('Exp', [x]), constant(b, 1)]]),
  'aten.log1p': written((b, x) => ['Log', [b.emit('Add', [x, constant(b, 1)])]]),
  'aten.log2': written((b, x) => ['Mul', [b.emit('Log', [x]), constant(b, Math.LOG2E)]]),
  'aten.log10': written((b, x) => ['Mul', [b.emit('Log', [x]), constant(b, Math.LOG10E)]]),
  'aten.exp2': written((b, x) => ['Exp', [b.emit('Mul', [x, constant(b, Math.LN2)])]]),
  'aten.erfc': written((b, x) => ['Sub', [constant(b, 1), b.emit('Erf', [x])]]),
  'aten.trunc': written((b, x) => ['Mul', [b.emit('Sign', [x]), b.emit('Floor', [b.emit('Abs', [x])])]]),
  'aten.frac': written((b, x) => [
    'Sub',
    [x, b.emit('Mul', [b.emit('Sign', [x]), b.emit('Floor', [b.emit('Abs', [x])])])],
  ]),
  'aten.hardshrink': shrink(() => 0),
  'aten.softshrink': shrink((_, limit) => limit),
  'aten.softplus': softplus,
  'aten.elu': elu,
  'aten.threshold': threshold,
  'aten.glu': glu,
  'aten.rrelu': randomLeaky,
  'aten.addcmul': added('Mul'),
  'aten.addcdiv': added('Div'),
  'aten.lerp': between,
  'aten.remainder': remainder(0),
  'aten.fmod': remainder(1),
};
