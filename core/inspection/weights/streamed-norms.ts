import type { Work } from '../../compute/work.ts';
import { bytesFor, numbersOf, type Tensor } from '../../network/tensor.ts';
import { above, below, gamma } from '../../rounding.ts';
import type { LayerNorms } from './norms-of-layer.ts';

/** 32 MB as doubles. */
const entriesAtOnce = 1 << 22;

/**
 * Norms of a matrix too large to be held, by one pass over its rows: l1 and linf are exact; l2 lies between the longest row or column and the
 * smaller of the Frobenius norm and sqrt(l1 linf) (Riesz-Thorin).
 */
export async function streamedNorms(tensor: Tensor, work: Work): Promise<LayerNorms> {
  const [rows, columns] = tensor.shape as readonly [number, number];
  const columnSums = new Float64Array(columns);
  const columnSquares = new Float64Array(columns);
  let [linf, longestRow, squares] = [0, 0, 0];
  const rowsAtOnce = Math.max(1, Math.floor(entriesAtOnce / columns));
  for (let first = 0; first < rows; first += rowsAtOnce) {
    await work.breathe();
    const count = Math.min(rowsAtOnce, rows - first);
    const entries = rowsOf(tensor, first, count, columns);
    for (let row = 0, at = 0; row < count; row++) {
      let [sum, square] = [0, 0];
      for (let column = 0; column < columns; column++, at++) {
        const entry = Math.abs(entries[at]!);
        sum += entry;
        square += entry * entry;
        columnSums[column]! += entry;
        columnSquares[column]! += entry * entry;
      }
      linf = Math.max(linf, sum);
      longestRow = Math.max(longestRow, square);
      squares += square;
    }
  }
  const l1 = largest(columnSums);
  // Every sum has at most as many terms as the matrix has entries, of one sign.
  const error = gamma(Math.max(rows, columns) + 8) + 2 * (tensor.relativeError ?? 0);
  const whole = gamma(rows + columns + 8) + 2 * (tensor.relativeError ?? 0);
  const up = (value: number, relative: number): number => (value === 0 ? 0 : above(value * (1 + relative)));
  const down = (value: number, relative: number): number => Math.max(0, below(value * (1 - relative)));
  const interval = (value: number, method: string) =>
    ({ lower: down(value, error), upper: up(value, error), rigor: 'certified', method }) as const;
  return {
    l1: interval(l1, 'column-sums'),
    linf: interval(linf, 'row-sums'),
    l2: {
      lower: down(Math.sqrt(Math.max(longestRow, largest(columnSquares))), error),
      upper: Math.min(up(Math.sqrt(squares), whole), up(Math.sqrt(l1) * Math.sqrt(linf), error)),
      rigor: 'certified',
      method: 'riesz-thorin',
    },
  };
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);

function rowsOf(tensor: Tensor, first: number, count: number, columns: number): Float64Array {
  const shape = [count, columns];
  if (tensor.part === undefined || tensor.type === 'string')
    return numbersOf(tensor).subarray(first * columns, (first + count) * columns);
  const start = bytesFor(tensor.type, first * columns);
  const bytes = tensor.part(start, bytesFor(tensor.type, count * columns));
  return numbersOf({ name: tensor.name, type: tensor.type, shape, bytes: () => bytes });
}
