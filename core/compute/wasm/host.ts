/** The part of the WebAssembly interface that is used here; neither the language's library nor Node's types declare it. */
interface WebAssemblyHost {
  readonly Memory: new (pages: { readonly initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown };
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export type WasmModule = object;

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyHost }).WebAssembly;

const page = 65536;

export const memoryOf = (bytes: number): WasmMemory => new webAssembly.Memory({ initial: Math.ceil(bytes / page) });
