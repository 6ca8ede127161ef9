import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import { float, NotUnderstood, type Builder } from '../builder.ts';
import { broadcastShape } from './scattering.ts';
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

const other = (b: Builder): string => b.operand('other', b.tensor('self'));
const asBits = (b: Builder, name: string): string => b.emit('Cast', [name], { to: elementTypeCodes.bool });

/** Pairs side by side on a new last axis. */
const paired = (b: Builder, x: string, y: string): string => {
  const shape = b.integers(broadcastShape([b.shape(x), b.shape(y)]));
  const spread = (name: string): string => b.emit('Unsqueeze', [b.emit('Expand', [name, shape]), b.integers([-1])]);
  return b.emit('Concat', [spread(x), spread(y)], { axis: -1 });
};

/** The length of (x, y), and the logarithm of e^x + e^y: both move no further than the pair does. */
const ofPair =
  (op: 'ReduceL2' | 'ReduceLogSumExp'): Translation =>
  (b) =>
    b.finish(op, [paired(b, b.tensor('self'), b.tensor('other')), b.integers([-1])], { keepdims: 0 });

/** The angle of (x, y): the arc tangent of y / x, half a turn further where x is negative. */
const angle: Translation = (b) => {
  const y = b.tensor('self');
  const x = b.tensor('other');
  const zero = constant(b, 0);
  const flat = b.emit('Atan', [b.emit('Div', [y, x])]);
  const half = b.emit('Where', [b.emit('Less', [y, zero]), constant(b, -Math.PI), constant(b, Math.PI)]);
  const turned = b.emit('Where', [b.emit('Less', [x, zero]), b.emit('Add', [flat, half]), flat]);
  const atOrigin = b.emit('And', [b.emit('Equal', [x, zero]), b.emit('Equal', [y, zero])]);
  b.finish('Where', [atOrigin, zero, turned]);
};

/** What is no number becomes one, and what is infinite the ends of what a number can be. */
const withoutNaN: Translation = (b) => {
  const self = b.tensor('self');
  const most = 3.4028234663852886e38;
  const limited = b.emit('Clip', [self, constant(b, b.number('neginf', -most)), constant(b, b.number('posinf', most))]);
  b.finish('Where', [b.emit('IsNaN', [self]), constant(b, b.number('nan', 0)), limited]);
};

/** 0 below zero, 1 above, a given value at zero. */
const heaviside: Translation = (b) => {
  const self = b.tensor('self');
  const zero = constant(b, 0);
  const above = b.emit('Where', [b.emit('Greater', [self, zero]), constant(b, 1), zero]);
  b.finish('Where', [b.emit('Equal', [self, zero]), b.tensor('values'), above]);
};

/** The size of one with the sign of the other. */
const copySign: Translation = (b) => {
  const size = b.emit('Abs', [b.tensor('self')]);
  b.finish('Where', [b.emit('Less', [other(b), constant(b, 0)]), b.emit('Neg', [size]), size]);
};

/** sin(pi x) / (pi x), which is 1 at 0. */
const sinc: Translation = (b) => {
  const self = b.tensor('self');
  const turned = b.emit('Mul', [self, constant(b, Math.PI)]);
  const quotient = b.emit('Div', [b.emit('Sin', [turned]), turned]);
  b.finish('Where', [b.emit('Equal', [self, constant(b, 0)]), constant(b, 1), quotient]);
};

/** log(x / (1 - x)), of what is kept eps away from both ends. */
const logit: Translation = (b) => {
  const self = b.tensor('self');
  const eps = b.argument('eps');
  const inside = typeof eps === 'number' ? b.emit('Clip', [self, constant(b, eps), constant(b, 1 - eps)]) : self;
  b.finish('Log', [b.emit('Div', [inside, b.emit('Sub', [constant(b, 1), inside])])]);
};

/** x log(y), which is 0 where x is. */
const timesLog: Translation = (b) => {
  const y = b.optionalTensor('other') || b.operand('other', b.tensor('self'));
  const x = b.optionalTensor('self') || b.operand('self', y);
  const zero = b.scalar(0, b.typeOf(b.call.outputs[0] ?? ''));
  b.finish('Where', [b.emit('Equal', [x, zero]), zero, b.emit('Mul', [x, b.emit('Log', [y])])]);
};

const finite: Translation = (b) => {
  const self = b.tensor('self');
  b.finish('Not', [b.emit('Or', [b.emit('IsNaN', [self]), b.emit('IsInf', [self])])]);
};

export const functions: Translations = {
  'aten.hypot': ofPair('ReduceL2'),
  'aten.logaddexp': ofPair('ReduceLogSumExp'),
  'aten.atan2': angle,
  'aten.nan_to_num': withoutNaN,
  'aten.heaviside': heaviside,
  'aten.copysign': copySign,
  'aten.sinc': sinc,
  'aten.logit': logit,
  'aten.xlogy': timesLog,
  'aten.isinf': plain('IsInf'),
  'aten.isfinite': finite,
  'aten.signbit': written((b, x) => ['Less', [x, constant(b, 0)]]),
  'aten.deg2rad': written((b, x) => ['Mul', [x, constant(b, Math.PI / 180)]]),
  'aten.rad2deg': written((b, x) => ['Mul', [x, constant(b, 180 / Math.PI)]]),
  'aten.count_nonzero': (b) => {
    const numbers = b.emit('Cast', [asBits(b, b.tensor('self'))], { to: elementTypeCodes.int64 });
    const axes = b.numbers('dim', []);
    b.finish('ReduceSum', axes.length === 0 ? [numbers] : [numbers, b.integers(axes)], { keepdims: 0 });
  },
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
  'aten.rrelu_with_noise': randomLeaky,
  'aten.rrelu_with_noise_functional': randomLeaky,
  'aten.addcmul': added('Mul'),
  'aten.addcdiv': added('Div'),
  'aten.lerp': between,
  'aten.remainder': remainder(0),
  'aten.fmod': remainder(1),
};
