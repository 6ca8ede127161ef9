import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import { isFloating } from '../../../../network/tensor.ts';
import { type Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

/** Both sides of a comparison. Whole numbers beside one that is none are compared as floating ones. */
function sides(b: Builder): readonly string[] {
  const self = b.tensor('self');
  const other = b.argument('other');
  const broken = typeof other === 'number' && !Number.isInteger(other) && !isFloating(b.typeOf(self));
  if (!broken) return [self, b.operand('other', self)];
  return [b.emit('Cast', [self], { to: elementTypeCodes.float32 }), b.scalar(other)];
}

const compare =
  (op: string): Translation =>
  (b) =>
    b.finish(op, sides(b));

const truth = (b: Builder, name: string): string =>
  b.typeOf(name) === 'bool' ? name : b.emit('Cast', [name], { to: elementTypeCodes.bool });

const logical =
  (op: string): Translation =>
  (b) =>
    b.finish(op, [truth(b, b.tensor('self')), truth(b, b.tensor('other'))]);

/** On truth values they are those of logic. */
const bitwise =
  (op: string, onNumbers: string): Translation =>
  (b) => {
    const self = b.tensor('self');
    b.finish(b.typeOf(self) === 'bool' ? op : onNumbers, [self, b.operand('other', self)]);
  };

const negated: Translation = (b) => {
  const self = b.tensor('self');
  b.finish(b.typeOf(self) === 'bool' ? 'Not' : 'BitwiseNot', [self]);
};

export const logic: Translations = {
  'aten.eq': compare('Equal'),
  'aten.gt': compare('Greater'),
  'aten.ge': compare('GreaterOrEqual'),
  'aten.lt': compare('Less'),
  'aten.le': compare('LessOrEqual'),
  'aten.ne': (b) => b.finish('Not', [b.emit('Equal', sides(b))]),
  'aten.logical_and': logical('And'),
  'aten.logical_or': logical('Or'),
  'aten.logical_xor': logical('Xor'),
  'aten.logical_not': (b) => b.finish('Not', [truth(b, b.tensor('self'))]),
  'aten.bitwise_and': bitwise('And', 'BitwiseAnd'),
  'aten.bitwise_or': bitwise('Or', 'BitwiseOr'),
  'aten.__and__': bitwise('And', 'BitwiseAnd'),
  'aten.__or__': bitwise('Or', 'BitwiseOr'),
  'aten.bitwise_xor': bitwise('Xor', 'BitwiseXor'),
  'aten.__xor__': bitwise('Xor', 'BitwiseXor'),
  'aten.bitwise_not': negated,
};
