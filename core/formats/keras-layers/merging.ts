import { range, Value, type Sizes } from '../tensorflow/value.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { axisOf, onlyInput, type LayerCall, type LayerDefinition } from './layer.ts';
import { unit } from './normalisation.ts';

/** Inputs of fewer axes get further ones after the batch, as Keras does, until all have as many. */
function aligned({ draft, id, inputs }: LayerCall): readonly Value[] {
  const rank = Math.max(...inputs.map((value) => value.rank));
  return inputs.map((value, i) => {
    if (value.rank === rank) return value;
    const added = range(1, 1 + rank - value.rank);
    const name = draft.node('Unsqueeze', `${id}/input ${i + 1}`, [
      value.name,
      draft.integers(`${id}/axes ${i + 1}`, added),
    ]);
    return Value.plain(
      draft,
      name,
      [value.shape[0] ?? null, ...added.map(() => 1), ...value.shape.slice(1)],
      value.type,
    );
  });
}

export function broadcastSizes(values: readonly Value[]): Sizes {
  const rank = Math.max(...values.map((value) => value.rank));
  return range(0, rank).map((axis) => {
    const sizes = values.flatMap(({ shape }) => {
      const at = axis - rank + shape.length;
      return at < 0 ? [] : [shape[at] ?? null];
    });
    return sizes.find((size) => size !== null && size !== 1) ?? (sizes.some((size) => size === null) ? null : 1);
  });
}

const sameShape = (values: readonly Value[]): boolean =>
  values.every(
    ({ shape }) =>
      shape.length === values[0]!.shape.length && shape.every((size, axis) => size === values[0]!.shape[axis]),
  );

const merging =
  (write: (call: LayerCall, names: readonly string[]) => string) =>
  (call: LayerCall): Value => {
    onlyInput(call);
    if (call.inputs.length === 1) return call.inputs[0]!;
    const values = aligned(call);
    // Where all are in the order of convolutions, the sum can stay in it.
    const first = sameShape(values) && values.every((value) => value.isChannelsFirst);
    const name = write(
      call,
      values.map((value) => (first ? value.firstName : value.name)),
    );
    const shape = broadcastSizes(values);
    return first ? Value.channelsFirst(call.draft, name, shape) : Value.plain(call.draft, name, shape, values[0]!.type);
  };

/** One node for two inputs, a row of nodes for more. */
const inARow =
  (op: string) =>
  ({ draft, id }: LayerCall, names: readonly string[]): string =>
    names
      .slice(1)
      .reduce((sum, name, i) => draft.node(op, i === names.length - 2 ? id : `${id}/${i + 1}`, [sum, name]), names[0]!);

const atOnce =
  (op: string) =>
  ({ draft, id }: LayerCall, names: readonly string[]): string =>
    draft.node(op, id, names);

function concatenated(call: LayerCall): Value {
  const first = onlyInput(call);
  const axis = axisOf(call, (call.settings.integers('axis') ?? [-1])[0] ?? -1, first.rank);
  if (call.inputs.some(({ rank }) => rank !== first.rank))
    throw new Unsupported('its inputs have different numbers of axes');
  const sizes = call.inputs.map(({ shape }) => shape[axis] ?? null);
  const total = sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  const shape = first.shape.map((size, at) => (at === axis ? total : size));
  if (axis === first.rank - 1 && first.rank > 2 && call.inputs.every((value) => value.isChannelsFirst)) {
    const name = call.draft.node(
      'Concat',
      call.id,
      call.inputs.map((value) => value.firstName),
      { axis: 1 },
    );
    return Value.channelsFirst(call.draft, name, shape);
  }
  const name = call.draft.node(
    'Concat',
    call.id,
    call.inputs.map((value) => value.name),
    { axis },
  );
  return Value.plain(call.draft, name, shape, first.type);
}

/** The product of two tensors along an axis of each, sample by sample. */
function dotted(call: LayerCall): Value {
  const { draft, id, settings } = call;
  const [left, right] = call.inputs;
  if (left === undefined || right === undefined || call.inputs.length > 2) throw new Unsupported('it needs two inputs');
  const given = settings.integers('axes') ?? [-1];
  const [a, b] = [axisOf(call, given[0]!, left.rank), axisOf(call, given[1] ?? given[0]!, right.rank)];
  if (a === 0 || b === 0) throw new Unsupported('it sums over the batch');
  const [x, y] = settings.flag('normalize', false)
    ? [unit(call, `${id}/first normalised`, left, [a], 1e-12), unit(call, `${id}/second normalised`, right, [b], 1e-12)]
    : [left, right];
  const letters = (rank: number, shared: number, from: number): string[] =>
    range(0, rank).map((axis) => (axis === 0 ? 'a' : axis === shared ? 'z' : String.fromCharCode(from + axis)));
  const [p, q] = [letters(left.rank, a, 97), letters(right.rank, b, 107)];
  const rest = (names: readonly string[]): string[] => names.filter((letter) => letter !== 'a' && letter !== 'z');
  const equation = `${p.join('')},${q.join('')}->a${[...rest(p), ...rest(q)].join('')}`;
  const name = draft.node('Einsum', id, [x.name, y.name], { equation });
  const kept = (value: Value, shared: number): Sizes => value.shape.filter((_, axis) => axis !== 0 && axis !== shared);
  const shape = [left.shape[0] ?? null, ...kept(left, a), ...kept(right, b)];
  if (shape.length > 1) return Value.plain(draft, name, shape);
  const column = draft.node('Unsqueeze', `${id}/column`, [name, draft.integers(`${id}/axis`, [1])]);
  return Value.plain(draft, column, [...shape, 1]);
}

export const mergingLayers: readonly LayerDefinition[] = [
  { classes: ['Add'], write: merging(inARow('Add')) },
  { classes: ['Subtract'], write: merging(inARow('Sub')) },
  { classes: ['Multiply'], write: merging(inARow('Mul')) },
  { classes: ['Average'], write: merging(atOnce('Mean')) },
  { classes: ['Maximum'], write: merging(atOnce('Max')) },
  { classes: ['Minimum'], write: merging(atOnce('Min')) },
  { classes: ['Concatenate'], write: concatenated },
  { classes: ['Dot'], write: dotted },
];
