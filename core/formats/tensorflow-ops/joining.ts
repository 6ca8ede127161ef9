import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { Numbers } from './known-numbers.ts';
import { laid, type Operation, type OperationDefinition } from './operation.ts';
import { withAxes } from './slicing.ts';

/** One after the other along an axis. Images whose channels stand second stay so. */
function concatenated(operation: Operation, values: readonly Value[], axisGiven: number): Value {
  const [first] = values;
  if (first === undefined) throw new Unsupported('it joins nothing');
  const { rank } = first;
  if (values.some((value) => value.rank !== rank)) throw new Unsupported('its inputs do not have as many axes each');
  const axis = operation.axis(axisGiven, rank);
  const image = rank >= 3 && values.some((value) => value.isChannelsFirst);
  const names = values.map((value) => (image ? value.firstName : value.name));
  const order = image
    ? laid(
        operation,
        values.find((value) => value.isChannelsFirst)!,
      )
    : laid(operation, first);
  const shape = first.shape.map((_, k) => {
    const sizes = values.map((value) => value.shape[k] ?? null);
    if (k !== axis) return sizes.find((size) => size !== null) ?? null;
    return sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  });
  const value = order.made(operation.node('Concat', names, { axis: order.axis(axis) }), shape);
  if (rank === 1) operation.known.learn(value, joined(operation, values));
  return value;
}

function joined({ known }: Operation, values: readonly Value[]): Numbers | undefined {
  const parts = values.map((value) => known.of(value));
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

function pack(operation: Operation): Value {
  const [first] = operation.inputs;
  if (first === undefined) throw new Unsupported('it joins nothing');
  const axis = operation.axis(operation.attributes.integer('axis', 0), first.rank + 1);
  const rows = operation.inputs.map((input, i) => withAxes(operation, input, [axis], `row ${i}`));
  rows.forEach((row, i) => operation.known.learn(row, operation.known.of(operation.inputs[i]!)));
  return concatenated(operation, rows, axis);
}

export const joiningOperations: readonly OperationDefinition[] = [
  {
    ops: ['ConcatV2'],
    write: (operation) =>
      concatenated(operation, operation.inputs.slice(0, -1), operation.number(operation.inputs.length - 1, 'axis')),
  },
  {
    ops: ['Concat'],
    write: (operation) => concatenated(operation, operation.inputs.slice(1), operation.number(0, 'axis')),
  },
  { ops: ['Pack'], write: pack },
];
