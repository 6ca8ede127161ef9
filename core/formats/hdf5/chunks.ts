import type { BytesAt } from './bytes-at.ts';
import { nowhere } from './bytes-at.ts';
import type { Message } from './object-header.ts';

/** A piece of an array. */
export interface Chunk {
  readonly at: number;
  /** Bytes in the file; undefined where the piece is not compressed. */
  readonly length?: number;
  /** Filters that were not applied, by bit. */
  readonly skipped: number;
  readonly offset: readonly number[];
  readonly sizes: readonly number[];
}

const mostNodes = 100_000;

export function* eachChunk(
  file: BytesAt,
  layout: Message,
  shape: readonly number[],
  elementSize: number,
  where: string,
): Generator<Chunk> {
  if (file.u8(layout.at) === 4) {
    yield* modernChunks(file, layout, shape, elementSize, where);
    return;
  }
  const rank = file.u8(layout.at + 2) - 1;
  if (rank !== shape.length) throw file.damaged(`cuts ${where} into pieces of another number of axes`);
  const tree = file.u64(layout.at + 3);
  const sizes = shape.map((_, axis) => file.u32(layout.at + 11 + 4 * axis));
  refuseEmpty(file, sizes, where);
  if (tree !== nowhere) yield* leaves(file, tree, sizes, where);
}

function refuseEmpty(file: BytesAt, sizes: readonly number[], where: string): void {
  if (sizes.some((size) => size < 1)) throw file.damaged(`cuts ${where} into empty pieces`);
}

/** Nodes of a B-tree: for each chunk its length, filters and place. */
function* leaves(file: BytesAt, root: number, sizes: readonly number[], where: string): Generator<Chunk> {
  const waiting = [root];
  const seen = new Set(waiting);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    file.expect(at, 'TREE');
    if (file.u8(at + 4) !== 1) throw file.damaged(`is damaged in the list of the pieces of ${where}`);
    const level = file.u8(at + 5);
    const entries = file.u16(at + 6);
    const keyLength = 8 + 8 * (sizes.length + 1);
    for (let i = 0; i < entries; i++) {
      const key = at + 24 + i * (keyLength + 8);
      const child = file.u64(key + keyLength);
      if (level === 0) {
        const offset = sizes.map((_, axis) => file.u64(key + 8 + 8 * axis));
        if (offset.some((place) => place < 0)) throw file.damaged(`is damaged in the list of the pieces of ${where}`);
        yield { at: child, length: file.u32(key), skipped: file.u32(key + 4), offset, sizes };
        continue;
      }
      if (seen.has(child) || seen.size > mostNodes) throw file.damaged(`lists the pieces of ${where} in a circle`);
      seen.add(child);
      waiting.push(child);
    }
  }
}

/** Since HDF5 1.10, for files written with libver="latest". */
function* modernChunks(
  file: BytesAt,
  { at }: Message,
  shape: readonly number[],
  elementSize: number,
  where: string,
): Generator<Chunk> {
  const flags = file.u8(at + 2);
  const rank = file.u8(at + 3) - 1;
  const width = file.u8(at + 4);
  if (rank !== shape.length) throw file.damaged(`cuts ${where} into pieces of another number of axes`);
  const sizes = shape.map((_, axis) => file.sized(at + 5 + width * axis, width));
  refuseEmpty(file, sizes, where);
  const index = at + 5 + width * (rank + 1);
  const kind = file.u8(index);
  if (kind === 1) {
    const filtered = (flags & 2) !== 0;
    const address = file.u64(index + (filtered ? 13 : 1));
    if (address === nowhere) return;
    const packed = filtered ? { length: file.u64(index + 1), skipped: file.u32(index + 9) } : { skipped: 0 };
    yield { at: address, ...packed, offset: sizes.map(() => 0), sizes };
    return;
  }
  if (kind !== 2) throw file.damaged(`lists the pieces of ${where} in a way that is not read; save it unchunked`);
  // All pieces one after another, in row-major order.
  const start = file.u64(index + 1);
  if (start === nowhere) return;
  const counts = shape.map((size, axis) => Math.ceil(size / sizes[axis]!));
  const total = counts.reduce((product, count) => product * count, 1);
  const length = sizes.reduce((product, size) => product * size, elementSize);
  if (start + total * length > file.size) throw file.damaged(`is cut off within ${where}`);
  for (let i = 0; i < total; i++) {
    let rest = i;
    const offset = counts
      .toReversed()
      .map((count, back) => {
        const place = (rest % count) * sizes[sizes.length - 1 - back]!;
        rest = Math.floor(rest / count);
        return place;
      })
      .toReversed();
    yield { at: start + i * length, skipped: 0, offset, sizes };
  }
}
