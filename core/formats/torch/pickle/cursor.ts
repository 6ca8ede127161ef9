import { UserError } from '../../../sentence.ts';
import type { ByteSource } from '../../format.ts';

const windowLength = 1 << 16;
/** No name or text of a checkpoint is longer; numbers of tensors do not stand in the pickle. */
const longestText = 1 << 24;

/** Reads a file forward, a window at a time, since nothing says beforehand where a pickle ends. */
export class Cursor {
  readonly #source: ByteSource;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;
  #at: number;

  constructor(source: ByteSource, at = 0) {
    this.#source = source;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  get sourceName(): string {
    return this.#source.name;
  }

  byte(): number {
    const inside = this.#at - this.#windowAt;
    if (inside >= 0 && inside < this.#window.length) {
      this.#at++;
      return this.#window[inside]!;
    }
    return this.take(1)[0]!;
  }

  take(length: number): Uint8Array {
    if (length > longestText || this.#at + length > this.#source.size) throw this.#cutOff();
    let inside = this.#at - this.#windowAt;
    if (inside < 0 || inside + length > this.#window.length) {
      this.#windowAt = this.#at;
      inside = 0;
      this.#window = this.#source.read(
        this.#at,
        Math.min(Math.max(windowLength, length), this.#source.size - this.#at),
      );
    }
    this.#at += length;
    return this.#window.slice(inside, inside + length);
  }

  /** Up to the end of the line, which is passed over. */
  line(): string {
    const bytes: number[] = [];
    for (let byte = this.byte(); byte !== 0x0a; byte = this.byte()) {
      if (bytes.length >= longestLine) throw this.#cutOff();
      bytes.push(byte);
    }
    return text.decode(Uint8Array.from(bytes)).replace(/\r$/u, '');
  }

  view(length: number): DataView {
    const bytes = this.take(length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #cutOff(): UserError {
    return new UserError(
      `${this.#source.name} is cut off or damaged: its pickle goes on beyond byte ${this.#source.size}, where it ends; copy or save it again.`,
    );
  }
}

const longestLine = 4096;
export const text = new TextDecoder();
