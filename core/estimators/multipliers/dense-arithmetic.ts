import type { Dense } from '../../compute/linear-algebra/dense-products.ts';

export const negated = (matrix: Dense): Dense => ({ ...matrix, entries: matrix.entries.map((value) => -value) });

export function difference(a: Dense, b: Dense): Dense {
  const entries = a.entries.slice();
  for (let i = 0; i < entries.length; i++) entries[i]! -= b.entries[i]!;
  return { ...a, entries };
}

export function addTo(a: Dense, b: Dense): void {
  for (let i = 0; i < a.entries.length; i++) a.entries[i]! += b.entries[i]!;
}

export function scaledRows({ rows, columns, entries }: Dense, weights: Float64Array): Dense {
  const scaled = new Float64Array(entries.length);
  for (let i = 0, at = 0; i < rows; i++) {
    const weight = weights[i]!;
    for (let j = 0; j < columns; j++, at++) scaled[at] = weight * entries[at]!;
  }
  return { rows, columns, entries: scaled };
}
