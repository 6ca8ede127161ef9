import { inflateRawSync } from 'node:zlib';
import { UserError } from '../../sentence.ts';
import { checkRange } from '../bytes.ts';
import type { ByteSource } from '../format.ts';
import { recentlyMade } from '../recently-made.ts';
import { quoted } from '../wording.ts';
import type { DirectoryEntry } from './directory.ts';

const method = { stored: 0, deflated: 8 } as const;
/** Deflate cannot do better than 258 bytes by two bits, so a larger claim is false before anything is unpacked. */
const bestRatio = 1032;
const longestUnpacked = 1 << 28;
/** Of what zlib unpacks at a time. */
const longestPiece = 1 << 16;
/** A local header without its name and extra fields. */
export const localLength = 30;
const localSignature = 0x04034b50;

/** An entry as a file of its own: stored ones are read where they stand, deflated ones are unpacked at the first read. */
export function entrySource(source: ByteSource, entry: DirectoryEntry, end: number): ByteSource {
  const name = `${quoted(entry.name)} in ${source.name}`;
  let data: number | undefined;
  const dataAt = (): number => (data ??= dataOf(source, entry, end, name));
  const whole = recentlyMade(
    () => inflate(source.read(dataAt(), entry.packed), entry.size, name),
    (bytes) => bytes.length,
  );
  return {
    name,
    size: entry.size,
    read(offset, length, room) {
      refuseUnreadable(entry, name);
      checkRange(this, offset, length);
      return entry.method === method.stored
        ? source.read(dataAt() + offset, length, room)
        : whole().slice(offset, offset + length);
    },
  };
}

function refuseUnreadable(entry: DirectoryEntry, name: string): void {
  const { packed, size } = entry;
  if (entry.encrypted) throw new UserError(`${name} is encrypted, so it cannot be read.`);
  if (entry.method === method.stored) {
    if (packed === size) return;
    throw new UserError(`${name} is stored in ${packed} bytes, but is said to have ${size}: save it again.`);
  }
  if (entry.method !== method.deflated) {
    throw new UserError(
      `${name} is compressed by method ${entry.method} of zip, which is not read: save it uncompressed.`,
    );
  }
  if (size > packed * bestRatio) {
    throw new UserError(
      `${name} claims to unpack from ${packed} to ${size} bytes, which no compression achieves: it is damaged, or made to harm.`,
    );
  }
  if (size > longestUnpacked) {
    throw new UserError(`${name} is compressed and would take ${size} bytes unpacked: save it uncompressed.`);
  }
}

/** The local header repeats the name and adds fields of its own, whose length only it knows. */
function dataOf(source: ByteSource, { written, offset, packed }: DirectoryEntry, end: number, name: string): number {
  const head = source.read(offset, localLength);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const nameLength = view.getUint16(26, true);
  const data = offset + localLength + nameLength + view.getUint16(28, true);
  const consistent =
    view.getUint32(0, true) === localSignature &&
    data + packed <= end &&
    Buffer.compare(source.read(offset + localLength, nameLength), written) === 0;
  if (consistent) return data;
  throw new UserError(`${name} does not stand where the archive says: it is damaged, or made to harm; save it again.`);
}

/** Never makes more than the archive promised: the bound holds while unpacking, not after. */
function inflate(packed: Uint8Array, size: number, name: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    // In one piece where it is small: zlib's own pieces of 16 KB would be held for an entry of a few bytes.
    const chunkSize = Math.min(Math.max(64, size), longestPiece);
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, size), chunkSize });
  } catch (error) {
    throw new UserError(`${name} cannot be unpacked to its ${size} bytes: it is damaged.`, { cause: error });
  }
  if (bytes.length === size) return bytes;
  throw new UserError(`${name} unpacks to ${bytes.length} bytes instead of ${size}: it is damaged.`);
}
