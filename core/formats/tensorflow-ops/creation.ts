import { tensorOfNumbers, type ElementType } from '../../network/tensor.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { Operation, OperationDefinition } from './operation.ts';

const most = 2 ** 22;

function constant(
  operation: Operation,
  shape: readonly number[],
  numbers: readonly number[],
  type: ElementType,
): Value {
  const held = type === 'float32' ? 'float32' : 'int64';
  const { draft, id } = operation;
  const name = draft.constant(tensorOfNumbers(`${id}/numbers`, shape, numbers, held));
  if (type === 'float32') return operation.plain(name, shape, type);
  const value = operation.plain(operation.node('Cast', [name], { to: 6 }), shape, type);
  operation.known.learn(value, numbers);
  return value;
}

/** Equal numbers of any shape, which may follow the batch. */
function filled(operation: Operation, number: number, type: ElementType, shapeInput: Value): Value {
  const sizes = operation.known.of(shapeInput);
  if (sizes === undefined) throw new Unsupported('its shape is not known');
  if (sizes.every((size) => size !== null)) {
    const count = sizes.reduce((product, size) => product * size, 1);
    if (count > most) throw new Unsupported(`it makes ${count} numbers`);
    return constant(
      operation,
      sizes,
      Array.from({ length: count }, () => number),
      type,
    );
  }
  const zeros = operation.node('ConstantOfShape', [operation.int64(shapeInput)], {}, 'zeros');
  const raised = operation.node('Add', [zeros, operation.scalar('value', number)], {}, 'raised');
  const name = operation.node('Cast', [raised], { to: type === 'float32' ? 1 : type === 'bool' ? 9 : 6 });
  return operation.plain(name, sizes, type);
}

const fill = (operation: Operation): Value =>
  filled(operation, operation.number(1, 'value'), operation.input(1).type, operation.input(0));

/** As many as the input has, whatever it is. */
const like =
  (number: number) =>
  (operation: Operation): Value => {
    const x = operation.input(0);
    const sizes = operation.node('Shape', [x.name], {}, 'sizes');
    const shape = operation.plain(sizes, [x.rank], 'int64');
    operation.known.learn(shape, x.shape);
    return filled(operation, number, x.type, shape);
  };

function range(operation: Operation): Value {
  const [start, limit, delta] = [0, 1, 2].map((index) => operation.number(index, 'range')) as [number, number, number];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= most)) throw new Unsupported(`its range has ${count} steps`);
  return constant(
    operation,
    [count],
    Array.from({ length: count }, (_, i) => start + i * delta),
    operation.input(0).type,
  );
}

function linSpace(operation: Operation): Value {
  const [start, stop, count] = [0, 1, 2].map((index) => operation.number(index, 'range')) as [number, number, number];
  if (!Number.isInteger(count) || count < 1 || count > most) throw new Unsupported('its number of steps is no size');
  const step = count === 1 ? 0 : (stop - start) / (count - 1);
  return constant(
    operation,
    [count],
    Array.from({ length: count }, (_, i) => start + i * step),
    'float32',
  );
}

export const creationOperations: readonly OperationDefinition[] = [
  { ops: ['Fill'], write: fill },
  { ops: ['OnesLike'], write: like(1) },
  { ops: ['ZerosLike'], write: like(0) },
  { ops: ['Range'], write: range },
  { ops: ['LinSpace'], write: linSpace },
];
