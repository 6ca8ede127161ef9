import { memoryOf, pagesOf, type WasmMemory } from './wasm/host.ts';

/** Arrays below this many bytes come from the heap anyway. */
const worthKeeping = 2 ** 16;

/** What is kept for the next one, in bytes. */
const kept = 160 * 2 ** 20;

/**
 * Memory for large arrays that come and go, kept for whoever needs some next. Fresh pages have to be mapped and cleared when they are first touched, which
 * on virtual machines takes up to 5 ms a megabyte: more than most of what is computed in them.
 */
export class Scratch {
  readonly #buffers: ArrayBuffer[] = [];
  readonly #memories: WasmMemory[] = [];
  #bytes = 0;

  /** What is taken in it comes back when it is disposed; what is lost on the way is collected like any other array. */
  open(): ScratchRoom {
    return new ScratchRoom(this);
  }

  /** At least so many bytes, with whatever was left in them. */
  takeBuffer(bytes: number): ArrayBuffer {
    if (bytes < worthKeeping) return new ArrayBuffer(bytes);
    let best: number | undefined;
    for (const [at, { byteLength }] of this.#buffers.entries())
      if (byteLength >= bytes && byteLength <= 4 * bytes && byteLength < (this.#buffers[best ?? -1]?.byteLength ?? Number.POSITIVE_INFINITY)) best = at; // prettier-ignore
    if (best === undefined) return new ArrayBuffer(roundedUp(bytes));
    const [buffer] = this.#buffers.splice(best, 1);
    this.#bytes -= buffer!.byteLength;
    return buffer!;
  }

  giveBuffer(buffer: ArrayBuffer): void {
    if (buffer.byteLength < worthKeeping || this.#bytes + buffer.byteLength > kept) return;
    this.#bytes += buffer.byteLength;
    this.#buffers.push(buffer);
  }

  takeMemory(bytes: number): WasmMemory {
    const memory = this.#memories.pop();
    if (memory === undefined) return memoryOf(bytes);
    this.#bytes -= memory.buffer.byteLength;
    const missing = pagesOf(bytes) - pagesOf(memory.buffer.byteLength);
    if (missing > 0) memory.grow(missing);
    return memory;
  }

  /** Keeps nothing: what comes next is of another kind, or a long time away. */
  forget(): void {
    this.#buffers.length = 0;
    this.#memories.length = 0;
    this.#bytes = 0;
  }

  giveMemory(memory: WasmMemory): void {
    if (this.#bytes + memory.buffer.byteLength > kept) return;
    this.#bytes += memory.buffer.byteLength;
    this.#memories.push(memory);
  }
}

/** Pages that are never touched cost nothing, and coarse sizes are more often the right ones. */
const roundedUp = (bytes: number): number => {
  const step = 2 ** Math.max(16, Math.ceil(Math.log2(bytes)) - 2);
  return step * Math.ceil(bytes / step);
};

/** Arrays for one piece of work. */
export class ScratchRoom implements Disposable {
  readonly #scratch: Scratch;
  readonly #buffers: ArrayBuffer[] = [];
  readonly #memories: WasmMemory[] = [];

  constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  /** Their values are whatever was left there. */
  doubles(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#buffer(8 * length), 0, length);
  }

  singles(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer(4 * length), 0, length);
  }

  /** For vector kernels. */
  memory(bytes: number): WasmMemory {
    const memory = this.#scratch.takeMemory(bytes);
    this.#memories.push(memory);
    return memory;
  }

  #buffer(bytes: number): ArrayBuffer {
    const buffer = this.#scratch.takeBuffer(bytes);
    this.#buffers.push(buffer);
    return buffer;
  }

  [Symbol.dispose](): void {
    for (const buffer of this.#buffers.splice(0)) this.#scratch.giveBuffer(buffer);
    for (const memory of this.#memories.splice(0)) this.#scratch.giveMemory(memory);
  }
}

const opened = new WeakMap<object, Scratch>();

/** One for every engine, and so one for every thread; it goes with the engine. */
export function scratchOf(engine: object): Scratch {
  let scratch = opened.get(engine);
  if (scratch === undefined) {
    scratch = new Scratch();
    opened.set(engine, scratch);
  }
  return scratch;
}
