import { UserError } from '../../sentence.ts';
import type { ByteSource } from '../format.ts';
import { quoted } from '../wording.ts';

/** One file of the archive as the central directory describes it. Nothing here is believed before `archive.ts` has looked. */
export interface DirectoryEntry {
  readonly name: string;
  /** The name's bytes, which the entry's own header repeats. */
  readonly written: Uint8Array;
  /** 0 is stored, 8 is deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly packed: number;
  readonly size: number;
  /** Where the entry's local header stands. */
  readonly offset: number;
}

export interface Directory {
  readonly entries: readonly DirectoryEntry[];
  /** Where the directory begins, which is where the entries end. */
  readonly start: number;
}

const signature = { entry: 0x02014b50, end: 0x06054b50, wideEnd: 0x06064b50, wideLocator: 0x07064b50 } as const;
const endLength = 22;
const wideLocatorLength = 20;
const wideEndLength = 56;
const longestComment = 0xffff;
const entryLength = 46;
const wideExtra = 1;
/** Networks of a thousand layers have some ten thousand entries. */
const mostEntries = 200_000;
const longestDirectory = 1 << 26;

export function readDirectory(source: ByteSource): Directory {
  const damaged = (what: string): UserError =>
    new UserError(`${source.name} is a zip archive that ${what}: copy or save it again.`);
  const { count, start, length, end } = readEnd(source, damaged);
  if (count > mostEntries || length > longestDirectory) {
    throw damaged(`lists ${count} entries in ${length} bytes, more than any model has`);
  }
  // Each entry takes at least its fixed part: a count beyond that is a lie that would cost time.
  if (start + length > end || count * entryLength > length) throw damaged('has no room for its own list of entries');
  const bytes = source.read(start, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: DirectoryEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + entryLength > length || view.getUint32(at, true) !== signature.entry) {
      throw damaged('is damaged in its list of entries');
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const extraAt = at + entryLength + nameLength!;
    const next = extraAt + extraLength! + commentLength!;
    if (next > length) throw damaged('is damaged in its list of entries');
    const flags = view.getUint16(at + 8, true);
    const written = bytes.subarray(at + entryLength, extraAt);
    entries.push({
      name: nameOf(written, damaged),
      written,
      method: view.getUint16(at + 10, true),
      encrypted: (flags & 0x2041) !== 0,
      ...extentOf(view, at, extraAt, extraLength!, damaged),
    });
    at = next;
  }
  if (at !== length) throw damaged('counts fewer entries than it lists');
  return { entries, start };
}

interface End {
  readonly count: number;
  readonly start: number;
  readonly length: number;
  /** Where the records of the end begin. */
  readonly end: number;
}

type Damaged = (what: string) => UserError;

/** The end record stands last, but for a comment; its fields are all ones where the 64-bit record holds the truth. */
function readEnd(source: ByteSource, damaged: Damaged): End {
  const tail = source.read(...lastBytes(source, endLength + longestComment));
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const offset = source.size - tail.length;
  let at = tail.length - endLength;
  const isEnd = (): boolean =>
    view.getUint32(at, true) === signature.end && at + endLength + view.getUint16(at + 20, true) === tail.length;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) throw damaged('is cut off: the list of its entries, which ends it, is missing');
  if (view.getUint16(at + 4, true) !== view.getUint16(at + 6, true)) throw damaged('is one part of several');
  const narrow: End = {
    count: view.getUint16(at + 10, true),
    length: view.getUint32(at + 12, true),
    start: view.getUint32(at + 16, true),
    end: offset + at,
  };
  const wide = narrow.count === 0xffff || narrow.length === 0xffffffff || narrow.start === 0xffffffff;
  return wide ? readWideEnd(source, narrow, damaged) : narrow;
}

function readWideEnd(source: ByteSource, narrow: End, damaged: Damaged): End {
  const locatorAt = narrow.end - wideLocatorLength;
  if (locatorAt < 0) return narrow;
  const locator = viewOf(source, locatorAt, wideLocatorLength);
  // Exactly 65535 entries need no wide record.
  if (locator.getUint32(0, true) !== signature.wideLocator) return narrow;
  const end = wholeNumber(locator, 8, damaged);
  if (end + wideEndLength > locatorAt) throw damaged('is damaged where its list of entries should be');
  const record = viewOf(source, end, wideEndLength);
  if (record.getUint32(0, true) !== signature.wideEnd) throw damaged('is damaged where its list of entries should be');
  return {
    count: wholeNumber(record, 32, damaged),
    length: wholeNumber(record, 40, damaged),
    start: wholeNumber(record, 48, damaged),
    end,
  };
}

/** Sizes and place; those that do not fit 32 bits follow in the extra field, in this order and only where needed. */
function extentOf(
  view: DataView,
  at: number,
  extraAt: number,
  extraLength: number,
  damaged: Damaged,
): Pick<DirectoryEntry, 'packed' | 'size' | 'offset'> {
  const size = view.getUint32(at + 24, true);
  const packed = view.getUint32(at + 20, true);
  const offset = view.getUint32(at + 42, true);
  let wide = [size, packed, offset].some((value) => value === 0xffffffff)
    ? findExtra(view, extraAt, extraAt + extraLength)
    : undefined;
  const widened = (narrow: number): number => {
    if (narrow !== 0xffffffff || wide === undefined) return narrow;
    if (wide.byteLength < 8) throw damaged('is damaged in its list of entries');
    const value = wholeNumber(wide, 0, damaged);
    wide = new DataView(wide.buffer, wide.byteOffset + 8, wide.byteLength - 8);
    return value;
  };
  return { size: widened(size), packed: widened(packed), offset: widened(offset) };
}

function findExtra(view: DataView, from: number, to: number): DataView | undefined {
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === wideExtra && end <= to) {
      return new DataView(view.buffer, view.byteOffset + at + 4, end - at - 4);
    }
  }
  return undefined;
}

function wholeNumber(view: DataView, at: number, damaged: Damaged): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw damaged('states sizes beyond any file');
  return value;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Names serve as keys only, nothing is unpacked; yet an archive with such names was made to harm whoever unpacks it. */
function nameOf(bytes: Uint8Array, damaged: Damaged): string {
  let name: string;
  try {
    name = decoder.decode(bytes);
  } catch {
    throw damaged('names an entry in no known alphabet');
  }
  const harmful =
    name === '' || name.includes('\0') || /^[\\/]|^[A-Za-z]:/u.test(name) || name.split(/[\\/]/u).includes('..');
  if (harmful) throw damaged(`names its entry ${quoted(name)} so that unpacking it would write outside its folder`);
  return name;
}

const lastBytes = (source: ByteSource, most: number): [number, number] => {
  const length = Math.min(most, source.size);
  return [source.size - length, length];
};

function viewOf(source: ByteSource, offset: number, length: number): DataView {
  const bytes = source.read(offset, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
