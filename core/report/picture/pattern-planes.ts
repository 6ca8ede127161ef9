/** One side of a singular pair, as planes: the channels of an image, or a single row. */
export interface Pattern {
  readonly values: readonly number[];
  /** Of the tensor, with its batch axis. */
  readonly shape: readonly number[];
  readonly title: string;
}

/** Channels shown, those with most of the length first, and pixels along a side. */
export const mostPlanes = 6;
const mostPixels = 32;

export interface ShownPlanes {
  /** The strongest first. */
  readonly planes: readonly { readonly channel: number; readonly plane: Float64Array }[];
  readonly rows: number;
  readonly columns: number;
  /** Of the whole tensor. */
  readonly channels: number;
}

/** What of a pattern is shown, as a picture and as a table. */
export function shownPlanes({ values, shape }: Pattern): ShownPlanes {
  const { planes, rows, columns } = planesOf(values, shape);
  const strongest = planes
    .map((plane, channel) => ({ plane, channel, strength: plane.reduce((sum, value) => sum + value * value, 0) }))
    .sort((a, b) => b.strength - a.strength)
    .slice(0, rows === 1 ? 1 : mostPlanes);
  return { planes: strongest, rows, columns, channels: planes.length };
}

/** [1, channels, rows, columns] as its planes, large ones by the mean over blocks; anything else as one row. */
function planesOf(
  values: readonly number[],
  shape: readonly number[],
): { planes: Float64Array[]; rows: number; columns: number } {
  const [, channels, height, width] = shape;
  if (shape.length !== 4 || shape[0] !== 1 || height! * width! === 1)
    return {
      planes: [shrunk(values, 1, values.length, 8 * mostPixels)],
      rows: 1,
      columns: Math.min(values.length, 8 * mostPixels),
    };
  const [rows, columns] = [Math.min(height!, mostPixels), Math.min(width!, mostPixels)];
  const planes = Array.from({ length: channels! }, (_, c) => {
    const plane = values.slice(c * height! * width!, (c + 1) * height! * width!);
    return blocks(plane, height!, width!, rows, columns);
  });
  return { planes, rows, columns };
}

const shrunk = (values: readonly number[], rows: number, columns: number, most: number): Float64Array =>
  blocks(values, rows, columns, rows, Math.min(columns, most));

/** Means over blocks of about equal size. */
function blocks(plane: readonly number[], height: number, width: number, rows: number, columns: number): Float64Array {
  const sums = new Float64Array(rows * columns);
  const counts = new Float64Array(rows * columns);
  plane.forEach((value, i) => {
    const at =
      Math.floor((Math.floor(i / width) * rows) / height) * columns + Math.floor(((i % width) * columns) / width);
    sums[at]! += value;
    counts[at]!++;
  });
  return sums.map((sum, i) => sum / counts[i]!);
}
