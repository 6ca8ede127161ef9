import { memorySource } from '../../../core/formats/bytes.ts';
import { openZip } from '../../../core/formats/zip/archive.ts';
import { zip } from '../../formats/zip/zip-bytes.ts';
import type { Random } from './random.ts';

/** A model as its files: the one that is opened, and those beside it. */
export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

const numbers = [0, 1, 2, 3, 7, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff];

/** A few bytes replaced, moved, doubled or taken away; words that stand at even places get the values that lengths and addresses go wrong at. */
export function mutatedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return bytes;
  let result = Uint8Array.from(bytes);
  for (let round = 0; round <= random.below(6); round++) {
    const at = random.below(result.length);
    const length = 1 + random.below(Math.min(64, result.length - at));
    switch (random.below(8)) {
      case 0:
        result[at] = random.below(256);
        break;
      case 1:
        result[at]! ^= 1 << random.below(8);
        break;
      case 2:
        writeWord(result, at, random.pick([2, 4, 8]), random.pick(numbers));
        break;
      case 3:
        // One address or length in the place of another.
        result.copyWithin(at & ~7, random.below(result.length) & ~7, (random.below(result.length) & ~7) + 8);
        break;
      case 4:
        result.copyWithin(at, random.below(result.length), random.below(result.length));
        break;
      case 5:
        result = joined(result.subarray(0, at), result.subarray(at, at + length), result.subarray(at));
        break;
      case 6:
        result = joined(result.subarray(0, at), result.subarray(at + length));
        break;
      default:
        if (random.chance(4)) result = result.slice(0, at + 1);
    }
    if (result.length === 0) break;
  }
  return result;
}

function writeWord(bytes: Uint8Array, at: number, width: number, value: number): void {
  const place = at - (at % width);
  for (let i = 0; i < width && place + i < bytes.length; i++) bytes[place + i] = i < 4 ? (value >>> (8 * i)) & 0xff : 0;
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(parts));

/** Values that programs stumble over, in the place of whatever stood there. */
const strange: readonly unknown[] = [
  null,
  true,
  '',
  '__proto__',
  'constructor',
  0,
  -1,
  1,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e308,
  [],
  {},
  [[]],
  [-1, -1],
  [2 ** 40, 2 ** 40],
  '9223372036854775807',
];

/** The text with some values of its JSON exchanged, doubled, renamed or left out. */
export function mutatedJson(text: string, random: Random): string {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return text;
  }
  for (let round = 0; round <= random.below(4); round++) {
    const places = placesOf(root);
    if (places.length === 0) break;
    const { holder, key } = random.pick(places);
    const list = holder as Record<string | number, unknown>;
    switch (random.below(6)) {
      case 0:
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- an object of JSON, of which any key may go
        else delete list[key];
        break;
      case 1: {
        const other = random.pick(places);
        list[key] = structuredClone((other.holder as Record<string | number, unknown>)[other.key]);
        break;
      }
      case 2:
        if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]));
        else list[`${key}${random.below(3)}`] = list[key];
        break;
      case 3:
        if (typeof list[key] === 'number') list[key] += random.pick([-1, 1, 1000, 0.5]);
        else if (typeof list[key] === 'string') list[key] = `${list[key]}${random.pick(['0', '/', ':1', '../'])}`;
        break;
      default:
        list[key] = structuredClone(random.pick(strange));
    }
  }
  return JSON.stringify(root);
}

interface Place {
  readonly holder: object;
  readonly key: string | number;
}

function placesOf(root: unknown): readonly Place[] {
  const places: Place[] = [];
  const waiting: unknown[] = [root];
  for (let value = waiting.pop(); value !== undefined && places.length < 50_000; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      places.push({ holder: value, key: Array.isArray(value) ? Number(key) : key });
      if (inner !== null) waiting.push(inner);
    }
  }
  return places;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const isJson = (bytes: Uint8Array): boolean => bytes[0] === 0x7b || bytes[0] === 0x5b;

/** By what the bytes are: JSON as JSON, an archive entry by entry, safetensors in its header. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.chance(5)) return mutatedBytes(bytes, random);
  if (isJson(bytes)) return encoder.encode(mutatedJson(decoder.decode(bytes), random));
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return mutatedArchive(bytes, random);
  if (bytes[8] === 0x7b) return mutatedHeader(bytes, random);
  return mutatedBytes(bytes, random);
}

/** One entry changed as what it is, or left out, doubled or renamed. */
function mutatedArchive(bytes: Uint8Array, random: Random): Uint8Array {
  const archive = openZip(memorySource('sample', bytes));
  const entries = [...archive.entries].map(([name, entry]) => ({ name, data: entry.read(0, entry.size) }));
  // What says what the rest is weighs more than numbers.
  const telling = entries.filter(({ name, data }) => isJson(data) || /pkl|h5|config/u.test(name));
  const chosen = random.chance(4) || telling.length === 0 ? random.pick(entries) : random.pick(telling);
  switch (random.below(12)) {
    case 0:
      return zip(entries.filter((entry) => entry !== chosen));
    case 1:
      return zip(entries.map((entry) => (entry === chosen ? { ...entry, name: random.pick(entries).name } : entry)));
    case 2:
      return zip(entries.map((entry) => (entry === chosen ? { ...entry, deflate: 'deflate' as const } : entry)));
    default:
      return zip(entries.map((entry) => (entry === chosen ? { ...entry, data: mutated(entry.data, random) } : entry)));
  }
}

/** The length of the header, its JSON, then the numbers. */
function mutatedHeader(bytes: Uint8Array, random: Random): Uint8Array {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = encoder.encode(mutatedJson(decoder.decode(bytes.subarray(8, 8 + length)), random));
  const count = new Uint8Array(8);
  new DataView(count.buffer).setUint32(0, random.chance(8) ? random.pick(numbers) : header.length, true);
  return joined(count, header, bytes.subarray(8 + length));
}

/** Mostly the file that is opened, sometimes one beside it. */
export function mutatedSample({ name, bytes, beside }: Sample, random: Random): Sample {
  if (beside.size === 0 || !random.chance(5)) return { name, bytes: mutated(bytes, random), beside };
  const [chosen, content] = random.pick([...beside]);
  return { name, bytes, beside: new Map([...beside, [chosen, mutated(content, random)]]) };
}
