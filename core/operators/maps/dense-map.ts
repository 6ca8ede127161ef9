import type { LinearMap } from '../linear-map.ts';

/** y = A x for each of `repeats` vectors laid side by side: Gemm, MatMul with a constant, 1x1 convolutions of one pixel. */
export function denseMap(
  matrix: Float64Array,
  outputs: number,
  inputs: number,
  repeats = 1,
  entryError = 0,
): LinearMap {
  return {
    rows: outputs * repeats,
    columns: inputs * repeats,
    terms: Math.max(outputs, inputs),
    structure: { kind: 'dense', matrix, outputs, inputs, repeats },
    entryError,
    apply(x) {
      const y = new Float64Array(outputs * repeats);
      for (let r = 0; r < repeats; r++) {
        const vector = x.subarray(r * inputs, (r + 1) * inputs);
        for (let i = 0; i < outputs; i++) {
          const row = i * inputs;
          let sum = 0;
          for (let j = 0; j < inputs; j++) sum += matrix[row + j]! * vector[j]!;
          y[r * outputs + i] = sum;
        }
      }
      return y;
    },
    applyTransposed(y) {
      const x = new Float64Array(inputs * repeats);
      for (let r = 0; r < repeats; r++) {
        const vector = x.subarray(r * inputs, (r + 1) * inputs);
        for (let i = 0; i < outputs; i++) {
          const factor = y[r * outputs + i]!;
          if (factor === 0) continue;
          const row = i * inputs;
          for (let j = 0; j < inputs; j++) vector[j]! += matrix[row + j]! * factor;
        }
      }
      return x;
    },
    magnitude: () => denseMap(matrix.map(Math.abs), outputs, inputs, repeats, entryError),
  };
}
