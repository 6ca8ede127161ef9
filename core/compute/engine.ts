import type { ElementType, Shape } from '../network/tensor.ts';
import type { EngineSummary } from '../report/inspection.ts';

export interface NumericArray {
  readonly type: ElementType;
  readonly shape: Shape;
  readonly data:
    | Float32Array
    | Float64Array
    | BigInt64Array
    | BigUint64Array
    | Int32Array
    | Uint32Array
    | Int16Array
    | Uint16Array
    | Int8Array
    | Uint8Array;
}

/** A compiled graph. Owned by whoever created it, who disposes it. */
export interface Session {
  /** Results are written into the arrays of `into`, where it names them, and answered there. */
  run(
    inputs: Readonly<Record<string, NumericArray>>,
    into?: Readonly<Record<string, NumericArray>>,
  ): Promise<Readonly<Record<string, NumericArray>>>;
  dispose(): Promise<void>;
}

/** Something that runs ONNX graphs: ONNX Runtime, native or WASM, on the provider the user chose or the one it fell back to. */
export interface Engine {
  readonly summary: EngineSummary;
  /** `on: 'cpu'` pins a session that must compute in doubles or reproduce bit by bit. */
  open(model: Uint8Array, on: 'chosen' | 'cpu'): Promise<Session>;
  dispose(): Promise<void>;
}
