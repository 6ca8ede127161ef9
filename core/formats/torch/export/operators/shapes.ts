import { elementTypeCodes } from '../../../../network/element-type-codes.ts';
import { isNamedSize, NotUnderstood, type Builder } from '../builder.ts';
import { typeOfCode } from '../scalar-types.ts';
import type { Translation, Translations } from './translation.ts';

/** Sizes as a tensor. Free ones are computed as ONNX does it: tensors of one whole number, put together. */
function sizesTensor(b: Builder, sizes: readonly unknown[]): string {
  if (!sizes.some(isNamedSize)) return b.integers(sizes.map(Number));
  const parts = sizes.map((size) =>
    isNamedSize(size) ? b.emit('Reshape', [size.name, b.integers([1])]) : b.integers([Number(size)]),
  );
  return b.emit('Concat', parts, { axis: 0 });
}

function sizesIn(b: Builder, name: string): readonly unknown[] {
  const wanted = b.argument(name);
  if (!Array.isArray(wanted)) throw new NotUnderstood('its shape is no list');
  return wanted;
}

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

/** Only one list of places along one axis, which is a Gather. */
const index: Translation = (b) => {
  const lists = b.argument('indices');
  if (!Array.isArray(lists)) throw new NotUnderstood('its places are no list');
  const used = lists.flatMap((list: unknown, axis) => (isNamedSize(list) ? [axis] : []));
  if (used.length !== 1) throw new NotUnderstood('it takes places along several axes at once');
  const places = b.tensors('indices')[used[0]!]!;
  if (b.typeOf(places) === 'bool') throw new NotUnderstood('it picks by a mask');
  b.finish('Gather', [b.tensor('self'), places], { axis: used[0]! });
};

const concat: Translation = (b) => b.finish('Concat', b.tensors('tensors'), { axis: b.number('dim', 0) });

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
    Array.from({ length: Math.ceil(whole / size) }, (_, i) => Math.min(size, whole - i * size)),
  );
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

const squeeze: Translation = (b) => {
  const self = b.tensor('self');
  const axes = b.numbers('dim', []);
  const ones = axes.filter((axis) => b.size(self, axis) === 1);
  if (axes.length === 0) b.finish('Squeeze', [self]);
  else if (ones.length === 0) b.finish('Identity', [self]);
  else b.finish('Squeeze', [self, b.integers(ones)]);
};

const unsqueeze: Translation = (b) => b.finish('Unsqueeze', [b.tensor('self'), b.integers([b.number('dim')])]);

const reduce =
  (op: string): Translation =>
  (b) => {
    const self = b.tensor('self');
    const axes = b.numbers('dim', []);
    b.finish(op, axes.length === 0 ? [self] : [self, b.integers(axes)], { keepdims: b.flag('keepdim') ? 1 : 0 });
  };

const norm: Translation = (b) => {
  const order = b.number(b.argument('ord') === undefined ? 'p' : 'ord', 2);
  if (order !== 1 && order !== 2) throw new NotUnderstood(`the norm of order ${order}`);
  reduce(order === 1 ? 'ReduceL1' : 'ReduceL2')(b);
};

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
  'aten.flatten': flatten,
  'aten.unflatten': unflatten,
  'aten.permute': permute,
  'aten.transpose': (b) => swap(b, b.number('dim0'), b.number('dim1')),
  'aten.t': (b) => (b.rank(b.tensor('self')) < 2 ? b.finish('Identity', [b.tensor('self')]) : swap(b, 0, 1)),
  'aten.numpy_T': (b) => b.finish('Transpose', [b.tensor('self')]),
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
  'aten.index_select': (b) => b.finish('Gather', [b.tensor('self'), b.tensor('index')], { axis: b.number('dim') }),
  'aten.index': index,
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
  'aten.repeat': (b) => b.finish('Tile', [b.tensor('self'), b.integers(b.numbers('repeats'))]),
  'aten.squeeze': squeeze,
  'aten.unsqueeze': unsqueeze,
  'aten.mean': reduce('ReduceMean'),
  'aten.sum': reduce('ReduceSum'),
  'aten.amax': reduce('ReduceMax'),
  'aten.amin': reduce('ReduceMin'),
  'aten.any': (b) => {
    const numbers = b.emit('Cast', [b.tensor('self')], { to: elementTypeCodes.float32 });
    const axes = b.integers(b.numbers('dim'));
    const most = b.emit('ReduceMax', [numbers, axes], { keepdims: b.flag('keepdim') ? 1 : 0 });
    b.finish('Cast', [most], { to: elementTypeCodes.bool });
  },
  'aten.prod': reduce('ReduceProd'),
  'aten.logsumexp': reduce('ReduceLogSumExp'),
  'aten.linalg_vector_norm': norm,
  'aten.norm': norm,
  'aten.argmax': (b) =>
    b.finish('ArgMax', [b.tensor('self')], { axis: b.number('dim'), keepdims: b.flag('keepdim') ? 1 : 0 }),
  'aten.cumsum': (b) => b.finish('CumSum', [b.tensor('self'), b.integer(b.number('dim'))]),
  'aten.full': filled((b) => b.number('fill_value'), given),
  'aten.zeros': filled(() => 0, given),
  'aten.ones': filled(() => 1, given),
  'aten.zeros_like': filled(() => 0, likeSelf),
  'aten.ones_like': filled(() => 1, likeSelf),
  'aten.full_like': filled((b) => b.number('fill_value'), likeSelf),
  'aten.scalar_tensor': filled(
    (b) => b.number('s'),
    (b) => b.integers([]),
  ),
  'aten.arange': arange,
  'aten.sym_size': sizeOf,
  '_operator.mul': ofSizes('Mul'),
  '_operator.add': ofSizes('Add'),
  '_operator.sub': ofSizes('Sub'),
  '_operator.floordiv': ofSizes('Div'),
};
