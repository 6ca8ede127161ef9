import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import { type Builder } from '../builder.ts';
import { typeOfCode } from '../scalar-types.ts';
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

const arange: Translation = (b) => {
  const [start, step] = [b.number('start', 0), b.number('step', 1)];
  const type = typeOfCode(b.number('dtype', 5)) ?? 'int64';
  const end = (value: number): string => b.scalar(value, type === 'int64' ? 'int64' : 'float32');
  const range = b.emit('Range', [end(start), end(b.number('end')), end(step)]);
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
  'aten.zero': filled(() => 0, likeSelf),
  'aten.fill': filled((b) => b.number('value'), likeSelf),
  'aten.linspace': linspace,
  'aten.eye': eye,
  'aten.scalar_tensor': filled(
    (b) => b.number('s'),
    (b) => b.integers([]),
  ),
  'aten.arange': arange,
};
