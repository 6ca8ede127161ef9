import { inflateSync } from 'node:zlib';
import type { BytesAt } from './bytes-at.ts';
import { nowhere } from './bytes-at.ts';
import { eachChunk } from './chunks.ts';
import { messageType, type Message } from './object-header.ts';

/** Where the elements of an array stand. */
export interface Stored {
  bytes(): Uint8Array;
  /** Only where the elements stand in one piece. */
  readonly part?: (offset: number, length: number) => Uint8Array;
}

/** Compressed arrays are unpacked whole. */
const longestUnpacked = 2 ** 28;

export function storedAs(
  file: BytesAt,
  messages: readonly Message[],
  shape: readonly number[],
  elementSize: number,
  where: string,
): Stored {
  const layout = messages.find(({ type }) => type === messageType.layout);
  if (layout === undefined) throw file.damaged(`does not say where the elements of ${where} are`);
  if (messages.some(({ type }) => type === messageType.externalFiles)) {
    throw file.damaged(`keeps ${where} in another file, which is never opened`);
  }
  const length = shape.reduce((product, size) => product * size, elementSize);
  const { at } = layout;
  const version = file.u8(at);
  if (version !== 3 && version !== 4)
    throw file.damaged(`stores ${where} in a way (layout ${version}) that is not read`);
  switch (file.u8(at + 1)) {
    case 0:
      return inOnePiece(file, at + 4, file.u16(at + 2), length, where);
    case 1:
      return inOnePiece(file, file.u64(at + 2), file.u64(at + 10), length, where);
    case 2:
      return inChunks(file, messages, layout, { shape, elementSize, length, where });
    default:
      throw file.damaged(`makes ${where} of parts of other arrays, which are never opened`);
  }
}

function inOnePiece(file: BytesAt, at: number, held: number, length: number, where: string): Stored {
  if (at === nowhere || length === 0) return zeros(file, length, where);
  if (held !== length) throw file.damaged(`sets aside ${held} bytes for ${where}, which takes ${length}`);
  if (at + length > file.size) throw file.damaged(`is cut off within ${where}`);
  return { bytes: () => file.bytes(at, length), part: (from, count) => file.bytes(at + from, count) };
}

/** What was never written is the fill value, which for the weights of a model is 0. */
function zeros(file: BytesAt, length: number, where: string): Stored {
  if (length > longestUnpacked) throw file.damaged(`declares ${where} with ${length} bytes, but holds none of them`);
  return { bytes: () => new Uint8Array(length) };
}

interface Array {
  readonly shape: readonly number[];
  readonly elementSize: number;
  readonly length: number;
  readonly where: string;
}

function inChunks(file: BytesAt, messages: readonly Message[], layout: Message, array: Array): Stored {
  const { shape, elementSize, length, where } = array;
  if (length > longestUnpacked)
    throw file.damaged(`stores ${where} in pieces of together ${length} bytes: save it unchunked`);
  const filters = filtersOf(file, messages, where);
  return {
    bytes() {
      const whole = new Uint8Array(length);
      let spent = 0;
      for (const chunk of eachChunk(file, layout, shape, elementSize, where)) {
        const size = chunk.sizes.reduce((product, extent) => product * extent, elementSize);
        spent += size;
        // Chunks overlap only in files made to harm; the last ones of each axis may stick out.
        if (size > longestUnpacked || spent > 2 * longestUnpacked)
          throw file.damaged(`unpacks ${where} to more bytes than it has`);
        const packed = file.bytes(chunk.at, chunk.length ?? size);
        place(whole, shape, unfiltered(packed, filters, chunk.skipped, size, file, where), chunk, elementSize);
      }
      return whole;
    },
  };
}

interface Filter {
  readonly id: number;
  readonly values: readonly number[];
}

const knownFilters: Readonly<Record<number, string | undefined>> = { 1: 'deflate', 2: 'shuffle', 3: 'fletcher32' };

function filtersOf(file: BytesAt, messages: readonly Message[], where: string): readonly Filter[] {
  const message = messages.find(({ type }) => type === messageType.filters);
  if (message === undefined) return [];
  const version = file.u8(message.at);
  const count = file.u8(message.at + 1);
  let at = message.at + (version === 1 ? 8 : 2);
  return Array.from({ length: count }, () => {
    const id = file.u16(at);
    if (knownFilters[id] === undefined) {
      throw file.damaged(`compresses ${where} by the filter ${id}, which is not read: save it uncompressed`);
    }
    const named = version === 1 || id >= 256;
    const nameLength = named ? file.u16(at + 2) : 0;
    at += named ? 4 : 2;
    const values = file.u16(at + 2);
    at += 4 + (version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    const filter = { id, values: Array.from({ length: Math.min(values, 8) }, (_, i) => file.u32(at + 4 * i)) };
    at += 4 * values + (version === 1 && values % 2 === 1 ? 4 : 0);
    return filter;
  });
}

/** The filters were applied in their order; a bit of the mask says which were skipped for this chunk. */
function unfiltered(
  packed: Uint8Array,
  filters: readonly Filter[],
  skipped: number,
  size: number,
  file: BytesAt,
  where: string,
): Uint8Array {
  let bytes = packed;
  filters.toReversed().forEach(({ id, values }, back) => {
    if ((skipped & (1 << (filters.length - 1 - back))) !== 0) return;
    if (id === 1) bytes = inflated(bytes, size + 4, file, where);
    else if (id === 2) bytes = unshuffled(bytes, values[0] ?? 1);
    else bytes = bytes.subarray(0, Math.max(0, bytes.length - 4));
  });
  if (bytes.length !== size)
    throw file.damaged(`unpacks a piece of ${where} to ${bytes.length} bytes instead of ${size}`);
  return bytes;
}

function inflated(packed: Uint8Array, most: number, file: BytesAt, where: string): Uint8Array {
  try {
    return inflateSync(packed, { maxOutputLength: most });
  } catch {
    throw file.damaged(`holds ${where} in pieces that cannot be unpacked to the size that they should have`);
  }
}

/** Shuffled: the first bytes of all elements, then the second bytes, and so on. */
function unshuffled(bytes: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(bytes.length / width);
  // Not slice(), which of Node's buffers gives the same bytes again.
  const plain = Uint8Array.from(bytes);
  for (let i = 0; i < count; i++) for (let k = 0; k < width; k++) plain[i * width + k] = bytes[k * count + i]!;
  return plain;
}

interface Placed {
  readonly offset: readonly number[];
  readonly sizes: readonly number[];
}

/** Row by row into the whole, without what sticks out. */
function place(
  whole: Uint8Array,
  shape: readonly number[],
  bytes: Uint8Array,
  { offset, sizes }: Placed,
  width: number,
): void {
  const rank = shape.length;
  const fits = sizes.map((size, axis) => Math.min(size, shape[axis]! - offset[axis]!));
  if (fits.some((size) => size <= 0)) return;
  const run = (fits[rank - 1] ?? 1) * width;
  const rows = fits.slice(0, -1).reduce((product, size) => product * size, 1);
  for (let row = 0; row < rows; row++) {
    let rest = row;
    let from = 0;
    let to = offset[rank - 1] ?? 0;
    let fromStride = sizes[rank - 1] ?? 1;
    let toStride = shape[rank - 1] ?? 1;
    for (let axis = rank - 2; axis >= 0; axis--) {
      const index = rest % fits[axis]!;
      rest = Math.floor(rest / fits[axis]!);
      from += index * fromStride;
      to += (offset[axis]! + index) * toStride;
      fromStride *= sizes[axis]!;
      toStride *= shape[axis]!;
    }
    whole.set(bytes.subarray(from * width, from * width + run), to * width);
  }
}
