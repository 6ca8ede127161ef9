import { Unsupported } from '../tensorflow/unsupported.ts';
import { range, type Sizes, type Value } from '../tensorflow/value.ts';
import type { Numbers } from './known-numbers.ts';
import { laid, type Operation, type OperationDefinition } from './operation.ts';

/** Beyond every size, whichever way one goes. */
const far = 2 ** 31 - 1;

interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Where numpy's start:end:step begins and how many entries it takes, of an axis of this size. */
function entriesOf({ start, end, step }: Cut, size: number): { readonly first: number; readonly count: number } {
  const clamped = (position: number, least: number, most: number): number =>
    Math.min(Math.max(position < 0 ? position + size : position, least), most);
  const first = step > 0 ? clamped(start, 0, size) : clamped(start, -1, size - 1);
  const last = step > 0 ? clamped(end, 0, size) : clamped(end, -1, size - 1);
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) };
}

const everything = ({ start, end, step }: Cut): boolean => start === 0 && end === far && step === 1;

function sliced(operation: Operation, x: Value, given: readonly Cut[], part = ''): Value {
  const cuts = given.filter((cut) => !everything(cut));
  if (cuts.length === 0) return x;
  const order = laid(operation, x);
  const list = (name: string, numbers: readonly number[]): string =>
    operation.integers(part === '' ? name : `${part} ${name}`, numbers);
  const name = operation.node(
    'Slice',
    [
      order.name,
      list(
        'starts',
        cuts.map(({ start }) => start),
      ),
      list(
        'ends',
        cuts.map(({ end }) => end),
      ),
      list(
        'axes',
        cuts.map(({ axis }) => order.axis(axis)),
      ),
      list(
        'steps',
        cuts.map(({ step }) => step),
      ),
    ],
    {},
    part,
  );
  const shape = x.shape.map((size, axis) => {
    const cut = cuts.find((one) => one.axis === axis);
    return cut === undefined ? size : size === null ? null : entriesOf(cut, size).count;
  });
  return order.made(name, shape);
}

function slice(operation: Operation): Value {
  const x = operation.input(0);
  const [begin, sizes] = [operation.numbers(1, 'begin'), operation.numbers(2, 'size')];
  return sliced(
    operation,
    x.withRank(begin.length),
    begin.map((start, axis) => ({ axis, start, end: sizes[axis] === -1 ? far : start + sizes[axis]!, step: 1 })),
  );
}

const bit = (mask: number, k: number): boolean => (mask & (1 << k)) !== 0;

/** What stands in the brackets of x[...], in order. */
interface Brackets {
  readonly cuts: readonly Cut[];
  /** Axes of the input that one entry is taken of. */
  readonly dropped: readonly number[];
  /** Where new axes of size 1 go, counted in the result. */
  readonly added: readonly number[];
}

function bracketsOf(operation: Operation, rank: number): Brackets {
  const { attributes } = operation;
  const [begin, end, strides] = [
    operation.numbers(1, 'begin'),
    operation.numbers(2, 'end'),
    operation.numbers(3, 'steps'),
  ];
  const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'];
  const [noBegin, noEnd, ellipsis, newAxis, shrink] = masks.map((name) => attributes.integer(name, 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const count = begin.length;
  if (count > 30 || end.length !== count || strides.length !== count || strides.includes(0))
    throw new Unsupported('its begin, end and steps do not fit each other');
  const named = range(0, count).filter((k) => !bit(ellipsis, k) && !bit(newAxis, k)).length;
  if (named > rank) throw new Unsupported(`it cuts along ${named} axes, but its input has ${rank}`);
  const [cuts, dropped, added]: [Cut[], number[], number[]] = [[], [], []];
  let [axis, result] = [0, 0];
  for (const k of range(0, count)) {
    if (bit(ellipsis, k)) {
      axis += rank - named;
      result += rank - named;
    } else if (bit(newAxis, k)) {
      added.push(result++);
    } else if (bit(shrink, k)) {
      const start = begin[k]!;
      cuts.push({ axis, start, end: start === -1 ? far : start + 1, step: 1 });
      dropped.push(axis++);
    } else {
      const step = strides[k]!;
      const start = bit(noBegin, k) ? (step > 0 ? 0 : far) : begin[k]!;
      const stop = bit(noEnd, k) ? (step > 0 ? far : -far) : end[k]!;
      cuts.push({ axis: axis++, start, end: stop, step });
      result++;
    }
  }
  return { cuts, dropped, added };
}

/** x[1:, ..., None, -1] of numpy. */
function stridedSlice(operation: Operation): Value {
  const x = operation.input(0);
  const { cuts, dropped, added } = bracketsOf(operation, x.rank);
  const cut = sliced(operation, x, cuts, 'cut');
  const squeezed = dropped.length === 0 ? cut : without(operation, cut, dropped, 'squeezed');
  const value = added.length === 0 ? squeezed : withAxes(operation, squeezed, added, 'widened');
  const named = value === x ? x.entrywise((name) => operation.node('Identity', [name])) : value;
  operation.known.learn(named, numbersCut(operation.known.of(x), x.shape, cuts));
  return named;
}

/** What is known of some entries of a row. */
function numbersCut(known: Numbers | undefined, shape: Sizes, cuts: readonly Cut[]): Numbers | undefined {
  if (known === undefined || shape.length !== 1) return undefined;
  const [cut] = cuts;
  if (cut === undefined) return known;
  const { first, count } = entriesOf(cut, known.length);
  return range(0, count).map((i) => known[first + i * cut.step] ?? null);
}

export function without(operation: Operation, x: Value, axes: readonly number[], part = ''): Value {
  const name = operation.node('Squeeze', [x.name, operation.integers('axes', axes)], {}, part);
  return operation.plain(
    name,
    x.shape.filter((_, axis) => !axes.includes(axis)),
    x.type,
  );
}

/** New axes of size 1 at these places of the result. */
export function withAxes(operation: Operation, x: Value, axes: readonly number[], part = ''): Value {
  const name = operation.node('Unsqueeze', [x.name, operation.integers('new axes', axes)], {}, part);
  const left = [...x.shape];
  const shape = range(0, x.rank + axes.length).map((axis) => (axes.includes(axis) ? 1 : (left.shift() ?? null)));
  return operation.plain(name, shape, x.type);
}

function reverse(operation: Operation): Value {
  const x = operation.input(0);
  const given = operation.numbers(1, 'axes');
  // Reverse of TensorFlow 1 has a truth for every axis.
  const axes =
    operation.op === 'Reverse'
      ? given.flatMap((turned, axis) => (turned === 0 ? [] : [axis]))
      : given.map((axis) => operation.axis(axis, x.rank));
  if (axes.length === 0) return x.entrywise((name) => operation.node('Identity', [name]));
  return sliced(
    operation,
    x,
    axes.map((axis) => ({ axis, start: far, end: -far, step: -1 })),
  );
}

const isScalar = (value: Value): boolean => value.rank === 0;

/** Rows of a tensor by whole numbers. */
function gather(operation: Operation): Value {
  const [x, indices] = [operation.input(0), operation.input(1)];
  const batch = operation.attributes.integer('batch_dims', 0);
  if (batch !== 0) throw new Unsupported('it gathers from every entry of the batch by its own numbers');
  const axis = operation.axis(operation.inputs.length > 2 ? operation.number(2, 'axis') : 0, x.rank);
  const name = operation.node('Gather', [x.name, indices.name], { axis });
  const value = operation.plain(
    name,
    [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
    x.type,
  );
  const [known, chosen] = [operation.known.of(x), operation.known.of(indices)];
  if (x.rank === 1 && known !== undefined && chosen !== undefined) {
    operation.known.learn(
      value,
      chosen.map((index) => (index === null ? null : (known.at(index) ?? null))),
    );
  }
  return value;
}

function gatherNd(operation: Operation): Value {
  const [x, indices] = [operation.input(0), operation.input(1)];
  const depth = indices.shape.at(-1);
  if (typeof depth !== 'number') throw new Unsupported('nothing says along how many axes it gathers');
  const name = operation.node('GatherND', [x.name, operation.int64(indices)]);
  return operation.plain(name, [...indices.shape.slice(0, -1), ...x.shape.slice(depth)], x.type);
}

/** Updates added up at their places in a tensor of zeros. */
function scatterNd(operation: Operation): Value {
  const [indices, updates] = [operation.input(0), operation.input(1)];
  const shape = operation.numbers(2, 'shape');
  const zeros = operation.draft.node(
    'ConstantOfShape',
    `${operation.id}/zeros`,
    [operation.integers('shape', shape)],
    {},
  );
  const typed = updates.type === 'float32' ? zeros : operation.node('Cast', [zeros], { to: 6 }, 'whole zeros');
  const name = operation.node('ScatterND', [typed, operation.int64(indices), updates.name], { reduction: 'add' });
  return operation.plain(name, shape, updates.type);
}

function tensorScatterUpdate(operation: Operation): Value {
  const [x, indices, updates] = [operation.input(0), operation.input(1), operation.input(2)];
  return operation.plain(
    operation.node('ScatterND', [x.name, operation.int64(indices), updates.name]),
    x.shape,
    x.type,
  );
}

/** Pieces along an axis: of equal size, or of the sizes that are given. */
function split(operation: Operation): readonly Value[] {
  const bySizes = operation.op === 'SplitV';
  const x = operation.input(bySizes ? 0 : 1);
  const axis = operation.axis(operation.number(bySizes ? 2 : 0, 'axis'), x.rank);
  const size = x.shape[axis] ?? null;
  const sizes = bySizes
    ? rest(operation.numbers(1, 'sizes'), size)
    : range(0, piecesOf(operation, 'num_split', 1)).map(() =>
        size === null ? null : size / piecesOf(operation, 'num_split', 1),
      );
  const order = laid(operation, x);
  const known = sizes.every((one) => one !== null);
  if (bySizes && !known) throw new Unsupported('its sizes are not fixed');
  const names = operation.draft.outputs(
    'Split',
    operation.id,
    known ? [order.name, operation.integers('sizes', sizes)] : [order.name],
    sizes.length,
    { axis: order.axis(axis), ...(known ? {} : { num_outputs: sizes.length }) },
  );
  return names.map((name, i) =>
    order.made(
      name,
      x.shape.map((one, k) => (k === axis ? sizes[i]! : one)),
    ),
  );
}

const mostPieces = 65_536;

function piecesOf({ attributes }: Operation, name: string, otherwise: number): number {
  const count = attributes.integer(name, otherwise);
  if (count >= 0 && count <= mostPieces) return count;
  throw new Unsupported(`it is cut into ${count} pieces`);
}

/** -1 stands for what is left. */
function rest(sizes: readonly number[], size: number | null): readonly (number | null)[] {
  const stated = sizes.filter((one) => one >= 0).reduce((sum, one) => sum + one, 0);
  return sizes.map((one) => (one >= 0 ? one : size === null ? null : size - stated));
}

function unpack(operation: Operation): readonly Value[] {
  const x = operation.input(0);
  const axis = operation.axis(operation.attributes.integer('axis', 0), x.rank);
  const count = piecesOf(operation, 'num', 0);
  const known = isScalar(x) ? undefined : operation.known.of(x);
  return range(0, count).map((i) => {
    const index = operation.integer(`${i}`, i);
    const name = operation.node('Gather', [x.name, index], { axis }, `entry ${i}`);
    const value = operation.plain(
      name,
      x.shape.filter((_, k) => k !== axis),
    );
    if (x.rank === 1 && known !== undefined) operation.known.learn(value, [known[i] ?? null]);
    return value;
  });
}

export const slicingOperations: readonly OperationDefinition[] = [
  { ops: ['Slice'], write: slice },
  { ops: ['StridedSlice'], write: stridedSlice },
  { ops: ['Reverse', 'ReverseV2'], write: reverse },
  { ops: ['Gather', 'GatherV2'], write: gather },
  { ops: ['GatherNd'], write: gatherNd },
  { ops: ['ScatterNd'], write: scatterNd },
  { ops: ['TensorScatterUpdate'], write: tensorScatterUpdate },
  { ops: ['Split', 'SplitV'], write: split },
  { ops: ['Unpack'], write: unpack },
];
