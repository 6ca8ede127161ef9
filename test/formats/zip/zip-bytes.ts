import { deflateRawSync } from 'node:zlib';

/** An entry to be written; what is overridden makes the archive lie about it. */
export interface WrittenEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: 'deflate';
  /** What the directory says instead of the truth. */
  readonly claims?: Partial<
    Readonly<Record<'size' | 'packed' | 'offset' | 'method' | 'flags', number>> & { readonly name: string }
  >;
}

const number = (width: 2 | 4 | 8, value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes.subarray(0, width);
};
const two = (value: number): Uint8Array => number(2, value);
const four = (value: number): Uint8Array => number(4, value);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An archive as `zipfile` and PyTorch write them; `wide` puts every size into the 64-bit fields. */
export function zip(entries: readonly WrittenEntry[], format: 'narrow' | 'wide' = 'narrow', comment = ''): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const wide = format === 'wide';
  for (const { name, data, deflate, claims = {} } of entries) {
    const packed = deflate ? deflateRawSync(data) : data;
    const says = {
      size: data.length,
      packed: packed.length,
      offset: at,
      method: deflate ? 8 : 0,
      flags: 0x800,
      name,
      ...claims,
    };
    const local = Buffer.concat([
      four(0x04034b50),
      two(20),
      two(says.flags),
      two(says.method),
      two(0),
      two(0),
      four(0),
      four(packed.length),
      four(data.length),
      two(utf8(name).length),
      two(6),
      utf8(name),
      two(0x4246),
      two(2),
      two(0),
    ]);
    const field = (value: number): Uint8Array => four(wide ? 0xffffffff : value);
    const extra = wide
      ? Buffer.concat([two(1), two(24), number(8, says.size), number(8, says.packed), number(8, says.offset)])
      : Buffer.of();
    directory.push(
      Buffer.concat([
        four(0x02014b50),
        two(20),
        two(20),
        two(says.flags),
        two(says.method),
        two(0),
        two(0),
        four(0),
        field(says.packed),
        field(says.size),
        two(utf8(says.name).length),
        two(extra.length),
        two(0),
        two(0),
        two(0),
        four(0),
        field(says.offset),
        utf8(says.name),
        extra,
      ]),
    );
    parts.push(local, packed);
    at += local.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const wideEnd = Buffer.concat([
    four(0x06064b50),
    number(8, 44),
    two(45),
    two(45),
    four(0),
    four(0),
    number(8, entries.length),
    number(8, entries.length),
    number(8, list.length),
    number(8, at),
    four(0x07064b50),
    four(0),
    number(8, at + list.length),
    four(1),
  ]);
  const end = (value: number): Uint8Array => four(wide ? 0xffffffff : value);
  const count = two(wide ? 0xffff : entries.length);
  return new Uint8Array(
    Buffer.concat([
      ...parts,
      list,
      ...(wide ? [wideEnd] : []),
      four(0x06054b50),
      two(0),
      two(0),
      count,
      count,
      end(list.length),
      end(at),
      two(utf8(comment).length),
      utf8(comment),
    ]),
  );
}
