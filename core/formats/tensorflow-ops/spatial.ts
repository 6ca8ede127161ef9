import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import { range } from '../tensorflow/value.ts';
import type { Attributes } from '../tensorflow/draft.ts';
import { laid, type Operation, type OperationDefinition } from './operation.ts';
import { imageOf, type Image } from './windows.ts';

type Pair = readonly [number, number];

/** Rows of two numbers. */
function pairs(operation: Operation, index: number, what: string): readonly Pair[] {
  const numbers = operation.numbers(index, what);
  return range(0, Math.floor(numbers.length / 2)).map((k) => [numbers[2 * k]!, numbers[2 * k + 1]!]);
}

/** Margins of zeros or of another number, along any axes. */
function padded(operation: Operation, x: Value, amounts: readonly Pair[], mode: Attributes, value: readonly string[]) {
  const order = laid(operation, x);
  if (amounts.length !== x.rank) throw new Unsupported(`it has margins for ${amounts.length} of ${x.rank} axes`);
  const moved = order.moved(amounts);
  if (amounts.some(([before, after]) => before < 0 || after < 0))
    throw new Unsupported('its margins are not all positive');
  const pads = [...moved.map(([before]) => before), ...moved.map(([, after]) => after)];
  const shape = x.shape.map((size, axis) => (size === null ? null : size + amounts[axis]![0] + amounts[axis]![1]));
  return order.made(operation.node('Pad', [order.name, operation.integers('pads', pads), ...value], mode), shape);
}

function pad(operation: Operation): Value {
  const amounts = pairs(operation, 1, 'margins');
  const x = operation.input(0).withRank(amounts.length);
  return padded(operation, x, amounts, {}, operation.inputs.length > 2 ? [operation.input(2).name] : []);
}

/** The edge again on its other side, with its last entry once (reflect) or twice (symmetric). */
function mirrorPad(operation: Operation): Value {
  const amounts = pairs(operation, 1, 'margins');
  const x = operation.input(0).withRank(amounts.length);
  if (operation.attributes.text('mode', 'REFLECT') === 'REFLECT')
    return padded(operation, x, amounts, { mode: 'reflect' }, []);
  return amounts.reduce<Value>((value, [before, after], axis) => {
    if (before === 0 && after === 0) return value;
    const size = value.shape[axis];
    if (typeof size !== 'number') throw new Unsupported('the size that it mirrors is not fixed');
    if (Math.min(before, after) < 0 || Math.max(before, after) > size)
      throw new Unsupported('it mirrors more than its input has');
    const indices = range(-before, size + after).map((k) => (k < 0 ? -1 - k : k < size ? k : 2 * size - 1 - k));
    const part = `mirrored ${axis}`;
    const name = operation.node('Gather', [value.name, operation.integers(part, indices)], { axis }, part);
    return operation.plain(
      name,
      value.shape.map((one, k) => (k === axis ? indices.length : one)),
    );
  }, x);
}

/** The batch and channels as they are. ONNX could name the two axes instead, but ONNX Runtime 1.30 loses count of them beside a Transpose. */
function wholeShape(operation: Operation, { name, batch, channels }: Image, sizes: readonly number[]): string {
  if (batch !== null && channels !== null) return operation.integers('sizes', [batch, channels, ...sizes]);
  const given = operation.node('Shape', [name], { start: 0, end: 2 }, 'batch and channels');
  return operation.node('Concat', [given, operation.integers('sizes', sizes)], { axis: 0 }, 'whole sizes');
}

/** Pixels of another image size: their middles (half_pixel_centers), corners or first points stand above each other. */
const resized =
  (nearest: boolean) =>
  (operation: Operation): Value => {
    const { attributes } = operation;
    const image = imageOf(operation, operation.input(0), 2);
    const sizes = operation.numbers(1, 'size');
    if (sizes.length !== 2) throw new Unsupported('it does not say a height and a width');
    const corners = attributes.flag('align_corners');
    const middles = attributes.flag('half_pixel_centers');
    const name = operation.node('Resize', [image.name, '', '', wholeShape(operation, image, sizes)], {
      mode: nearest ? 'nearest' : 'linear',
      coordinate_transformation_mode: corners ? 'align_corners' : middles ? 'half_pixel' : 'asymmetric',
      ...(nearest ? { nearest_mode: corners || middles ? 'round_prefer_ceil' : 'floor' } : {}),
    });
    return image.made(name, image.channels, sizes);
  };

/** Blocks of pixels instead of channels, or the other way round. */
const depthAndSpace =
  (op: 'DepthToSpace' | 'SpaceToDepth') =>
  (operation: Operation): Value => {
    const image = imageOf(operation, operation.input(0), 2);
    const block = operation.attributes.integer('block_size', operation.attributes.integer('blockSize', 1));
    const toSpace = op === 'DepthToSpace';
    const name = operation.node(op, [image.name], {
      blocksize: block,
      ...(toSpace ? { mode: 'DCR' } : {}),
    });
    const times = (size: number | null, factor: number): number | null => (size === null ? null : size * factor);
    return toSpace
      ? image.made(
          name,
          times(image.channels, 1 / block ** 2),
          image.spatial.map((size) => times(size, block)),
        )
      : image.made(
          name,
          times(image.channels, block ** 2),
          image.spatial.map((size) => times(size, 1 / block)),
        );
  };

/** Every block-th pixel becomes an image of its own. */
function spaceToBatch(operation: Operation): Value {
  const x = operation.input(0);
  const block = operation.numbers(1, 'block');
  const amounts = pairs(operation, 2, 'margins');
  const axes = block.length;
  const inner = operation.part('padded', [x]);
  const wide = padded(inner, x, [[0, 0], ...amounts, ...range(axes + 1, x.rank).map((): Pair => [0, 0])], {}, []);
  const cells = block.map((size, k) => {
    const length = wide.shape[k + 1];
    if (typeof length !== 'number' || length % size !== 0)
      throw new Unsupported('the sizes of its input are not fixed or no multiples of the block');
    return length / size;
  });
  const others = fixed(wide.shape.slice(axes + 1));
  const apart = operation.node(
    'Reshape',
    [wide.name, operation.integers('blocks', [-1, ...block.flatMap((size, k) => [cells[k]!, size]), ...others])],
    {},
    'blocks apart',
  );
  // [batch, cells, block, cells, block, ...] to [block, block, batch, cells, cells, ...].
  const perm = [
    ...range(0, axes).map((k) => 2 + 2 * k),
    0,
    ...range(0, axes).map((k) => 1 + 2 * k),
    ...range(2 * axes + 1, 2 * axes + 1 + others.length),
  ];
  const turned = operation.node('Transpose', [apart], { perm }, 'blocks first');
  const name = operation.node('Reshape', [turned, operation.integers('shape', [-1, ...cells, ...others])]);
  return operation.plain(name, [null, ...cells, ...others]);
}

function batchToSpace(operation: Operation): Value {
  const x = operation.input(0);
  const block = operation.numbers(1, 'block');
  const crops = pairs(operation, 2, 'crops');
  const axes = block.length;
  if (crops.length !== axes || x.rank <= axes)
    throw new Unsupported('its block, crops and input do not fit each other');
  const sizes = fixed(x.shape.slice(1));
  const [cells, others] = [sizes.slice(0, axes), sizes.slice(axes)];
  const apart = operation.node(
    'Reshape',
    [x.name, operation.integers('blocks', [...block, -1, ...sizes])],
    {},
    'blocks apart',
  );
  const perm = [
    axes,
    ...range(0, axes).flatMap((k) => [axes + 1 + k, k]),
    ...range(2 * axes + 1, 2 * axes + 1 + others.length),
  ];
  const turned = operation.node('Transpose', [apart], { perm }, 'blocks back');
  const whole = cells.map((size, k) => size * block[k]!);
  const merged = operation.node(
    'Reshape',
    [turned, operation.integers('whole', [-1, ...whole, ...others])],
    {},
    'whole',
  );
  const name = operation.node('Slice', [
    merged,
    operation.integers(
      'starts',
      crops.map(([before]) => before),
    ),
    operation.integers(
      'ends',
      crops.map(([, after], k) => whole[k]! - after),
    ),
    operation.integers('axes', range(1, axes + 1)),
  ]);
  const shape = whole.map((size, k) => size - crops[k]![0] - crops[k]![1]);
  return operation.plain(name, [null, ...shape, ...others]);
}

function fixed(sizes: readonly (number | null)[]): readonly number[] {
  if (sizes.every((size) => size !== null)) return sizes;
  throw new Unsupported('the sizes of its input are not fixed');
}

export const spatialOperations: readonly OperationDefinition[] = [
  { ops: ['Pad', 'PadV2'], write: pad },
  { ops: ['MirrorPad'], write: mirrorPad },
  { ops: ['ResizeBilinear'], write: resized(false) },
  { ops: ['ResizeNearestNeighbor'], write: resized(true) },
  { ops: ['DepthToSpace'], write: depthAndSpace('DepthToSpace') },
  { ops: ['SpaceToDepth'], write: depthAndSpace('SpaceToDepth') },
  { ops: ['SpaceToBatchND'], write: spaceToBatch },
  { ops: ['BatchToSpaceND'], write: batchToSpace },
];
