import { isNamedSize, NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

/** ATen's names of how numbers go together that meet in one place, in ONNX's. */
const reductions: Readonly<Record<string, string | undefined>> = {
  add: 'add',
  sum: 'add',
  multiply: 'mul',
  prod: 'mul',
  amax: 'max',
  amin: 'min',
};

/** What changes nothing: where the numbers that are there do not count. */
const neutral: Readonly<Record<string, number>> = { add: 0, mul: 1, max: -Infinity, min: Infinity };

/** The numbers that go out: as many of a source as there are places, or one number for all. */
function updates(b: Builder, shape: readonly number[], like: string): string {
  const source = b.optionalTensor('src');
  if (source === '') return b.emit('Expand', [b.operand('value', like), b.integers(shape)]);
  if (shape.every((size, axis) => size === b.size(source, axis))) return source;
  const axes = shape.map((_, axis) => axis);
  return b.emit('Slice', [source, b.integers(axes.map(() => 0)), b.integers(shape), b.integers(axes)]);
}

const scatter =
  (always?: 'add'): Translation =>
  (b) => {
    const [self, index] = [b.tensor('self'), b.tensor('index')];
    const axis = b.number('dim');
    const named = b.argument('reduce');
    const reduction = always ?? (typeof named === 'string' ? reductions[named] : 'none');
    if (reduction === undefined)
      throw new NotUnderstood('it reduces to something else than a sum, a product or an extreme');
    const shape = b.shape(index);
    const base =
      b.argument('include_self') === false
        ? b.emit('ScatterElements', [self, index, b.emit('Expand', [b.scalar(neutral[reduction] ?? 0, b.typeOf(self)), b.integers(shape)])], { axis }) // prettier-ignore
        : self;
    b.finish('ScatterElements', [base, index, updates(b, shape, self)], { axis, reduction });
  };

/** Whole slices along one axis: the list of places is repeated over the other axes. */
const slices =
  (reduction: 'add' | 'none', source: (b: Builder, shape: readonly number[]) => string): Translation =>
  (b) => {
    const self = b.tensor('self');
    const axis = b.axis(self, b.number('dim'));
    const count = b.sizes(b.tensor('index')).length === 0 ? 1 : b.size(b.tensor('index'), 0);
    const shape = b.shape(self).map((size, a) => (a === axis ? count : size));
    const along = b.integers(shape.map((_, a) => (a === axis ? -1 : 1)));
    const index = b.emit('Expand', [b.emit('Reshape', [b.tensor('index'), along]), b.integers(shape)]);
    b.finish('ScatterElements', [self, index, source(b, shape)], { axis, reduction });
  };

const added = slices('add', (b) => {
  const alpha = b.number('alpha', 1);
  const source = b.tensor('source');
  return alpha === 1 ? source : b.emit('Mul', [source, b.scalar(alpha, b.typeOf(source))]);
});

const filled = slices('none', (b, shape) =>
  b.emit('Expand', [b.operand('value', b.tensor('self')), b.integers(shape)]),
);

/** The size that lists of places have together, one broadcast to the other. */
export function broadcastShape(shapes: readonly (readonly number[])[]): readonly number[] {
  const rank = shapes.reduce((most, shape) => Math.max(most, shape.length), 0);
  return Array.from({ length: rank }, (_, axis) =>
    shapes.reduce((size, shape) => {
      const own = shape[axis - rank + shape.length] ?? 1;
      return own === 1 ? size : own;
    }, 1),
  );
}

const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i);
const turned = (b: Builder, name: string, perm: readonly number[]): string =>
  isIdentity(perm) ? name : b.emit('Transpose', [name], { perm });

/** x[..., places, ...] = values. The axes that are indexed go to the front, where ScatterND looks for them, and back. */
const indexPut: Translation = (b) => {
  const lists = b.argument('indices');
  if (!Array.isArray(lists)) throw new NotUnderstood('its places are no list');
  const self = b.tensor('self');
  const used = lists.flatMap((list: unknown, axis) => (isNamedSize(list) ? [axis] : []));
  const names = used.map((axis) => b.tensors('indices')[axis]!);
  if (names.some((name) => b.typeOf(name) === 'bool' || b.typeOf(name) === 'uint8')) {
    putByMask(b, self, names, used);
    return;
  }
  const shape = b.shape(self);
  const rest = shape.flatMap((_, axis) => (used.includes(axis) ? [] : [axis]));
  const perm = [...used, ...rest];
  const places = broadcastShape(names.map((name) => b.shape(name)));
  const parts = names.map((name) =>
    b.emit('Unsqueeze', [b.emit('Expand', [name, b.integers(places)]), b.integers([places.length])]),
  );
  const index = parts.length === 1 ? parts[0]! : b.emit('Concat', parts, { axis: places.length });
  // Where the axes lie side by side, the places stand in their stead; in front of all others else.
  const first = used.every((axis, i) => axis === used[0]! + i) ? used[0]! : 0;
  const others = rest.map((axis) => shape[axis]!);
  const layout = [...others.slice(0, first), ...places, ...others.slice(first)];
  const spread = b.emit('Expand', [b.tensor('values'), b.integers(layout)]);
  const ofPlaces = places.map((_, i) => first + i);
  const remaining = layout.flatMap((_, axis) => (ofPlaces.includes(axis) ? [] : [axis]));
  const values = turned(b, spread, [...ofPlaces, ...remaining]);
  const reduction = b.flag('accumulate') ? 'add' : 'none';
  const put = b.emit('ScatterND', [turned(b, self, perm), index, values], { reduction });
  b.finish('Identity', [
    turned(
      b,
      put,
      shape.map((_, axis) => perm.indexOf(axis)),
    ),
  ]);
};

/** One number wherever a mask says so. */
function putByMask(b: Builder, self: string, names: readonly string[], used: readonly number[]): void {
  const values = b.tensor('values');
  const one = b.shape(values).every((size) => size === 1);
  if (names.length !== 1 || used[0] !== 0 || !one || b.flag('accumulate'))
    throw new NotUnderstood('it puts several numbers where a mask says so');
  const missing = b.rank(self) - b.rank(names[0]!);
  const axes = Array.from({ length: missing }, (_, i) => b.rank(names[0]!) + i);
  const mask = missing === 0 ? names[0]! : b.emit('Unsqueeze', [names[0]!, b.integers(axes)]);
  b.finish('Where', [mask, b.emit('Reshape', [values, b.integers([], [0])]), self]);
}

/** A piece of a tensor replaced by another tensor; with a step, both are laid behind one another and picked from. */
const sliceScatter: Translation = (b) => {
  const self = b.tensor('self');
  const axis = b.axis(self, b.number('dim', 0));
  const size = b.size(self, axis);
  const inside = (value: number): number => Math.max(0, Math.min(size, value < 0 ? value + size : value));
  const [start, end] = [inside(b.number('start', 0)), inside(b.number('end', size))];
  const step = b.number('step', 1);
  if (step === 1) replaced(b, axis, start, end, b.tensor('src'));
  else {
    const both = b.emit('Concat', [self, b.tensor('src')], { axis });
    const picks = listed(size, (i) => (i >= start && i < end && (i - start) % step === 0 ? size + (i - start) / step : i)); // prettier-ignore
    b.finish('Gather', [both, b.integers(picks)], { axis });
  }
};

const selectScatter: Translation = (b) => {
  const self = b.tensor('self');
  const axis = b.axis(self, b.number('dim', 0));
  const given = b.number('index');
  const index = given < 0 ? given + b.size(self, axis) : given;
  replaced(b, axis, index, index + 1, b.emit('Unsqueeze', [b.tensor('src'), b.integers([axis])]));
};

function replaced(b: Builder, axis: number, start: number, end: number, source: string): void {
  const self = b.tensor('self');
  const piece = (from: number, to: number): readonly string[] =>
    from >= to ? [] : [b.emit('Slice', [self, b.integers([from]), b.integers([to]), b.integers([axis])])];
  const middle = start < end ? [source] : [];
  b.finish('Concat', [...piece(0, start), ...middle, ...piece(Math.max(start, end), b.size(self, axis))], { axis });
}

export const scattering: Translations = {
  'aten.scatter': scatter(),
  'aten.scatter_add': scatter('add'),
  'aten.scatter_reduce': scatter(),
  'aten.index_add': added,
  'aten.index_copy': slices('none', (b) => b.tensor('source')),
  'aten.index_fill': filled,
  'aten.index_put': indexPut,
  'aten._unsafe_index_put': indexPut,
  'aten.slice_scatter': sliceScatter,
  'aten.select_scatter': selectScatter,
};
