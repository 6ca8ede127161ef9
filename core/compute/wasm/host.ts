/** The part of the WebAssembly interface that is used here; neither the language's library nor Node's types declare it. */
interface WebAssemblyHost {
  readonly Memory: new (pages: { readonly initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown };
}

export interface WasmMemory {
  /** Another one after `grow`: views of the one before are empty then. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export type WasmModule = object;

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyHost }).WebAssembly;

const page = 65536;

export const pagesOf = (bytes: number): number => Math.ceil(bytes / page);

export const memoryOf = (bytes: number): WasmMemory => new webAssembly.Memory({ initial: pagesOf(bytes) });
