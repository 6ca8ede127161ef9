/** From this many bytes on, a piece is kept where it is until the whole is joined, so that weights are copied only once. */
const large = 1024;

/** Builds one protobuf message. */
export class ProtobufWriter {
  readonly #pieces: Uint8Array[] = [];
  /** What was written since the last large piece. */
  #recent: number[] = [];
  #length = 0;

  get length(): number {
    return this.#length + this.#recent.length;
  }

  integer(field: number, value: number | bigint): this {
    this.#varint(field << 3);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#varint((field << 3) | 5);
    scratch.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.#recent.push(scratch.getUint8(i));
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint((field << 3) | 2);
    this.#varint(value.length);
    this.#append(value);
    return this;
  }

  message(field: number, value: ProtobufWriter): this {
    this.#varint((field << 3) | 2);
    this.#varint(value.length);
    for (const piece of value.#pieces) this.#append(piece);
    for (const byte of value.#recent) this.#recent.push(byte);
    return this;
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    whole.set(this.#recent, at);
    return whole;
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length < large) {
      for (const byte of bytes) this.#recent.push(byte);
      return;
    }
    this.#pieces.push(Uint8Array.from(this.#recent), bytes);
    this.#length += this.#recent.length + bytes.length;
    this.#recent = [];
  }

  /** Negative numbers take ten bytes, as two's complement of 64 bits. */
  #varint(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value < 2 ** 31) {
      for (; value >= 128; value >>>= 7) this.#recent.push((value & 127) | 128);
      this.#recent.push(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n) this.#recent.push(Number(rest & 127n) | 128);
    this.#recent.push(Number(rest));
  }
}

const encoder = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(4));
