import type { ElementType } from '../../network/tensor.ts';
import type { Attributes } from '../tensorflow/draft.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { range, Value, type Sizes } from '../tensorflow/value.ts';
import { reshaped, transposed } from '../tensorflow/weights.ts';
import type { Operation } from './operation.ts';

/** The shape of what is put together entry by entry, as numpy broadcasts. */
export function broadcastShape(shapes: readonly Sizes[]): Sizes {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return range(0, rank).map((axis) => {
    const sizes = shapes.flatMap((shape) => {
      const own = axis - (rank - shape.length);
      return own < 0 ? [] : [shape[own] ?? null];
    });
    const large = sizes.filter((size) => size !== null && size !== 1);
    if (new Set(large).size > 1) throw new Unsupported(`its inputs have sizes that do not fit: ${large.join(' and ')}`);
    return large[0] ?? (sizes.some((size) => size === null) ? null : 1);
  });
}

/** An operator on the entries of several tensors. Images whose channels stand second stay so. */
export function together(
  operation: Operation,
  op: string,
  inputs: readonly Value[],
  attributes: Attributes = {},
  part = '',
  type: ElementType = inputs.at(-1)?.type ?? 'float32',
): Value {
  const { draft } = operation;
  if (inputs.some((input) => !input.isRanked)) {
    const names = inputs.map(({ name }) => name);
    return Value.unranked(draft, operation.node(op, names, attributes, part), type);
  }
  const shape = broadcastShape(inputs.map((input) => input.shape));
  const rank = shape.length;
  if (rank < 3 || !inputs.some((input) => input.isChannelsFirst && input.rank === rank)) {
    return operation.plain(
      operation.node(
        op,
        inputs.map(({ name }) => name),
        attributes,
        part,
      ),
      shape,
      type,
    );
  }
  const names = inputs.map((input) => channelsFirst(operation, input, rank));
  return Value.channelsFirst(draft, operation.node(op, names, attributes, part), shape, type);
}

/** What is spread over an image whose channels stand second. */
function channelsFirst(operation: Operation, value: Value, rank: number): string {
  const { draft } = operation;
  if (value.rank === 0) return value.name;
  const tensor = operation.constant(value);
  const shape = [...range(value.rank, rank).map(() => 1), ...value.shape];
  if (tensor !== undefined) {
    const whole = reshaped(tensor, tensor.name, shape.map(Number));
    return draft.constant(transposed(whole, [0, rank - 1, ...range(1, rank - 1)], `${value.name}/channels first`));
  }
  if (value.rank === rank) return value.firstName;
  const name = draft.node('Unsqueeze', `${value.name}/axes`, [
    value.name,
    operation.integers('axes', range(0, rank - value.rank)),
  ]);
  return Value.plain(draft, name, shape, value.type).firstName;
}
