import { isNamedSize, NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
import { broadcastShape } from './scattering.ts';
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
  if (used.length === 0) throw new NotUnderstood('it takes no places');
  if (used.some((axis, i) => axis !== first + i)) {
    apart(b, self, used, names);
    return;
  }
  const sizes = used.map((axis) => b.size(self, axis));
  const flat = asOne(b, names, sizes);
  const kept = b.sizes(self).flatMap((_, axis) => (axis < first ? [0] : []));
  const after = b.sizes(self).flatMap((_, axis) => (axis >= first + used.length ? [b.size(self, axis)] : []));
  const whole = b.emit('Reshape', [self, b.integers([...kept, sizes.reduce((a, c) => a * c, 1), ...after])]);
  b.finish('Gather', [whole, flat], { axis: first });
};

/** Places in axes made one: i n + j, of what is not negative. */
function asOne(b: Builder, names: readonly string[], sizes: readonly number[]): string {
  const placed = names.map((name, i) => b.emit('Mod', [name, b.integer(sizes[i]!)]));
  return placed.reduce((sum, place, i) => b.emit('Add', [b.emit('Mul', [sum, b.integer(sizes[i]!)]), place]));
}

/** Places along axes that do not lie side by side: what is taken stands in front of all other axes. */
function apart(b: Builder, self: string, used: readonly number[], names: readonly string[]): void {
  const shape = b.shape(self);
  const rest = shape.flatMap((_, axis) => (used.includes(axis) ? [] : [axis]));
  const turned = b.emit('Transpose', [self], { perm: [...used, ...rest] });
  const whole = b.emit('Reshape', [turned, b.integers([-1, ...rest.map((axis) => shape[axis]!)])]);
  const flat = asOne(
    b,
    names,
    used.map((axis) => shape[axis]!),
  );
  b.finish('Gather', [whole, flat], { axis: 0 });
}

/** From all numbers, as they lie behind one another. */
const take: Translation = (b) => {
  const flat = b.emit('Reshape', [b.tensor('self'), b.integers([-1])]);
  b.finish('Gather', [flat, b.tensor('index')], { axis: 0 });
};

/** Places of one shape with the rest of the tensor but for the axis, or broadcast to it. */
const takeAlong: Translation = (b) => {
  const [self, indices] = [b.tensor('self'), b.tensor('indices')];
  if (b.argument('dim') === null || b.argument('dim') === undefined) {
    const flat = (name: string): string => b.emit('Reshape', [name, b.integers([-1])]);
    b.finish('GatherElements', [flat(self), flat(indices)], { axis: 0 });
    return;
  }
  const axis = b.axis(self, b.number('dim'));
  const own = (name: string): readonly number[] => b.shape(name).map((size, a) => (a === axis ? 1 : size));
  const common = broadcastShape([own(self), own(indices)]);
  const spread = (name: string): string =>
    b.emit('Expand', [name, b.integers(common.map((size, a) => (a === axis ? b.size(name, axis) : size)))]);
  b.finish('GatherElements', [spread(self), spread(indices)], { axis });
};

/** Each place so many times after one another. */
const repeated: Translation = (b) => {
  const self = b.tensor('self');
  const times = b.number('repeats');
  const whole = b.argument('dim') === null || b.argument('dim') === undefined;
  const from = whole ? b.emit('Reshape', [self, b.integers([-1])]) : self;
  const axis = whole ? 0 : b.axis(self, b.number('dim'));
  const size = whole ? b.shape(self).reduce((product, one) => product * one, 1) : b.size(self, axis);
  const picks = listed(size * times, (i) => Math.floor(i / times));
  b.finish('Gather', [from, b.integers(picks)], { axis });
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

export const places: Translations = {
  'aten.index_select': (b) => b.finish('Gather', [b.tensor('self'), b.tensor('index')], { axis: b.number('dim') }),
  'aten.index': index,
  'aten._unsafe_index': index,
  'aten.take': take,
  'aten.take_along_dim': takeAlong,
  'aten.repeat_interleave': repeated,
  'aten.gather': (b) => b.finish('GatherElements', [b.tensor('self'), b.tensor('index')], { axis: b.number('dim') }),
  'aten.roll': roll,
  'aten.tril': triangle(0),
  'aten.triu': triangle(1),
};
