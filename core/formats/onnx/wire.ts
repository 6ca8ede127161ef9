import { UserError } from '../../sentence.ts';
import type { ByteSource } from '../format.ts';
import { amount } from '../wording.ts';

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

const longestText = 1 << 24;

/**
 * Walks over the fields of one protobuf message inside a file that may be larger than memory. Only a window of the file is held;
 * weights are passed over. No length that the file states is believed before it is compared with what is there.
 */
export class ProtobufReader {
  /** What this message is, for sentences: 'node "conv1"'. */
  what: string;
  field = 0;
  readonly range: ByteRange;
  readonly #window: Window;
  readonly #end: number;
  #position: number;
  #wire = 0;
  #unread = false;
  /** The last varint, in halves of 32 bits, because 64 do not fit into a number. */
  #low = 0;
  #high = 0;

  constructor(window: Window, what: string, range: ByteRange = { offset: 0, length: window.source.size }) {
    this.#window = window;
    this.what = what;
    this.range = range;
    this.#position = range.offset;
    this.#end = range.offset + range.length;
  }

  /** Goes to the next field; a value that nobody asked for is passed over. */
  next(): boolean {
    if (this.#unread) this.#skip();
    if (this.#position >= this.#end) return false;
    this.#readVarint();
    if (this.#high !== 0 || this.#low >>> 3 === 0) this.#unreadable();
    this.field = this.#low >>> 3;
    this.#wire = this.#low & 7;
    this.#unread = true;
    return true;
  }

  unsigned(): number {
    this.#expect(varint);
    this.#readVarint();
    return this.#high * 2 ** 32 + this.#low;
  }

  /** An int64; beyond 2^53 the nearest double. */
  signed(): number {
    this.#expect(varint);
    this.#readVarint();
    return this.#signed();
  }

  float(): number {
    this.#expect(fixed32);
    return viewOf(this.#window.read(this.#advance(4), 4)).getFloat32(0, true);
  }

  text(): string {
    const { offset, length } = this.bytes();
    if (length > longestText) {
      this.#damaged(`a text of ${length} bytes stands in ${this.what} at byte ${offset}`);
    }
    this.#window.spend(32 + length);
    return decoder.decode(this.#window.read(offset, length));
  }

  /** Where the bytes of the field are; they are not read. */
  bytes(part = `field ${this.field} of ${this.what}`): ByteRange {
    this.#expect(delimited);
    this.#readVarint();
    const length = this.#high * 2 ** 32 + this.#low;
    return { offset: this.#advance(length, part), length };
  }

  /** What stands in the range; only to be looked at, because the window may be behind it. */
  read({ offset, length }: ByteRange): Uint8Array {
    return this.#window.read(offset, length);
  }

  message(what: string): ProtobufReader {
    this.#window.spend(256);
    return new ProtobufReader(this.#window, what, this.bytes(what));
  }

  /** The same message from its beginning. */
  again(): ProtobufReader {
    return new ProtobufReader(this.#window, this.what, this.range);
  }

  signedList(into: number[]): void {
    this.eachVarint(() => {
      this.#window.spend(8);
      into.push(this.#signed());
    });
  }

  floatList(into: number[]): void {
    const { offset, length } = this.fixedList(4);
    this.#window.spend(2 * length);
    const view = viewOf(this.read({ offset, length }));
    for (let i = 0; i < length; i += 4) into.push(view.getFloat32(i, true));
  }

  /** The values of a repeated field, whether they were written in one packed run or one by one. */
  eachVarint(visit: (low: number, high: number) => void): void {
    if (this.#wire === varint) {
      this.unsigned();
      visit(this.#low, this.#high);
      return;
    }
    const { offset, length } = this.bytes();
    const packed = new ProtobufReader(this.#window, this.what, { offset, length });
    while (packed.#position < packed.#end) {
      packed.#readVarint();
      this.#low = packed.#low;
      this.#high = packed.#high;
      visit(this.#low, this.#high);
    }
  }

  /** Where the values of a repeated field of fixed width are; as above. */
  fixedList(width: 4 | 8): ByteRange {
    const single = width === 4 ? fixed32 : fixed64;
    if (this.#wire === single) {
      this.#unread = false;
      return { offset: this.#advance(width), length: width };
    }
    const range = this.bytes();
    if (range.length % width !== 0) this.#unreadable();
    return range;
  }

  #signed(): number {
    return (this.#high | 0) * 2 ** 32 + this.#low;
  }

  #expect(wire: number): void {
    if (this.#wire !== wire) this.#unreadable();
    this.#unread = false;
  }

  #skip(): void {
    switch (this.#wire) {
      case varint:
        this.unsigned();
        break;
      case fixed64:
        this.#unread = false;
        this.#advance(8);
        break;
      case delimited:
        this.bytes();
        break;
      case fixed32:
        this.#unread = false;
        this.#advance(4);
        break;
      default:
        this.#unreadable();
    }
  }

  #readVarint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#position >= this.#end) this.#short(1, `a number in ${this.what}`);
      const byte = this.#window.byteAt(this.#position++);
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift > 28) high |= bits << (shift - 32);
      else if (shift === 28) high |= bits >>> 4;
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    this.#unreadable();
  }

  #advance(length: number, part = `a number in ${this.what}`): number {
    const offset = this.#position;
    if (length > this.#end - offset) this.#short(length, part);
    this.#position = offset + length;
    return offset;
  }

  #short(length: number, part: string): never {
    const { name, size } = this.#window.source;
    const position = this.#position;
    if (position + length > size) {
      throw new UserError(
        `${name} is cut off or damaged: ${part} should take ${amount(length)} bytes from byte ${position}, but the file ends at byte ${size}. Copy or export it again.`,
      );
    }
    this.#damaged(
      `${part} should take ${amount(length)} bytes from byte ${position}, but ${this.what} ends at byte ${this.#end}`,
    );
  }

  #unreadable(): never {
    this.#damaged(`what stands at byte ${this.#position} makes no sense in ${this.what}`);
  }

  #damaged(how: string): never {
    throw new UserError(`${this.#window.source.name} is damaged: ${how}. Copy or export it again.`);
  }
}

/**
 * The stretch of the file that is being looked at, and the allowance for what is built from it: two bytes of a hostile file can
 * describe an object of hundreds, so what everything but the weights costs is limited as a whole.
 */
export class Window {
  readonly source: ByteSource;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #allowance = 512 * 2 ** 20;

  constructor(source: ByteSource) {
    this.source = source;
  }

  byteAt(position: number): number {
    let byte = this.#bytes[position - this.#start];
    if (byte === undefined) {
      this.#load(position);
      byte = this.#bytes[0] ?? 0;
    }
    return byte;
  }

  read(offset: number, length: number): Uint8Array {
    if (length > windowSize) return this.source.read(offset, length);
    if (offset < this.#start || offset + length > this.#start + this.#bytes.length) this.#load(offset);
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }

  spend(bytes: number): void {
    this.#allowance -= bytes;
    if (this.#allowance >= 0) return;
    throw new UserError(
      `${this.source.name} describes more nodes, names and attributes than can be held in memory (512 MB); it is hardly a trained network.`,
    );
  }

  #load(position: number): void {
    this.#bytes = this.source.read(position, Math.min(windowSize, this.source.size - position));
    this.#start = position;
  }
}

const windowSize = 1 << 16;
const decoder = new TextDecoder();

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
