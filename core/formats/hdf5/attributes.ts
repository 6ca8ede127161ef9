import { quoted } from '../wording.ts';
import type { BytesAt } from './bytes-at.ts';
import { nowhere, textOf } from './bytes-at.ts';
import { readDataspace, readDatatype, type Datatype } from './datatype.ts';
import { messageType, type Message } from './object-header.ts';

const mostTexts = 200_000;
const longestText = 2 ** 28;

/** The attributes of an object that are texts or lists of texts; of the others only the names are known. */
export function readTexts(file: BytesAt, messages: readonly Message[]): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, readonly string[]>();
  for (const { type, at, length } of messages) {
    if (type === messageType.attribute) readAttribute(file, at, length, attributes);
    if (type !== messageType.attributeInfo) continue;
    if (file.u64(at + ((file.u8(at + 1) & 1) === 0 ? 2 : 4)) !== nowhere) {
      throw file.damaged(
        'keeps its attributes in the dense form of libver="latest", which is not read; save it without that option',
      );
    }
  }
  return attributes;
}

function readAttribute(file: BytesAt, start: number, length: number, into: Map<string, readonly string[]>): void {
  const version = file.u8(start);
  const [nameLength, typeLength, spaceLength] = [2, 4, 6].map((field) => file.u16(start + field)) as [
    number,
    number,
    number,
  ];
  const padded = (size: number): number => (version === 1 ? Math.ceil(size / 8) * 8 : size);
  const nameAt = start + (version === 3 ? 9 : 8);
  const typeAt = nameAt + padded(nameLength);
  const spaceAt = typeAt + padded(typeLength);
  const dataAt = spaceAt + padded(spaceLength);
  if (version < 1 || version > 3 || dataAt > start + length) throw file.damaged('is damaged in an attribute');
  const name = file.text(nameAt, nameLength);
  const datatype = readDatatype(file, typeAt);
  const shape = readDataspace(file, spaceAt);
  const count = shape === null ? 0 : shape.reduce((product, size) => product * size, 1);
  if (count * datatype.size > start + length - dataAt)
    throw file.damaged(`is cut off in the attribute ${quoted(name)}`);
  into.set(name, textsAt(file, dataAt, datatype, count, name));
}

function textsAt(file: BytesAt, at: number, type: Datatype, count: number, name: string): readonly string[] {
  if (type.kind !== 'text' && type.kind !== 'free text') return [];
  if (count > mostTexts) throw file.damaged(`lists more texts in the attribute ${quoted(name)} than any model has`);
  let spent = 0;
  return Array.from({ length: count }, (_, i) => {
    const text =
      type.kind === 'text'
        ? textOf(file.bytes(at + i * type.size, type.size))
        : heapText(file, at + i * type.size, name);
    spent += text.length;
    if (spent > longestText) throw file.damaged(`holds more text in the attribute ${quoted(name)} than any model has`);
    return text;
  });
}

/** A text of free length: its length, and which object of which global heap holds it. */
function heapText(file: BytesAt, at: number, name: string): string {
  const length = file.u32(at);
  const heap = file.u64(at + 4);
  const wanted = file.u32(at + 12);
  if (length === 0) return '';
  file.expect(heap, 'GCOL');
  const end = heap + file.u64(heap + 8);
  let here = heap + 16;
  while (here + 16 <= end) {
    const index = file.u16(here);
    const size = file.u64(here + 8);
    if (index === 0 || size < 0) break;
    if (index === wanted) {
      if (length > size || here + 16 + size > end) break;
      return textOf(file.bytes(here + 16, length));
    }
    here += 16 + Math.ceil(size / 8) * 8;
  }
  throw file.damaged(`is damaged in the text of the attribute ${quoted(name)}`);
}
