import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import { together } from './broadcast.ts';
import type { Operation, OperationDefinition } from './operation.ts';
import { withAxes } from './slicing.ts';

const compared =
  (op: string) =>
  (operation: Operation): Value =>
    together(operation, op, [operation.input(0), operation.input(1)], {}, '', 'bool');

function notEqual(operation: Operation): Value {
  const equal = together(operation, 'Equal', [operation.input(0), operation.input(1)], {}, 'equal', 'bool');
  return equal.entrywise((x) => operation.node('Not', [x]), 'bool');
}

/** One of two tensors entry by entry. Select of TensorFlow 1 also takes one condition for each row. */
function select(operation: Operation): Value {
  const [condition, yes, no] = [operation.input(0), operation.input(1), operation.input(2)];
  const perRow = operation.op === 'Select' && condition.rank === 1 && yes.rank > 1;
  const spread = perRow
    ? withAxes(
        operation,
        condition,
        Array.from({ length: yes.rank - 1 }, (_, k) => k + 1),
        'per row',
      )
    : condition;
  return together(operation, 'Where', [spread, yes, no]);
}

function oneHot(operation: Operation): Value {
  const indices = operation.input(0);
  const depth = operation.number(1, 'depth');
  const [on, off] = [operation.number(2, 'value'), operation.number(3, 'other value')];
  const axis = operation.attributes.integer('axis', -1);
  const place = axis < 0 ? indices.rank : axis;
  if (place > indices.rank) throw new Unsupported(`its axis ${axis} is beyond those of its input`);
  const type = operation.attributes.type('T') === 'int32' ? 'int32' : 'float32';
  const values = operation.draft.floats(`${operation.id}/values`, [2], [off, on]);
  const hot = operation.node(
    'OneHot',
    [operation.int64(indices), operation.integer('depth', depth), values],
    { axis: place },
    type === 'int32' ? 'numbers' : '',
  );
  const name = type === 'int32' ? operation.node('Cast', [hot], { to: 6 }) : hot;
  return operation.plain(name, [...indices.shape.slice(0, place), depth, ...indices.shape.slice(place)], type);
}

export const choiceOperations: readonly OperationDefinition[] = [
  { ops: ['Equal'], write: compared('Equal') },
  { ops: ['NotEqual'], write: notEqual },
  { ops: ['Greater'], write: compared('Greater') },
  { ops: ['GreaterEqual'], write: compared('GreaterOrEqual') },
  { ops: ['Less'], write: compared('Less') },
  { ops: ['LessEqual'], write: compared('LessOrEqual') },
  { ops: ['LogicalAnd'], write: compared('And') },
  { ops: ['LogicalOr'], write: compared('Or') },
  { ops: ['Select', 'SelectV2'], write: select },
  { ops: ['OneHot'], write: oneHot },
];
