import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import { float, NotUnderstood, type Builder } from '../builder.ts';
import { typeOfCode } from '../scalar-types.ts';
import type { Translation, Translations } from './translation.ts';

const unary =
  (op: string): Translation =>
  (b) =>
    b.finish(op, [b.tensor('self')]);

const binary =
  (op: string): Translation =>
  (b) => {
    const self = b.tensor('self');
    const alpha = b.number('alpha', 1);
    const other = b.operand('other', self);
    b.finish(op, [self, alpha === 1 ? other : b.emit('Mul', [other, b.scalar(alpha, b.typeOf(self))])]);
  };

/** What an activation is given as a number, by its name in ATen and in ONNX. */
const withNumber =
  (op: string, argument: string, attribute: string, otherwise: number): Translation =>
  (b) =>
    b.finish(op, [b.tensor('self')], { [attribute]: float(b.number(argument, otherwise)) });

function clip(b: Builder, low: number | undefined, high: number | undefined): void {
  const self = b.tensor('self');
  const end = (value: number | undefined): string => (value === undefined ? '' : b.scalar(value, b.typeOf(self)));
  b.finish('Clip', [self, end(low), end(high)]);
}

const optional = (b: Builder, name: string): number | undefined =>
  b.argument(name) === null || b.argument(name) === undefined ? undefined : b.number(name);

const silu: Translation = (b) => {
  const self = b.tensor('self');
  b.finish('Mul', [self, b.emit('Sigmoid', [self])]);
};

const division: Translation = (b) => {
  const self = b.tensor('self');
  const quotient = [self, b.operand('other', self)];
  const rounding = b.argument('rounding_mode');
  if (rounding === 'floor') b.finish('Floor', [b.emit('Div', quotient)]);
  else if (rounding === null || rounding === undefined) b.finish('Div', quotient);
  else throw new NotUnderstood('its quotient is cut off');
};

const identity: Translation = (b) =>
  b.finish('Identity', [b.tensor(b.argument('self') === undefined ? 'input' : 'self')]);

const cast: Translation = (b) => {
  const type = typeOfCode(b.number('dtype', 0));
  if (type === undefined) identity(b);
  else b.finish('Cast', [b.tensor('self')], { to: elementTypeCodes[type] });
};

export const elementwise: Translations = {
  'aten.relu': unary('Relu'),
  'aten.tanh': unary('Tanh'),
  'aten.sigmoid': unary('Sigmoid'),
  'aten.exp': unary('Exp'),
  'aten.log': unary('Log'),
  'aten.sqrt': unary('Sqrt'),
  'aten.sin': unary('Sin'),
  'aten.cos': unary('Cos'),
  'aten.atan': unary('Atan'),
  'aten.erf': unary('Erf'),
  'aten.abs': unary('Abs'),
  'aten.neg': unary('Neg'),
  'aten.floor': unary('Floor'),
  'aten.ceil': unary('Ceil'),
  'aten.round': unary('Round'),
  'aten.sign': unary('Sign'),
  'aten.reciprocal': unary('Reciprocal'),
  'aten.logical_not': unary('Not'),
  'aten.mish': unary('Mish'),
  'aten.hardswish': unary('HardSwish'),
  'aten.hardsigmoid': (b) => b.finish('HardSigmoid', [b.tensor('self')], { alpha: float(1 / 6), beta: float(0.5) }),
  'aten.rsqrt': (b) => b.finish('Reciprocal', [b.emit('Sqrt', [b.tensor('self')])]),
  'aten.square': (b) => b.finish('Mul', [b.tensor('self'), b.tensor('self')]),
  'aten.silu': silu,
  'aten.gelu': (b) =>
    b.finish('Gelu', [b.tensor('self')], { approximate: b.argument('approximate') === 'tanh' ? 'tanh' : 'none' }),
  'aten.leaky_relu': withNumber('LeakyRelu', 'negative_slope', 'alpha', 0.01),
  'aten.elu': (b) => {
    if (b.number('scale', 1) !== 1 || b.number('input_scale', 1) !== 1) throw new NotUnderstood('its scales are not 1');
    b.finish('Elu', [b.tensor('self')], { alpha: float(b.number('alpha', 1)) });
  },
  'aten.celu': withNumber('Celu', 'alpha', 'alpha', 1),
  'aten.selu': unary('Selu'),
  'aten.softplus': (b) => {
    if (b.number('beta', 1) !== 1) throw new NotUnderstood('its beta is not 1');
    b.finish('Softplus', [b.tensor('self')]);
  },
  'aten.log_sigmoid': (b) => b.finish('Neg', [b.emit('Softplus', [b.emit('Neg', [b.tensor('self')])])]),
  'aten.softsign': unary('Softsign'),
  'aten.prelu': (b) => {
    const self = b.tensor('self');
    const weight = b.tensor('weight');
    const axes = Math.max(0, b.rank(self) - 2);
    const channels = b.size(weight, 0);
    const slope = b.emit('Reshape', [weight, b.integers([channels, ...Array.from({ length: axes }, () => 1)])]);
    b.finish('PRelu', [self, slope]);
  },
  'aten.hardtanh': (b) => clip(b, b.number('min_val', -1), b.number('max_val', 1)),
  'aten.relu6': (b) => clip(b, 0, 6),
  'aten.clamp': (b) => clip(b, optional(b, 'min'), optional(b, 'max')),
  'aten.clamp_min': (b) => clip(b, b.number('min'), undefined),
  'aten.clamp_max': (b) => clip(b, undefined, b.number('max')),
  'aten.add': binary('Add'),
  'aten.sub': binary('Sub'),
  'aten.mul': binary('Mul'),
  'aten.div': division,
  'aten.rsub': (b) => {
    const self = b.tensor('self');
    if (b.number('alpha', 1) !== 1) throw new NotUnderstood('its alpha is not 1');
    b.finish('Sub', [b.operand('other', self), self]);
  },
  'aten.pow': (b) => {
    const self = b.tensor('self');
    b.finish('Pow', [self, b.operand('exponent', self)]);
  },
  'aten.maximum': (b) => b.finish('Max', [b.tensor('self'), b.tensor('other')]),
  'aten.minimum': (b) => b.finish('Min', [b.tensor('self'), b.tensor('other')]),
  'aten.eq': binary('Equal'),
  'aten.gt': binary('Greater'),
  'aten.ge': binary('GreaterOrEqual'),
  'aten.lt': binary('Less'),
  'aten.le': binary('LessOrEqual'),
  'aten.where': (b) => {
    const self = b.tensor('self');
    b.finish('Where', [b.tensor('condition'), self, b.operand('other', self)]);
  },
  'aten.masked_fill': (b) => {
    const self = b.tensor('self');
    b.finish('Where', [b.tensor('mask'), b.operand('value', self), self]);
  },
  'aten.clone': identity,
  'aten.contiguous': identity,
  'aten.dropout': identity,
  'aten.feature_dropout': identity,
  'aten.alpha_dropout': identity,
  'aten.detach': identity,
  'aten.detach_': identity,
  'aten.alias': identity,
  'aten.lift_fresh_copy': identity,
  'aten._to_copy': cast,
  'aten.to': cast,
};
