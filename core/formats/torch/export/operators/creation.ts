import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import { NotUnderstood, type Builder } from '../builder.ts';
import { sizesIn, sizesTensor } from './sizes.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

const filled =
  (value: (b: Builder) => number, sizes: (b: Builder) => string): Translation =>
  (b) => {
    const type = b.typeOf(b.call.outputs[0] ?? '');
    b.finish('Expand', [b.scalar(value(b), type), sizes(b)]);
  };

/** Those of another tensor. */
const likeSelf = (b: Builder): string => b.emit('Shape', [b.tensor('self')]);
const given = (b: Builder): string => sizesTensor(b, sizesIn(b, 'size'));

/** Of whole numbers unless it says otherwise or one of its ends is none. */
const arange: Translation = (b) => {
  const type = b.typeOf(b.call.outputs[0] ?? '');
  const end = (value: number): string => b.scalar(value, type === 'int64' ? 'int64' : 'float32');
  const range = b.emit('Range', [end(b.number('start', 0)), end(b.number('end')), end(b.number('step', 1))]);
  b.finish('Cast', [range], { to: elementTypeCodes[type] });
};

/** Equal steps, both ends included. */
const linspace: Translation = (b) => {
  const [start, end, steps] = [b.number('start'), b.number('end'), b.number('steps')];
  const by = steps > 1 ? (end - start) / (steps - 1) : 0;
  const values = listed(steps, (i) => (i < steps - 1 || steps === 1 ? start + i * by : end));
  b.finish('Identity', [b.numbersConstant([steps], values)]);
};

const eye: Translation = (b) => {
  const rows = b.number('n');
  const columns = b.number('m', rows);
  const zeros = b.numbersConstant(
    [rows, columns],
    listed(rows * columns, () => 0),
  );
  b.finish('EyeLike', [zeros], { dtype: elementTypeCodes[b.typeOf(b.call.outputs[0] ?? '')] });
};

const oneHot: Translation = (b) => {
  const classes = b.number('num_classes', -1);
  if (classes < 0) throw new NotUnderstood('the number of its classes follows from its input');
  b.finish('OneHot', [b.tensor('self'), b.integer(classes), b.integers([0, 1])], { axis: -1 });
};

export const creation: Translations = {
  'aten.full': filled((b) => b.number('fill_value'), given),
  'aten.zeros': filled(() => 0, given),
  'aten.ones': filled(() => 1, given),
  'aten.zeros_like': filled(() => 0, likeSelf),
  'aten.ones_like': filled(() => 1, likeSelf),
  'aten.full_like': filled((b) => b.number('fill_value'), likeSelf),
  'aten.new_zeros': filled(() => 0, given),
  'aten.new_ones': filled(() => 1, given),
  'aten.new_full': filled((b) => b.number('fill_value'), given),
  // What is there before it is written cannot be told; zeros stand for it. A program that reads it has no function.
  'aten.empty': filled(() => 0, given),
  'aten.empty_strided': filled(() => 0, given),
  'aten.empty_permuted': filled(() => 0, given),
  'aten.empty_like': filled(() => 0, likeSelf),
  'aten.new_empty': filled(() => 0, given),
  'aten.new_empty_strided': filled(() => 0, given),
  'aten.one_hot': oneHot,
  'aten.zero': filled(() => 0, likeSelf),
  'aten.fill': (b) => {
    const self = b.tensor('self');
    const value = b.emit('Cast', [b.operand('value', self)], { to: elementTypeCodes[b.typeOf(self)] });
    b.finish('Expand', [value, likeSelf(b)]);
  },
  'aten.linspace': linspace,
  'aten.eye': eye,
  'aten.scalar_tensor': filled(
    (b) => b.number('s'),
    (b) => b.integers([]),
  ),
  'aten.arange': arange,
};
