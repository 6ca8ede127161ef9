import { isNamedSize, NotUnderstood, type Builder } from '../builder.ts';
import { promoted } from './elementwise.ts';
import { sizesIn, sizesTensor } from './sizes.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

function reshape(b: Builder, name: string): void {
  const self = b.tensor('self');
  const wanted = sizesIn(b, name);
  const unknown = wanted.filter(isNamedSize).length;
  // One free size is what is left over, unless the shape leaves another one open.
  if (unknown <= 1 && !(unknown === 1 && wanted.includes(-1))) {
    b.finish('Reshape', [self, b.integers(wanted.map((size) => (typeof size === 'number' ? size : -1)))]);
    return;
  }
  b.finish('Reshape', [self, sizesTensor(b, wanted)]);
}

const view =
  (name: string): Translation =>
  (b) =>
    reshape(b, name);

function flatten(b: Builder): void {
  const self = b.tensor('self');
  const rank = b.rank(self);
  const start = b.axis(self, b.number('start_dim', 0));
  const end = b.axis(self, b.number('end_dim', -1));
  if (start === 1 && end === rank - 1) {
    b.finish('Flatten', [self], { axis: 1 });
    return;
  }
  // 0 keeps a size.
  const sizes = Array.from({ length: start }, () => 0);
  const rest = b.sizes(self).slice(end + 1);
  b.finish('Reshape', [self, b.integers([...sizes, -1, ...rest.map((_, i) => b.size(self, end + 1 + i))])]);
}

function unflatten(b: Builder): void {
  const self = b.tensor('self');
  const axis = b.axis(self, b.number('dim'));
  const rank = b.rank(self);
  const after = Array.from({ length: rank - axis - 1 }, (_, i) => b.size(self, axis + 1 + i));
  b.finish('Reshape', [self, b.integers([...Array.from({ length: axis }, () => 0), ...b.numbers('sizes'), ...after])]);
}

const permute: Translation = (b) => {
  const self = b.tensor('self');
  b.finish('Transpose', [self], { perm: b.numbers('dims').map((axis) => b.axis(self, axis)) });
};

/** Axes from some places to others; the rest keep their order. */
const move: Translation = (b) => {
  const self = b.tensor('self');
  const [from, to] = [b.numbers('source'), b.numbers('destination')].map((list) =>
    list.map((axis) => b.axis(self, axis)),
  );
  const rest = b.sizes(self).flatMap((_, axis) => (from!.includes(axis) ? [] : [axis]));
  const perm = b.sizes(self).map((_, axis) => (to!.includes(axis) ? from![to!.indexOf(axis)]! : rest.shift()!));
  b.finish('Transpose', [self], { perm });
};

/** Another shape over the same numbers: understood where they lie as they did. */
const strided: Translation = (b) => {
  const self = b.tensor('self');
  const sizes = b.numbers('size');
  const strides = b.numbers('stride');
  const dense = sizes.map((_, axis) => sizes.slice(axis + 1).reduce((product, size) => product * size, 1));
  const count = b.sizes(self).reduce<number>((product, _, axis) => product * b.size(self, axis), 1);
  if (
    b.number('storage_offset', 0) !== 0 ||
    sizes.reduce((product, size) => product * size, 1) !== count ||
    sizes.some((size, axis) => size !== 1 && strides[axis] !== dense[axis])
  )
    throw new NotUnderstood('it looks at the memory of its tensor in another order');
  b.finish('Reshape', [self, b.integers(sizes)]);
};

const likeOther: Translation = (b) => b.finish('Reshape', [b.tensor('self'), b.emit('Shape', [b.tensor('other')])]);

function swap(b: Builder, one: number, other: number): void {
  const self = b.tensor('self');
  const perm = Array.from({ length: b.rank(self) }, (_, i) => i);
  [perm[b.axis(self, one)], perm[b.axis(self, other)]] = [b.axis(self, other), b.axis(self, one)];
  b.finish('Transpose', [self], { perm });
}

const slice: Translation = (b) => {
  const self = b.tensor('self');
  const most = 2 ** 31 - 1;
  const end = Math.min(most, b.number('end', most));
  b.finish('Slice', [
    self,
    b.integers([b.number('start', 0)]),
    b.integers([end]),
    b.integers([b.number('dim', 0)]),
    b.integers([b.number('step', 1)]),
  ]);
};

const select: Translation = (b) =>
  b.finish('Gather', [b.tensor('self'), b.integer(b.number('index'))], { axis: b.number('dim') });

const concat: Translation = (b) =>
  b.finish(
    'Concat',
    b.tensors('tensors').map((name) => promoted(b, name)),
    { axis: b.number('dim', 0) },
  );

const stack: Translation = (b) => {
  const dim = b.number('dim', 0);
  const axes = b.integers([dim]);
  b.finish(
    'Concat',
    b.tensors('tensors').map((name) => b.emit('Unsqueeze', [name, axes])),
    { axis: dim },
  );
};

function split(b: Builder, sizes: readonly number[]): void {
  b.finish('Split', [b.tensor('self'), b.integers(sizes)], { axis: b.number('dim', 0) }, sizes.length);
}

function pieces(b: Builder, size: number): void {
  const self = b.tensor('self');
  const whole = b.size(self, b.number('dim', 0));
  split(
    b,
    listed(Math.ceil(whole / size), (i) => Math.min(size, whole - i * size)),
  );
}

/** As many pieces as it says, the first ones longer where the sizes differ, or pieces that end where it says. */
function cutAlong(b: Builder, axis: number): void {
  const self = b.tensor('self');
  const size = b.size(self, axis);
  const count = b.argument('sections');
  const ends = listed(typeof count === 'number' ? count - 1 : b.numbers('indices').length, (i) =>
    typeof count === 'number'
      ? (i + 1) * Math.floor(size / count) + Math.min(i + 1, size % count)
      : b.numbers('indices')[i]!,
  );
  const limits = [0, ...ends.map((end) => (end < 0 ? Math.max(0, end + size) : Math.min(size, end))), size];
  b.finish(
    'Split',
    [self, b.integers(limits.slice(1).map((end, i) => Math.max(0, end - limits[i]!)))],
    { axis },
    limits.length - 1,
  );
}

const cut: Translation = (b) => cutAlong(b, b.axis(b.tensor('self'), b.number('dim', 0)));

/** Tensors behind one another along an axis that their rank says, after getting enough axes. */
function besides(b: Builder, axisOf: (rank: number) => number, least: number): void {
  const tensors = b.tensors('tensors').map((name) => {
    if (b.rank(name) >= least) return name;
    return b.emit('Unsqueeze', [name, b.integers(Array.from({ length: least - b.rank(name) }, (_, i) => i))]);
  });
  const rank = Math.max(least, b.rank(b.tensors('tensors')[0] ?? ''));
  b.finish('Concat', tensors, { axis: axisOf(rank) });
}

const unbind: Translation = (b) => {
  const self = b.tensor('self');
  b.call.outputs.forEach((output, i) => b.give(output, 'Gather', [self, b.integer(i)], { axis: b.number('dim', 0) }));
};

const expand: Translation = (b) => {
  const self = b.tensor('self');
  // 1 keeps what is there.
  const sizes = sizesIn(b, 'size').map((size) => (size === -1 ? 1 : size));
  b.finish('Expand', [self, sizesTensor(b, sizes)]);
};

/** From the last place to before the first, which a slice has to call a place further in front than there is one. */
const flip: Translation = (b) => {
  const axes = b.numbers('dims');
  const each = (value: number): string => b.integers(axes.map(() => value));
  b.finish('Slice', [b.tensor('self'), each(-1), each(-(2 ** 31)), b.integers(axes), each(-1)]);
};

/** By quarter turns from the first axis to the second: an exchange of both and one turned round, or both turned round. */
const quarterTurns: Translation = (b) => {
  const self = b.tensor('self');
  const [one, other] = b.numbers('dims', [0, 1]).map((axis) => b.axis(self, axis)) as [number, number];
  const turns = ((b.number('k', 1) % 4) + 4) % 4;
  const flipped = (from: string, axis: number): string =>
    b.emit('Slice', [from, b.integers([-1]), b.integers([-(2 ** 31)]), b.integers([axis]), b.integers([-1])]);
  const perm = b.sizes(self).map((_, axis) => (axis === one ? other : axis === other ? one : axis));
  const exchanged = (from: string): string => b.emit('Transpose', [from], { perm });
  const results = [
    () => self,
    () => exchanged(flipped(self, other)),
    () => flipped(flipped(self, one), other),
    () => flipped(exchanged(self), other),
  ];
  b.finish('Identity', [results[turns]!()]);
};

/** Missing numbers stand in front as ones, and so do missing axes. */
function repeat(b: Builder, given: readonly number[]): void {
  const self = b.tensor('self');
  const missing = b.rank(self) - given.length;
  const times = [...Array.from({ length: Math.max(0, missing) }, () => 1), ...given];
  const axes = Array.from({ length: Math.max(0, -missing) }, (_, axis) => axis);
  const from = axes.length === 0 ? self : b.emit('Unsqueeze', [self, b.integers(axes)]);
  b.finish('Tile', [from, b.integers(times)]);
}

const squeeze: Translation = (b) => {
  const self = b.tensor('self');
  const axes = b.numbers('dim', []);
  const ones = axes.filter((axis) => b.size(self, axis) === 1);
  if (axes.length === 0) b.finish('Squeeze', [self]);
  else if (ones.length === 0) b.finish('Identity', [self]);
  else b.finish('Squeeze', [self, b.integers(ones)]);
};

const unsqueeze: Translation = (b) => b.finish('Unsqueeze', [b.tensor('self'), b.integers([b.number('dim')])]);

const sizeOf: Translation = (b) => {
  const axis = b.axis(b.tensor('self'), b.number('dim'));
  const shape = b.emit('Shape', [b.tensor('self')], { start: axis, end: axis + 1 });
  b.finish('Squeeze', [shape]);
};

/** Arithmetic of sizes, which Python does itself. */
const ofSizes =
  (op: string): Translation =>
  (b) => {
    const operand = (name: string): string => {
      const value = b.argument(name);
      return isNamedSize(value) ? value.name : b.integer(b.number(name));
    };
    b.finish(op, [operand('a'), operand('b')]);
  };

export const shapes: Translations = {
  'aten.view': view('size'),
  'aten._unsafe_view': view('size'),
  'aten.reshape': view('shape'),
  'aten.view_as': likeOther,
  'aten.reshape_as': likeOther,
  'aten.as_strided': strided,
  'aten.flatten': flatten,
  'aten.unflatten': unflatten,
  'aten.permute': permute,
  'aten.transpose': (b) => swap(b, b.number('dim0'), b.number('dim1')),
  'aten.t': (b) => (b.rank(b.tensor('self')) < 2 ? b.finish('Identity', [b.tensor('self')]) : swap(b, 0, 1)),
  'aten.numpy_T': (b) => b.finish('Transpose', [b.tensor('self')]),
  'aten.movedim': move,
  'aten.mT': (b) => swap(b, -2, -1),
  'aten.swapaxes': (b) => swap(b, b.number('axis0'), b.number('axis1')),
  'aten.swapdims': (b) => swap(b, b.number('dim0'), b.number('dim1')),
  'aten.slice': slice,
  'aten.narrow': (b) => {
    const start = b.number('start');
    b.finish('Slice', [
      b.tensor('self'),
      b.integers([start]),
      b.integers([start + b.number('length')]),
      b.integers([b.number('dim')]),
    ]);
  },
  'aten.select': select,
  'aten.cat': concat,
  'aten.concat': concat,
  'aten.stack': stack,
  'aten.split': (b) => pieces(b, b.number('split_size')),
  'aten.split_with_sizes': (b) => split(b, b.numbers('split_sizes')),
  'aten.chunk': (b) => pieces(b, Math.ceil(b.size(b.tensor('self'), b.number('dim', 0)) / b.number('chunks'))),
  'aten.unbind': unbind,
  'aten.expand': expand,
  'aten.expand_as': (b) => b.finish('Expand', [b.tensor('self'), b.emit('Shape', [b.tensor('other')])]),
  'aten.flip': flip,
  'aten.rot90': quarterTurns,
  'aten.repeat': (b) => repeat(b, b.numbers('repeats')),
  'aten.tile': (b) => repeat(b, b.numbers('dims')),
  'aten.squeeze': squeeze,
  'aten.unsqueeze': unsqueeze,
  'aten.tensor_split': cut,
  'aten.hsplit': (b) => cutAlong(b, b.rank(b.tensor('self')) === 1 ? 0 : 1),
  'aten.vsplit': (b) => cutAlong(b, 0),
  'aten.dsplit': (b) => cutAlong(b, 2),
  'aten.hstack': (b) => besides(b, (rank) => (rank === 1 ? 0 : 1), 1),
  'aten.vstack': (b) => besides(b, () => 0, 2),
  'aten.ravel': (b) => b.finish('Reshape', [b.tensor('self'), b.integers([-1])]),
  'aten.broadcast_to': expand,
  'aten.sym_size': sizeOf,
  'aten.sym_numel': (b) => b.finish('Size', [b.tensor('self')]),
  '_operator.mul': ofSizes('Mul'),
  '_operator.add': ofSizes('Add'),
  '_operator.sub': ofSizes('Sub'),
  '_operator.floordiv': ofSizes('Div'),
};
