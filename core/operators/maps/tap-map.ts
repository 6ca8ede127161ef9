import type { LinearMap } from '../linear-map.ts';

/** Every output mixes a few entries of the input: which ones, and with what weights. */
export interface Taps {
  readonly outputs: number;
  readonly inputs: number;
  /** How many entries each output mixes; places that are not used have index -1 and weight 0. */
  readonly each: number;
  readonly index: Int32Array;
  readonly weight: Float64Array;
  /** Relative error of the weights. */
  readonly error: number;
}

/** A sparse matrix that is applied tap by tap. */
export function tapMap(taps: Taps): LinearMap {
  const { outputs, inputs, each, index, weight, error } = taps;
  const readers = new Int32Array(inputs);
  for (const from of index) if (from >= 0) readers[from]! += 1;
  return {
    rows: outputs,
    columns: inputs,
    terms: readers.reduce((most, count) => Math.max(most, count), Math.max(1, each)),
    structure: { kind: 'opaque' },
    entryError: error,
    apply(x) {
      const y = new Float64Array(outputs);
      for (let t = 0; t < index.length; t++) if (index[t]! >= 0) y[Math.floor(t / each)]! += weight[t]! * x[index[t]!]!;
      return y;
    },
    applyTransposed(y) {
      const x = new Float64Array(inputs);
      for (let t = 0; t < index.length; t++) if (index[t]! >= 0) x[index[t]!]! += weight[t]! * y[Math.floor(t / each)]!;
      return x;
    },
    magnitude: () => tapMap({ ...taps, weight: weight.map(Math.abs) }),
  };
}
