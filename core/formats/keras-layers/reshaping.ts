import { Settings, type Json } from './settings.ts';
import { range, Value } from '../tensorflow/value.ts';
import { image, imageName, requireRank, spatial, channelsOf } from './convolution.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { fixedSizes, onlyInput, product, reshape, type LayerCall, type LayerDefinition } from './layer.ts';

function flatten(call: LayerCall): Value {
  const x = onlyInput(call);
  const { draft, id, settings } = call;
  if (x.rank === 2) return x;
  const first = settings.text('data_format', 'channels_last') === 'channels_first' && x.rank > 2;
  const source = first
    ? Value.plain(
        draft,
        draft.node('Transpose', `${id}/channels last`, [x.name], { perm: [0, ...range(2, x.rank), 1] }),
        x.shape,
      )
    : x;
  const count = x.shape
    .slice(1)
    .reduce<number | null>((all, size) => (all === null || size === null ? null : all * size), 1);
  const name = draft.node('Flatten', id, [source.name], { axis: 1 });
  return Value.plain(draft, name, [x.shape[0] ?? null, count], x.type);
}

function reshaped(call: LayerCall): Value {
  const x = onlyInput(call);
  const target = targetOf(call.settings);
  const open = target.filter((size) => size < 0).length;
  if (open > 1) throw call.settings.wrong('target_shape', 'at most one -1');
  if (open === 0) return reshape(call, call.id, x, target);
  const count = product(fixedSizes(x));
  const rest = product(target.filter((size) => size >= 0));
  if (rest === 0 || count % rest !== 0) throw call.settings.wrong('target_shape', `sizes that ${count} entries fill`);
  return reshape(
    call,
    call.id,
    x,
    target.map((size) => (size < 0 ? count / rest : size)),
  );
}

/** TensorFlow.js writes null for the size that is what is left. */
const targetOf = ({ values, where }: Settings): readonly number[] =>
  new Settings(
    { sizes: (Array.isArray(values['target_shape']) ? values['target_shape'] : []).map((size: Json) => size ?? -1) },
    where,
  ).integers('sizes') ?? [];

function permuted(call: LayerCall): Value {
  const x = onlyInput(call);
  const dims = call.settings.integers('dims') ?? [];
  const proper = dims.length === x.rank - 1 && range(1, x.rank).every((axis) => dims.includes(axis));
  if (!proper) throw call.settings.wrong('dims', 'every axis once');
  const perm = [0, ...dims];
  const name = call.draft.node('Transpose', call.id, [x.name], { perm });
  return Value.plain(
    call.draft,
    name,
    perm.map((axis) => x.shape[axis]!),
    x.type,
  );
}

function repeated(call: LayerCall): Value {
  const { draft, id } = call;
  const x = onlyInput(call);
  const count = call.settings.count('n');
  const step = draft.node('Unsqueeze', `${id}/step`, [x.name, draft.integers(`${id}/axis`, [1])]);
  const shape = [1, count, ...range(1, x.rank).map(() => 1)];
  const name = draft.node('Expand', id, [step, draft.integers(`${id}/shape`, shape)]);
  return Value.plain(draft, name, [x.shape[0] ?? null, count, ...x.shape.slice(1)], x.type);
}

/** Amounts before and after for every axis: one number, one for each axis, or a pair for each. */
function margins(call: LayerCall, name: string, axes: number): readonly (readonly [number, number])[] {
  const { settings } = call;
  const given = settings.values[name] ?? 1;
  const isSize = (value: Json | undefined): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
  const pair = (value: Json | undefined): readonly [number, number] => {
    if (isSize(value)) return [value, value];
    const [before, after] = Array.isArray(value) ? (value as readonly Json[]) : [];
    if (isSize(before) && isSize(after)) return [before, after];
    throw settings.wrong(name, 'sizes before and after');
  };
  if (axes === 1) return [pair(given)];
  if (isSize(given)) return range(0, axes).map(() => [given, given]);
  const list = Array.isArray(given) ? (given as readonly Json[]) : [];
  if (list.length !== axes) throw settings.wrong(name, `sizes for ${axes} axes`);
  return list.map(pair);
}

const channelsLastOf = (call: LayerCall): boolean =>
  call.settings.text('data_format', 'channels_last') !== 'channels_first';

const zeroPadding =
  (axes: number) =>
  (call: LayerCall): Value => {
    const { draft, id } = call;
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const last = channelsLastOf(call);
    const amounts = margins(call, 'padding', axes);
    const pads = [0, 0, ...amounts.map(([before]) => before), 0, 0, ...amounts.map(([, after]) => after)];
    const name = draft.node('Pad', id, [imageName(x, last), draft.integers(`${id}/pads`, pads)]);
    const sizes = spatial(x, last).map((size, axis) =>
      size === null ? null : size + amounts[axis]![0] + amounts[axis]![1],
    );
    return image(call, name, x, channelsOf(x, last), sizes, last);
  };

const cropping =
  (axes: number) =>
  (call: LayerCall): Value => {
    const { draft, id, settings } = call;
    const x = onlyInput(call);
    requireRank(call, x, axes);
    const last = channelsLastOf(call);
    const amounts = margins(call, 'cropping', axes);
    const sizes = spatial(x, last).map((size, axis) =>
      size === null ? null : size - amounts[axis]![0] - amounts[axis]![1],
    );
    if (sizes.some((size) => size !== null && size < 1)) throw settings.wrong('cropping', 'less than the image');
    const integers = (what: string, values: readonly number[]): string => draft.integers(`${id}/${what}`, values);
    const name = draft.node('Slice', id, [
      imageName(x, last),
      integers(
        'starts',
        amounts.map(([before]) => before),
      ),
      integers(
        'ends',
        amounts.map(([, after]) => (after === 0 ? 2 ** 31 - 1 : -after)),
      ),
      integers('axes', range(2, 2 + axes)),
    ]);
    return image(call, name, x, channelsOf(x, last), sizes, last);
  };

/** Half of what is too much goes before. */
function centreCrop(call: LayerCall): Value {
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  requireRank(call, x, 2);
  const last = channelsLastOf(call);
  const target = [settings.count('height'), settings.count('width')];
  const sizes = spatial(x, last);
  const starts = sizes.map((size, axis) => {
    if (size === null || size < target[axis]!)
      throw new Unsupported('its image is smaller than what it cuts out, or of no fixed size');
    return Math.floor((size - target[axis]!) / 2);
  });
  const name = draft.node('Slice', id, [
    imageName(x, last),
    draft.integers(`${id}/starts`, starts),
    draft.integers(
      `${id}/ends`,
      starts.map((start, axis) => start + target[axis]!),
    ),
    draft.integers(`${id}/axes`, [2, 3]),
  ]);
  return image(call, name, x, channelsOf(x, last), target, last);
}

export const reshapingLayers: readonly LayerDefinition[] = [
  { classes: ['Flatten'], write: flatten },
  { classes: ['Reshape'], write: reshaped },
  { classes: ['Permute'], write: permuted },
  { classes: ['RepeatVector'], write: repeated },
  { classes: ['CenterCrop'], write: centreCrop },
  ...[1, 2, 3].flatMap((axes): LayerDefinition[] => [
    { classes: [`ZeroPadding${axes}D`], write: zeroPadding(axes) },
    { classes: [`Cropping${axes}D`], write: cropping(axes) },
  ]),
];
