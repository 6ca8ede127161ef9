import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import { isFloating } from '../../../../network/tensor.ts';
import { float, NotUnderstood, type Builder } from '../builder.ts';
import { typeOfCode } from '../scalar-types.ts';
import type { Translation, Translations } from './translation.ts';

const unary =
  (op: string): Translation =>
  (b) =>
    b.finish(op, [b.tensor('self')]);

/** Whole numbers beside floating ones become floating, as PyTorch makes them. */
export function promoted(b: Builder, name: string): string {
  const type = b.typeOf(b.call.outputs[0] ?? '');
  if (!isFloating(type) || b.typeOf(name) === type) return name;
  return b.emit('Cast', [name], { to: elementTypeCodes[type] });
}

const binary =
  (op: string): Translation =>
  (b) => {
    // One of both is a tensor.
    const like = b.optionalTensor('self') || b.tensor('other');
    const self = promoted(b, b.operand('self', like));
    const alpha = b.number('alpha', 1);
    const other = promoted(b, b.operand('other', self));
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

/** Between two numbers, or two tensors. */
const clamp: Translation = (b) => {
  const ends = [b.optionalTensor('min'), b.optionalTensor('max')] as const;
  if (ends[0] === '' && ends[1] === '') {
    clip(b, optional(b, 'min'), optional(b, 'max'));
    return;
  }
  const self = b.tensor('self');
  const above = ends[0] === '' ? self : b.emit('Max', [self, ends[0]]);
  b.finish('Identity', [ends[1] === '' ? above : b.emit('Min', [above, ends[1]])]);
};

const optional = (b: Builder, name: string): number | undefined =>
  b.argument(name) === null || b.argument(name) === undefined ? undefined : b.number(name);

const silu: Translation = (b) => {
  const self = b.tensor('self');
  b.finish('Mul', [self, b.emit('Sigmoid', [self])]);
};

/** ONNX divides whole numbers towards 0, which is the same where both are positive; a floor it has of floating ones only. */
function floored(b: Builder, quotient: readonly string[]): void {
  if (!isFloating(b.typeOf(quotient[0]!))) throw new NotUnderstood('it divides whole numbers');
  b.finish('Floor', [b.emit('Div', quotient)]);
}

const division: Translation = (b) => {
  const self = promoted(b, b.tensor('self'));
  const quotient = [self, promoted(b, b.operand('other', self))];
  const rounding = b.argument('rounding_mode');
  if (rounding === 'floor') floored(b, quotient);
  else if (rounding === null || rounding === undefined) b.finish('Div', quotient);
  else throw new NotUnderstood('its quotient is cut off');
};

const identity: Translation = (b) =>
  b.finish('Identity', [b.tensor(b.argument('self') === undefined ? 'input' : 'self')]);

const dropout: Translation = (b) => {
  if (b.flag('train') && b.number('p', 0) > 0)
    throw new NotUnderstood('it was exported in training: call eval() before');
  identity(b);
};

/** What is left out in training; with where it was. */
const nativeDropout: Translation = (b) => {
  if (b.argument('train') !== false && b.number('p', 0) > 0)
    throw new NotUnderstood('it was exported in training: call eval() before');
  identity(b);
  b.giveSecond(() => {
    const shape = b.emit('Shape', [b.tensor('input')]);
    return b.emit('Expand', [b.scalar(1, 'bool'), shape]);
  });
};

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
  'aten.mish': unary('Mish'),
  'aten.hardswish': unary('HardSwish'),
  'aten.hardsigmoid': (b) => b.finish('HardSigmoid', [b.tensor('self')], { alpha: float(1 / 6), beta: float(0.5) }),
  'aten.rsqrt': (b) => b.finish('Reciprocal', [b.emit('Sqrt', [b.tensor('self')])]),
  'aten.square': (b) => b.finish('Mul', [b.tensor('self'), b.tensor('self')]),
  'aten.silu': silu,
  'aten.gelu': (b) =>
    b.finish('Gelu', [b.tensor('self')], { approximate: b.argument('approximate') === 'tanh' ? 'tanh' : 'none' }),
  'aten.leaky_relu': withNumber('LeakyRelu', 'negative_slope', 'alpha', 0.01),
  'aten.celu': withNumber('Celu', 'alpha', 'alpha', 1),
  'aten.selu': unary('Selu'),
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
  'aten.clamp': clamp,
  'aten.clamp_min': clamp,
  'aten.clamp_max': clamp,
  'aten.add': binary('Add'),
  'aten.sub': binary('Sub'),
  'aten.mul': binary('Mul'),
  'aten.div': division,
  'aten.floor_divide': (b) => {
    const self = b.tensor('self');
    floored(b, [self, b.operand('other', self)]);
  },
  'aten.rsub': (b) => {
    const self = b.tensor('self');
    if (b.number('alpha', 1) !== 1) throw new NotUnderstood('its alpha is not 1');
    b.finish('Sub', [b.operand('other', self), self]);
  },
  'aten.pow': (b) => {
    // One of both is a tensor.
    const like = b.optionalTensor('self') || b.tensor('exponent');
    b.finish('Pow', [b.operand('self', like), b.operand('exponent', like)]);
  },
  'aten.true_divide': division,
  'aten.maximum': (b) => b.finish('Max', [b.tensor('self'), b.tensor('other')]),
  'aten.minimum': (b) => b.finish('Min', [b.tensor('self'), b.tensor('other')]),
  'aten.where': (b) => {
    const like = b.optionalTensor('self') || b.optionalTensor('other') || (b.call.outputs[0] ?? '');
    b.finish('Where', [b.tensor('condition'), b.operand('self', like), b.operand('other', like)]);
  },
  'aten.masked_fill': (b) => {
    const self = b.tensor('self');
    b.finish('Where', [b.tensor('mask'), b.operand('value', self), self]);
  },
  'aten.clone': identity,
  'aten.contiguous': identity,
  'aten.copy': (b) => b.finish('Expand', [b.tensor('src'), b.emit('Shape', [b.tensor('self')])]),
  'aten.dropout': dropout,
  'aten.feature_dropout': dropout,
  'aten.native_dropout': nativeDropout,
  'aten.alpha_dropout': dropout,
  'aten.detach': identity,
  'aten.alias': identity,
  'aten.lift_fresh_copy': identity,
  'aten.lift_fresh': identity,
  'aten._to_copy': cast,
  'aten.to': cast,
  'aten.type_as': (b) => b.finish('Cast', [b.tensor('self')], { to: elementTypeCodes[b.typeOf(b.tensor('other'))] }),
};
