import type { ElementType } from '../../network/tensor.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { range, Value, type Sizes } from '../tensorflow/value.ts';
import { reshaped as reshapedTensor } from '../tensorflow/weights.ts';
import { broadcastShape } from './broadcast.ts';
import type { Numbers } from './known-numbers.ts';
import { countOf, laid, type Operation, type OperationDefinition } from './operation.ts';
import { without, withAxes } from './slicing.ts';

/** The first input under another shape, as far as it is known. */
function reshape(operation: Operation): Value {
  const x = operation.input(0);
  const given = operation.known.of(operation.input(1));
  if (given === undefined) {
    const rank = operation.input(1).isRanked ? operation.input(1).shape[0] : null;
    const name = operation.node('Reshape', [x.name, operation.int64(operation.input(1))]);
    if (typeof rank !== 'number') return Value.unranked(operation.draft, name, x.type);
    return operation.plain(
      name,
      range(0, rank).map(() => null),
    );
  }
  if (given.includes(0)) throw new Unsupported('it makes a tensor without entries');
  const value = underShape(operation, x, given);
  operation.known.learn(value, operation.known.of(x));
  return value;
}

function underShape(operation: Operation, x: Value, given: Numbers): Value {
  const tensor = operation.constant(x);
  const open = given.flatMap((size, axis) => (size === null || size < 0 ? [axis] : []));
  const stated = given.filter((size) => size !== null && size > 0) as readonly number[];
  const rest = stated.reduce((product, size) => product * size, 1);
  const count = x.isRanked ? countOf(x.shape) : null;
  if (count !== null && (open.length === 0 ? count !== rest : count % rest !== 0))
    throw new Unsupported(
      `its ${count} numbers do not fill the shape [${given.map((size) => size ?? '?').join(', ')}]`,
    );
  if (count !== null && open.length <= 1) {
    const shape = given.map((size) => (size === null || size < 0 ? count / rest : size));
    if (tensor !== undefined) {
      return operation.plain(operation.draft.constant(reshapedTensor(tensor, operation.id, shape)), shape, x.type);
    }
    const name = operation.node('Reshape', [x.name, operation.integers('shape', shape)]);
    return operation.plain(name, shape);
  }
  // What the batch may be is left to the run where a single size is open.
  const target =
    open.length <= 1
      ? operation.integers(
          'shape',
          given.map((size) => size ?? -1),
        )
      : operation.int64(operation.input(1));
  const name = operation.node('Reshape', [x.name, target]);
  return operation.plain(
    name,
    given.map((size, axis) => sizeAt(x, given, open, rest, axis) ?? (size === null || size < 0 ? null : size)),
  );
}

/** An open size behind the batch, where the batch itself is passed on: the rest of the one over the rest of the other. */
function sizeAt(x: Value, given: Numbers, open: readonly number[], rest: number, axis: number): number | undefined {
  if (given[axis] !== -1 || given[0] !== null || open.length !== 2 || !x.isRanked || x.rank < 1) return undefined;
  if (x.shape[0] !== null) return undefined;
  const count = countOf(x.shape.slice(1));
  return count !== null && count % rest === 0 ? count / rest : undefined;
}

function squeeze(operation: Operation): Value {
  const x = operation.input(0);
  const given = [...operation.attributes.integers('squeeze_dims'), ...operation.attributes.integers('axis')].map(
    (axis) => operation.axis(axis, x.rank),
  );
  const axes = given.length > 0 ? given : x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  if (given.length === 0 && x.shape.includes(null)) throw new Unsupported('nothing says which axes it takes away');
  const value = axes.length === 0 ? x : without(operation, x, axes);
  operation.known.learn(value, operation.known.of(x));
  return value;
}

function expandDims(operation: Operation): Value {
  const x = operation.input(0);
  const axis = operation.axis(operation.number(1, 'axis'), x.rank + 1);
  const value = withAxes(operation, x, [axis]);
  operation.known.learn(value, operation.known.of(x));
  return value;
}

const wholeType = 'int32' satisfies ElementType;

/** TensorFlow's sizes have 32 bits. */
function shapeOf(operation: Operation): readonly Value[] {
  return operation.inputs.map((x, i) => {
    const part = operation.inputs.length === 1 ? '' : String(i);
    // Of the order that is at hand, so that nothing is turned for it.
    const order = laid(operation, x);
    const sizes = operation.node('Shape', [order.name], {}, `${part}sizes`);
    const inOrder = x.isChannelsFirst
      ? operation.node(
          'Gather',
          [
            sizes,
            operation.integers(
              'order',
              range(0, x.rank).map((axis) => order.axis(axis)),
            ),
          ],
          { axis: 0 },
          'in order',
        )
      : sizes;
    const value = operation.plain(operation.node('Cast', [inOrder], { to: 6 }, part), [x.rank], wholeType);
    operation.known.learn(value, x.shape);
    return value;
  });
}

function sizeOf(operation: Operation): Value {
  const x = operation.input(0);
  const count = operation.node('Size', [x.name], {}, 'count');
  const value = operation.plain(operation.node('Cast', [count], { to: 6 }), [], wholeType);
  const known = countOf(x.shape);
  operation.known.learn(value, [known]);
  return value;
}

function rankOf(operation: Operation): Value {
  const { rank } = operation.input(0);
  const value = operation.plain(operation.node('Cast', [operation.scalar('rank', rank)], { to: 6 }), [], wholeType);
  operation.known.learn(value, [rank]);
  return value;
}

/** Copies until the shape is filled. */
function broadcastTo(operation: Operation): Value {
  const x = operation.input(0);
  const known = operation.known.of(operation.input(1));
  const name = operation.node('Expand', [x.name, operation.int64(operation.input(1))]);
  if (known === undefined) throw new Unsupported('its shape is not fixed');
  return operation.plain(name, broadcastShape([x.shape, known]));
}

function broadcastArgs(operation: Operation): Value {
  const [a, b] = [operation.known.of(operation.input(0)), operation.known.of(operation.input(1))];
  if (a === undefined || b === undefined) throw new Unsupported('the shapes that it joins are not known');
  const shape = broadcastShape([a, b]);
  if (!shape.every((size) => size !== null)) throw new Unsupported('the shapes that it joins are not fixed');
  const name = operation.node('Cast', [operation.integers('sizes', shape)], { to: 6 });
  const value = operation.plain(name, [shape.length], wholeType);
  operation.known.learn(value, shape);
  return value;
}

function tile(operation: Operation): Value {
  const x = operation.input(0);
  const repeats = operation.known.of(operation.input(1));
  const name = operation.node('Tile', [x.name, operation.int64(operation.input(1))]);
  const sizes: Sizes = x.shape.map((size, axis) => {
    const times = repeats?.[axis] ?? null;
    return size === null || times === null ? null : size * times;
  });
  return operation.plain(name, sizes);
}

function cast(operation: Operation): Value {
  const type = operation.attributes.type('DstT');
  if (type === undefined) throw new Unsupported('it makes texts or complex numbers');
  const code = { float32: 1, int32: 6, bool: 9 }[type as string] ?? 1;
  return operation.input(0).entrywise((x) => operation.node('Cast', [x], { to: code }), type);
}

export const shapeOperations: readonly OperationDefinition[] = [
  { ops: ['Reshape'], write: reshape },
  { ops: ['Squeeze'], write: squeeze },
  { ops: ['ExpandDims'], write: expandDims },
  { ops: ['Shape', 'ShapeN'], write: shapeOf },
  { ops: ['Size'], write: sizeOf },
  { ops: ['Rank'], write: rankOf },
  { ops: ['BroadcastTo'], write: broadcastTo },
  { ops: ['BroadcastArgs'], write: broadcastArgs },
  { ops: ['Tile'], write: tile },
  { ops: ['Cast'], write: cast },
];
