import { Unsupported } from '../tensorflow/unsupported.ts';
import { range, type Value } from '../tensorflow/value.ts';
import type { FunctionCall, FunctionDefinition } from './call.ts';

const acted = ['x', 'tensor', 'input', 'a'];

function reshaped(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const shape = call.integers(['newshape', 'shape'], 1);
  if (shape === undefined) throw new Unsupported('its shape is not in the file');
  // Where the batch is kept by its size of one sample, it stays free.
  if (shape.filter((size) => size === -1).length > 1) {
    const [batch, ...rest] = shape;
    const free = rest.indexOf(-1);
    const known = x.shape
      .slice(1)
      .reduce<number | null>((n, size) => (n === null || size === null ? null : n * size), 1);
    const stated = rest.filter((size) => size !== -1).reduce((n, size) => n * size, 1);
    if (batch !== -1 || known === null || rest.filter((size) => size === -1).length > 1 || known % stated !== 0)
      throw new Unsupported('more than one of its sizes is not fixed');
    return call.one('Reshape', [x, call.fixed('shape', [-1, ...rest.with(free, known / stated)])]);
  }
  return call.one('Reshape', [x, call.fixed('shape', shape)]);
}

const permuted = (call: FunctionCall, x: Value, order: readonly number[]): Value =>
  call.one('Transpose', [x, call.fixed('order', order)]);

function transposed(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const order = call.integers(['axes', 'perm'], 1) ?? range(0, x.rank).reverse();
  return permuted(call, x, order.map((axis) => call.axis(axis, x.rank))); // prettier-ignore
}

function swapped(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const [a, b] = ['axis1', 'axis2'].map((name, i) => call.axis(call.number(name, 0, i + 1), x.rank)) as [
    number,
    number,
  ];
  return permuted(call, x, range(0, x.rank).map((axis) => (axis === a ? b : axis === b ? a : axis))); // prettier-ignore
}

function moved(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const places = (name: string, place: number): readonly number[] =>
    (call.integers(name, place) ?? []).map((axis) => call.axis(axis, x.rank));
  const [from, to] = [places('source', 1), places('destination', 2)];
  const order = range(0, x.rank).filter((axis) => !from.includes(axis));
  const sorted = to.map((place, i) => [place, from[i]!] as const).toSorted(([a], [b]) => a - b);
  for (const [place, axis] of sorted) order.splice(place, 0, axis);
  return permuted(call, x, order);
}

function widened(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const axes = call.integers('axis', 1) ?? [];
  const places = axes.map((axis) => call.axis(axis, x.rank + axes.length)).toSorted((a, b) => a - b);
  return places.reduce(
    (value, axis, i) =>
      call.one(
        'ExpandDims',
        [value, call.fixedOne(`axis ${i}`, axis)],
        {},
        i === places.length - 1 ? '' : `axis ${i} new`,
      ),
    x,
  );
}

function squeezed(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const axes = call.integers('axis', 1);
  // Without axes it would be of the batch as well, where that is one sample.
  const ones = axes ?? range(1, x.rank).filter((axis) => x.shape[axis] === 1);
  return call.one('Squeeze', [x], { axis: { list: { i: [...ones] } } });
}

function joined(call: FunctionCall): Value {
  const values = call.alike(call.tensors(['xs', 'values'], 0));
  return call.one('ConcatV2', [...values, call.fixedOne('axis', call.number('axis', 0, 1))]);
}

function stacked(call: FunctionCall): Value {
  const values = call.alike(call.tensors(['x', 'arrays', 'values'], 0));
  return call.one('Pack', values, { axis: { i: call.number('axis', 0, 1) } });
}

/** Into equal pieces, or at these places; TensorFlow states sizes instead of places. */
function split(call: FunctionCall): readonly Value[] {
  const x = call.tensor([...acted, 'value'], 0);
  const axis = call.axis(call.number('axis', 0, 2), x.rank);
  const at = call.fixedOne('axis', axis);
  const into = call.argument(['indices_or_sections', 'num_or_size_splits'], 1);
  const numbers = call.integers(['indices_or_sections', 'num_or_size_splits'], 1) ?? [];
  const size = x.shape[axis];
  if (into?.kind !== 'list') {
    const count = numbers[0] ?? 0;
    if (typeof size !== 'number' || count < 1 || size % count !== 0)
      throw new Unsupported(`it is not cut into ${count} equal pieces`);
    return call.all('Split', [at, x], { num_split: { i: count } }, '', count);
  }
  if (typeof size !== 'number') throw new Unsupported('the size of what it cuts is not fixed');
  const ends = [...numbers, size];
  const stated = call.argument('num_or_size_splits') !== undefined;
  const sizes = stated ? numbers : ends.map((end, i) => end - (i === 0 ? 0 : ends[i - 1]!));
  if (sizes.some((one) => one < 1)) throw new Unsupported('its places are not in order');
  return call.all('SplitV', [x, call.fixed('sizes', sizes), at], {}, '', sizes.length);
}

function unstacked(call: FunctionCall): readonly Value[] {
  const x = call.tensor([...acted, 'value'], 0);
  const axis = call.axis(call.number('axis', 0), x.rank);
  const count = x.shape[axis];
  if (typeof count !== 'number') throw new Unsupported('the size of what it takes apart is not fixed');
  return call.all('Unpack', [x], { axis: { i: axis }, num: { i: count } }, '', count);
}

function tiled(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const repeats = call.integers(['repeats', 'multiples'], 1) ?? [1];
  if (repeats.length > x.rank) throw new Unsupported('it adds axes to its input');
  const all = [...range(repeats.length, x.rank).map(() => 1), ...repeats];
  return call.one('Tile', [x, call.fixed('repeats', all)]);
}

function broadcast(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const shape = call.integers('shape', 1) ?? [];
  // What is free stays as it is, which ONNX writes as 1.
  return call.one('BroadcastTo', [x, call.fixed('shape', shape.map((size) => (size === -1 ? 1 : size)))]); // prettier-ignore
}

function padded(call: FunctionCall): Value {
  const x = call.tensor([...acted], 0);
  const given = call.argument(['pad_width', 'paddings'], 1);
  const rows = given?.kind === 'list' ? given.items : [];
  const pairs = rows.map((row) =>
    (row.kind === 'list' ? row.items : [row, row]).map((item) => (item.kind === 'plain' ? item.value : null)),
  );
  const same = pairs.length === 1 ? range(0, x.rank).map(() => pairs[0]!) : pairs;
  const amounts = same.flat();
  if (
    same.length !== x.rank ||
    !amounts.every((n): n is number => Number.isInteger(n) && (n as number) >= 0) ||
    amounts.length !== 2 * x.rank
  )
    throw new Unsupported('its margins are not fixed in the file');
  const value = call.fixed('margins', amounts);
  const mode = call.text('mode', 'constant', 2).toLowerCase();
  if (mode === 'constant')
    return call.one('PadV2', [x, value, call.scalar('filled with', call.number('constant_values', 0, 3))]);
  if (mode !== 'reflect' && mode !== 'symmetric') throw new Unsupported(`its margins are filled by ${mode}`);
  return call.one('MirrorPad', [x, value], { mode: { s: mode.toUpperCase() } });
}

function flipped(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  return call.one('ReverseV2', [x, call.fixed('axes', call.axes(x, 'all', 'axis', 1))]);
}

export const shapingFunctions: readonly FunctionDefinition[] = [
  { names: ['Reshape'], write: reshaped },
  { names: ['Transpose'], write: transposed },
  { names: ['Swapaxes'], write: swapped },
  { names: ['Moveaxis'], write: moved },
  { names: ['ExpandDims'], write: widened },
  { names: ['Squeeze'], write: squeezed },
  { names: ['Concatenate'], write: joined },
  { names: ['Stack'], write: stacked },
  { names: ['Split'], write: split },
  { names: ['Unstack'], write: unstacked },
  { names: ['Tile'], write: tiled },
  { names: ['BroadcastTo'], write: broadcast },
  { names: ['Pad'], write: padded },
  { names: ['Flip'], write: flipped },
];
