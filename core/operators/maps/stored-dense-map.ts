import { eachRows, readRows, type StoredMatrix } from '../../network/stored-matrix.ts';
import type { LinearMap } from '../linear-map.ts';
import { addRows, innerProducts } from './row-products.ts';

/** Of a matrix that stays in its file: what its rows belong to. Gemm of PyTorch holds its outputs as rows, MatMul its inputs. */
export interface StoredWeights extends StoredMatrix {
  readonly rowsAre: 'outputs' | 'inputs';
}

/**
 * The same map as `denseMap`, of a matrix too large to be held in memory for as long as somebody might ask: applied, it is read row after row. Whoever asks for the
 * numbers as one matrix gets them, for as long as the map lives.
 */
export const storedDenseMap = (stored: StoredWeights, repeats = 1, entryError = 0): LinearMap =>
  mapOf(stored, 'as stored', repeats, entryError);

function mapOf(stored: StoredWeights, sign: 'as stored' | 'absolute', repeats: number, entryError: number): LinearMap {
  const { rows, columns, rowsAre } = stored;
  const [outputs, inputs] = rowsAre === 'outputs' ? [rows, columns] : [columns, rows];
  const each = (visit: (first: number, count: number, entries: Float64Array) => void): void =>
    eachRows(stored, (first, count, entries) => {
      if (sign === 'absolute') for (let i = 0; i < entries.length; i++) entries[i] = Math.abs(entries[i]!);
      visit(first, count, entries);
    });
  /** Of every row the product with the vectors of the other side. */
  const alongRows = (x: Float64Array): Float64Array => {
    const y = new Float64Array(rows * repeats);
    const sums = new Float64Array(8);
    each((first, count, entries) => {
      for (let i = 0; i < count; i += 4)
        for (let r = 0; r < repeats; r += 2) {
          const [some, pair] = [Math.min(4, count - i), Math.min(2, repeats - r)];
          innerProducts(entries, i * columns, some, x, r * columns, pair, columns, sums);
          for (let k = 0; k < some; k++)
            for (let q = 0; q < pair; q++) y[(r + q) * rows + first + i + k] = sums[2 * k + q]!;
        }
    });
    return y;
  };
  /** The rows added up, each as often as its vector says. */
  const acrossRows = (y: Float64Array): Float64Array => {
    const x = new Float64Array(columns * repeats);
    const weights = new Float64Array(4);
    each((first, count, entries) => {
      for (let i = 0; i < count; i += 4)
        for (let r = 0; r < repeats; r++) {
          for (let k = 0; k < 4; k++) weights[k] = i + k < count ? y[r * rows + first + i + k]! : 0;
          addRows(entries, i * columns, weights, x, r * columns, columns);
        }
    });
    return x;
  };
  let known: Float64Array | undefined;
  return {
    rows: outputs * repeats,
    columns: inputs * repeats,
    terms: Math.max(outputs, inputs),
    structure: {
      kind: 'dense',
      get matrix() {
        return (known ??= written(stored, sign));
      },
      ...(sign === 'as stored' ? { stored } : {}),
      outputs,
      inputs,
      repeats,
    },
    entryError,
    apply: rowsAre === 'outputs' ? alongRows : acrossRows,
    applyTransposed: rowsAre === 'outputs' ? acrossRows : alongRows,
    magnitude: () => mapOf(stored, 'absolute', repeats, entryError),
  };
}

/** Outputs x inputs. */
function written(stored: StoredWeights, sign: 'as stored' | 'absolute'): Float64Array {
  const { rows, columns, rowsAre } = stored;
  const matrix = new Float64Array(rows * columns);
  if (rowsAre === 'outputs') readRows(stored, 0, rows, matrix);
  else
    eachRows(stored, (first, count, entries) => {
      for (let j = 0; j < columns; j++)
        for (let i = 0; i < count; i++) matrix[j * rows + first + i] = entries[i * columns + j]!;
    });
  return sign === 'as stored' ? matrix : matrix.map(Math.abs);
}
