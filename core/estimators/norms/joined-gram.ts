import type { BlockColumns } from '../../compute/linear-algebra/blocked-cholesky.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { timesTransposed } from '../../compute/linear-algebra/times-transposed.ts';
import type { ChannelBlocks } from '../../operators/linear-map.ts';
import { combinations, flatIndex, product } from './landing.ts';

/** One side of a map between images: the rows of a Gram matrix, position by position along the shortest axes first, so that it is a narrow band. */
export interface JoinedSide {
  readonly side: 'output' | 'input';
  readonly channels: number;
  readonly otherChannels: number;
  readonly size: number;
  /** For every place in that order, the furthest place that shares a position of the other side with one up to here. */
  readonly reach: Int32Array;
  /** Rows from the diagonal to the end of the band, at most. */
  readonly band: number;
  /** Products of a factorisation. */
  readonly products: number;
  /** For every position of the other side: the places that it is joined with. */
  readonly meetings: readonly (readonly { readonly place: number; readonly joint: number }[])[];
  /** For every place, the positions of the other side that it is joined with. */
  readonly met: readonly (readonly number[])[];
}

/** The side whose Gram matrix is cheaper to factorise. */
export function cheaperJoinedSide(blocks: ChannelBlocks): JoinedSide {
  const [output, input] = [joinedSide(blocks, 'output'), joinedSide(blocks, 'input')];
  return output.products <= input.products ? output : input;
}

function joinedSide(blocks: ChannelBlocks, side: 'output' | 'input'): JoinedSide {
  const [grid, otherGrid] =
    side === 'output' ? [blocks.outputSize, blocks.inputSize] : [blocks.inputSize, blocks.outputSize];
  const [channels, otherChannels] =
    side === 'output' ? [blocks.outputChannels, blocks.inputChannels] : [blocks.inputChannels, blocks.outputChannels];
  const places = shortestAxesFirst(grid);
  const meetings: { place: number; joint: number }[][] = Array.from({ length: product(otherGrid) }, () => []);
  const met: number[][] = Array.from({ length: product(grid) }, () => []);
  blocks.joints.forEach(({ outputs, inputs }, joint) => {
    for (let k = 0; k < outputs.length; k++) {
      const [own, other] = side === 'output' ? [outputs[k]!, inputs[k]!] : [inputs[k]!, outputs[k]!];
      meetings[other]!.push({ place: places[own]!, joint });
      met[places[own]!]!.push(other);
    }
  });
  const furthest = meetings.map((meeting) => meeting.reduce((most, { place }) => Math.max(most, place), 0));
  const reach = new Int32Array(met.length);
  let band = 0;
  let so = 0;
  met.forEach((others, place) => {
    for (const other of others) so = Math.max(so, furthest[other]!);
    so = Math.max(so, place);
    reach[place] = so;
    band = Math.max(band, channels * (so - place + 1));
  });
  const size = channels * met.length;
  return { side, channels, otherChannels, size, reach, band, products: (size * band * band) / 2, meetings, met };
}

/** Of every position in row-major order, its place when the longest axis is the slowest. */
function shortestAxesFirst(grid: readonly number[]): Int32Array {
  const axes = grid.map((_, axis) => axis).sort((a, b) => grid[b]! - grid[a]!);
  const sizes = axes.map((axis) => grid[axis]!);
  const positions = combinations(grid.map((length) => Array.from({ length }, (_, p) => p)));
  return Int32Array.from(positions, (position) => flatIndex(axes.map((axis) => position[axis]!), sizes)); // prettier-ignore
}

/** W_k W_l' (W_k' W_l on the input side) of every two joints that meet, by `key`, of one group. */
export type JointProducts = ReadonlyMap<number, Float64Array>;

const keyOf = (one: number, two: number, { joints }: ChannelBlocks): number => one * joints.length + two;

/** Numbers that all of them together may be. */
const largestProducts = 2e7;

/** Entries divided by `scale`, a power of two; undefined where there are too many pairs. */
export async function jointProducts(
  blocks: ChannelBlocks,
  side: JoinedSide,
  group: number,
  scale: number,
  pace: Pace,
): Promise<JointProducts | undefined> {
  const pairs = new Set<number>();
  for (const meeting of side.meetings)
    for (const one of meeting) for (const two of meeting) pairs.add(keyOf(one.joint, two.joint, blocks));
  if (pairs.size * side.channels ** 2 > largestProducts) return undefined;
  const matrices = blocks.joints.map(({ matrix }) => ofGroup(matrix, blocks, side.side, group, scale));
  const products = new Map<number, Float64Array>();
  for (const key of pairs) {
    const [one, two] = [Math.floor(key / matrices.length), key % matrices.length];
    products.set(key, await timesTransposed(matrices[one]!, matrices[two]!, side.channels, side.otherChannels, pace));
  }
  return products;
}

function ofGroup(
  matrix: Float64Array,
  { outputChannels, inputChannels }: ChannelBlocks,
  side: 'output' | 'input',
  group: number,
  scale: number,
): Float64Array {
  const size = outputChannels * inputChannels;
  const own = matrix.subarray(group * size, (group + 1) * size).map((entry) => entry / scale);
  if (side === 'output') return own;
  const turned = new Float64Array(size);
  for (let o = 0, at = 0; o < outputChannels; o++)
    for (let c = 0; c < inputChannels; c++, at++) turned[c * outputChannels + o] = own[at]!;
  return turned;
}

/** The block columns of shift I - G, written when they are asked for: G itself is nowhere. */
export function joinedColumns(
  blocks: ChannelBlocks,
  side: JoinedSide,
  products: JointProducts,
  shift: number,
): BlockColumns & { readonly largestDiagonal: number } {
  const { size, channels, reach, meetings, met } = side;
  const width = size < 1500 ? 64 : 128;
  const end = (block: number): number => {
    const last = Math.min(size, (block + 1) * width) - 1;
    const rows = channels * (reach[Math.floor(last / channels)]! + 1);
    return Math.min(size, width * Math.ceil(Math.max(rows, last + 1) / width));
  };
  let largestDiagonal = shift;
  return {
    size,
    width,
    end,
    get largestDiagonal() {
      return largestDiagonal;
    },
    column(block, doubles) {
      const first = block * width;
      const own = Math.min(width, size - first);
      const entries = doubles((end(block) - first) * own).fill(0);
      const lastPlace = Math.floor((first + own - 1) / channels);
      for (let place = Math.floor(first / channels); place <= lastPlace; place++) {
        const columns = place * channels - first;
        const [from, to] = [Math.max(0, -columns), Math.min(channels, own - columns)];
        for (const other of met[place]!) {
          const meeting = meetings[other]!;
          // A place is joined once with every position of the other side.
          const { joint } = meeting.find((at) => at.place === place)!;
          for (const two of meeting) {
            if (two.place < place) continue;
            const shared = products.get(keyOf(two.joint, joint, blocks))!;
            const rows = two.place * channels - first;
            for (let c = Math.max(0, -rows); c < channels; c++) {
              const at = (rows + c) * own + columns;
              // Nothing above the diagonal.
              const until = Math.min(to, rows + c - columns + 1);
              for (let d = from; d < until; d++) entries[at + d]! -= shared[c * channels + d]!;
            }
          }
        }
      }
      for (let i = 0; i < own; i++) {
        entries[i * own + i]! += shift;
        largestDiagonal = Math.max(largestDiagonal, Math.abs(entries[i * own + i]!));
      }
      return entries;
    },
  };
}
