import type { LinearMap } from '../linear-map.ts';
import { addRows, innerProducts } from './row-products.ts';

/**
 * y = A x for each of `repeats` vectors laid side by side: Gemm, MatMul with a constant, 1x1 convolutions of one pixel. A matrix that is
 * given as a function is read when somebody asks for its numbers: what a layer is, and its size, is known without.
 */
export function denseMap(
  given: Float64Array | (() => Float64Array),
  outputs: number,
  inputs: number,
  repeats = 1,
  entryError = 0,
): LinearMap {
  let known = typeof given === 'function' ? undefined : given;
  const entries = (): Float64Array => (known ??= (given as () => Float64Array)());
  return {
    rows: outputs * repeats,
    columns: inputs * repeats,
    terms: Math.max(outputs, inputs),
    structure: {
      kind: 'dense',
      get matrix() {
        return entries();
      },
      outputs,
      inputs,
      repeats,
    },
    entryError,
    apply(x) {
      const matrix = entries();
      const y = new Float64Array(outputs * repeats);
      const sums = new Float64Array(8);
      for (let i = 0; i < outputs; i += 4) {
        const count = Math.min(4, outputs - i);
        for (let r = 0; r < repeats; r += 2) {
          const pair = Math.min(2, repeats - r);
          innerProducts(matrix, i * inputs, count, x, r * inputs, pair, inputs, sums);
          for (let k = 0; k < count; k++)
            for (let q = 0; q < pair; q++) y[(r + q) * outputs + i + k] = sums[2 * k + q]!;
        }
      }
      return y;
    },
    applyTransposed(y) {
      const matrix = entries();
      const x = new Float64Array(inputs * repeats);
      const weights = new Float64Array(4);
      for (let i = 0; i < outputs; i += 4)
        for (let r = 0; r < repeats; r++) {
          for (let k = 0; k < 4; k++) weights[k] = i + k < outputs ? y[r * outputs + i + k]! : 0;
          addRows(matrix, i * inputs, weights, x, r * inputs, inputs);
        }
      return x;
    },
    magnitude: () => denseMap(() => entries().map(Math.abs), outputs, inputs, repeats, entryError),
  };
}
