import { UserError } from '../../sentence.ts';
import type { ByteSource } from '../format.ts';

/** Address of nothing: all ones. */
export const nowhere = -1;

const pageLength = 1 << 16;
const mostPages = 64;

/** The numbers of a file at places that it names itself. Small reads share pages; nothing beyond the file's end is believed to be there. */
export class BytesAt {
  readonly name: string;
  readonly size: number;
  readonly #source: ByteSource;
  readonly #base: number;
  readonly #pages = new Map<number, DataView>();

  constructor(source: ByteSource, base = 0) {
    this.#source = source;
    this.#base = base;
    this.name = source.name;
    this.size = source.size - base;
  }

  from(base: number): BytesAt {
    if (base > this.#source.size) throw this.damaged('says that it begins after its own end');
    return new BytesAt(this.#source, base);
  }

  damaged(what: string): UserError {
    return new UserError(`${this.name} is an HDF5 file that ${what}: copy or save it again.`);
  }

  bytes(at: number, length: number): Uint8Array {
    if (!(at >= 0 && length >= 0 && at + length <= this.size)) {
      throw this.damaged('refers to places after its end, so it is cut off or damaged');
    }
    return this.#source.read(this.#base + at, length);
  }

  view(at: number, length: number): DataView {
    const start = Math.floor(at / pageLength) * pageLength;
    if (!(at >= 0 && at + length <= this.size) || at + length > start + pageLength) {
      const bytes = this.bytes(at, length);
      return new DataView(bytes.buffer, bytes.byteOffset, length);
    }
    let page = this.#pages.get(start);
    if (page === undefined) {
      const bytes = this.bytes(start, Math.min(pageLength, this.size - start));
      page = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (this.#pages.size >= mostPages) this.#pages.clear();
      this.#pages.set(start, page);
    }
    return new DataView(page.buffer, page.byteOffset + at - start, length);
  }

  u8 = (at: number): number => this.view(at, 1).getUint8(0);
  u16 = (at: number): number => this.view(at, 2).getUint16(0, true);
  u32 = (at: number): number => this.view(at, 4).getUint32(0, true);

  /** A length or address of eight bytes. */
  u64(at: number): number {
    const view = this.view(at, 8);
    const [low, high] = [view.getUint32(0, true), view.getUint32(4, true)];
    if (low === 0xffffffff && high === 0xffffffff) return nowhere;
    if (high >= 2 ** 21) throw this.damaged('states sizes beyond any file');
    return high * 2 ** 32 + low;
  }

  /** A number of one, two, four or eight bytes. */
  sized(at: number, width: number): number {
    if (width === 8) return this.u64(at);
    let value = 0;
    for (let i = 0; i < width; i++) value += this.u8(at + i) * 256 ** i;
    return value;
  }

  expect(at: number, signature: string): void {
    const bytes = this.view(at, signature.length);
    for (let i = 0; i < signature.length; i++) {
      if (bytes.getUint8(i) !== signature.charCodeAt(i)) {
        throw this.damaged(`has something else where ${signature} should stand`);
      }
    }
  }

  /** Text up to its first zero byte. */
  text(at: number, most: number): string {
    const length = Math.min(most, this.size - at);
    if (at < 0 || length < 0) throw this.damaged('refers to places after its end, so it is cut off or damaged');
    return textOf(this.bytes(at, length));
  }
}

const decoder = new TextDecoder();

export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
}
