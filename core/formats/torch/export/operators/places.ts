import { isNamedSize, NotUnderstood, type Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

/** One list of places along one axis, which is a Gather, or lists along axes side by side, whose shapes are one. */
const index: Translation = (b) => {
  const lists = b.argument('indices');
  if (!Array.isArray(lists)) throw new NotUnderstood('its places are no list');
  const used = lists.flatMap((list: unknown, axis) => (isNamedSize(list) ? [axis] : []));
  const self = b.tensor('self');
  const names = used.map((axis) => b.tensors('indices')[axis]!);
  if (names.some((name) => b.typeOf(name) === 'bool' || b.typeOf(name) === 'uint8'))
    throw new NotUnderstood('it picks by a mask');
  if (used.length === 1) {
    b.finish('Gather', [self, names[0]!], { axis: used[0]! });
    return;
  }
  const first = used[0] ?? 0;
  if (used.length === 0 || used.some((axis, i) => axis !== first + i))
    throw new NotUnderstood('it takes places along axes that do not lie side by side');
  // As places in the axes made one: i n + j, of what is not negative.
  const sizes = used.map((axis) => b.size(self, axis));
  const placed = names.map((name, i) => b.emit('Mod', [name, b.integer(sizes[i]!)]));
  const flat = placed.reduce((sum, place, i) => b.emit('Add', [b.emit('Mul', [sum, b.integer(sizes[i]!)]), place]));
  const kept = b.sizes(self).flatMap((_, axis) => (axis < first ? [0] : []));
  const after = b.sizes(self).flatMap((_, axis) => (axis >= first + used.length ? [b.size(self, axis)] : []));
  const whole = b.emit('Reshape', [self, b.integers([...kept, sizes.reduce((a, c) => a * c, 1), ...after])]);
  b.finish('Gather', [whole, flat], { axis: first });
};

/** What goes out at one end comes in at the other. */
const roll: Translation = (b) => {
  const self = b.tensor('self');
  const shifts = b.numbers('shifts');
  const given = b.numbers('dims', []);
  const flat = given.length === 0 ? b.emit('Reshape', [self, b.integers([-1])]) : self;
  const count = given.length === 0 ? b.sizes(self).reduce<number>((n, _, axis) => n * b.size(self, axis), 1) : 0;
  const axes = given.length === 0 ? [0] : given;
  const rolled = axes.reduce((from, axis, i) => {
    const size = given.length === 0 ? count : b.size(self, axis);
    const at = size === 0 ? 0 : ((-shifts[i]! % size) + size) % size;
    const piece = (start: number, end: number): string =>
      b.emit('Slice', [from, b.integers([start]), b.integers([end]), b.integers([axis])]);
    return at === 0 ? from : b.emit('Concat', [piece(at, size), piece(0, at)], { axis });
  }, flat);
  if (given.length > 0) b.finish('Identity', [rolled]);
  else b.finish('Reshape', [rolled, b.integers(b.sizes(self).map((_, axis) => b.size(self, axis)))]);
};

const triangle =
  (upper: 0 | 1): Translation =>
  (b) =>
    b.finish('Trilu', [b.tensor('self'), b.integer(b.number('diagonal', 0))], { upper });

const topK: Translation = (b) => {
  const attributes = { axis: b.number('dim', -1), largest: b.argument('largest') === false ? 0 : 1, sorted: 1 };
  const found = b.emitMany('TopK', [b.tensor('self'), b.integers([b.number('k')])], 2, attributes);
  b.call.outputs.forEach((output, i) => {
    if (output !== '') b.give(output, 'Identity', [found[i]!]);
  });
};

/** A piece of a tensor replaced by another tensor. */
const scattered =
  (range: (b: Builder, size: number) => readonly [start: number, end: number], whole: boolean): Translation =>
  (b) => {
    const self = b.tensor('self');
    const axis = b.number('dim', 0);
    const size = b.size(self, axis);
    const inside = (value: number): number => Math.max(0, Math.min(size, value < 0 ? value + size : value));
    const [start, end] = range(b, size).map(inside) as [number, number];
    const src = whole ? b.tensor('src') : b.emit('Unsqueeze', [b.tensor('src'), b.integers([axis])]);
    if (b.number('step', 1) !== 1) throw new NotUnderstood('it leaves places out');
    const piece = (from: number, to: number): readonly string[] =>
      from >= to ? [] : [b.emit('Slice', [self, b.integers([from]), b.integers([to]), b.integers([axis])])];
    b.finish('Concat', [...piece(0, start), ...(start < end ? [src] : []), ...piece(Math.max(start, end), size)], {
      axis,
    });
  };

export const places: Translations = {
  'aten.index_select': (b) => b.finish('Gather', [b.tensor('self'), b.tensor('index')], { axis: b.number('dim') }),
  'aten.index': index,
  'aten.gather': (b) => b.finish('GatherElements', [b.tensor('self'), b.tensor('index')], { axis: b.number('dim') }),
  'aten.roll': roll,
  'aten.tril': triangle(0),
  'aten.triu': triangle(1),
  'aten.topk': topK,
  'aten.slice_scatter': scattered((b, size) => [b.number('start', 0), b.number('end', size)], true),
  'aten.select_scatter': scattered(
    (b) => [b.number('index'), b.number('index') === -1 ? Infinity : b.number('index') + 1],
    false,
  ),
};
