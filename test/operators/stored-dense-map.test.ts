import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nonZeros, storedMatrix, worthLeaving } from '../../core/network/stored-matrix.ts';
import type { LinearMap } from '../../core/operators/linear-map.ts';
import { denseMap } from '../../core/operators/maps/dense-map.ts';
import { storedDenseMap } from '../../core/operators/maps/stored-dense-map.ts';
import { storedWeights } from './stored-weights.ts';

const size = fc.integer({ min: 1, max: 13 });
/** Numbers that every type holds, whose sums are exact in any order. */
const small = fc.integer({ min: -100, max: 100 });

const question = fc
  .tuple(size, size, fc.integer({ min: 1, max: 4 }), fc.constantFrom('outputs', 'inputs'))
  .chain(([rows, columns, repeats, rowsAre]) =>
    fc.record({
      shape: fc.constant([rows, columns] as const),
      repeats: fc.constant(repeats),
      rowsAre: fc.constant(rowsAre),
      type: fc.constantFrom('float32', 'float64', 'int8'),
      numbers: fc.array(small, { minLength: rows * columns, maxLength: rows * columns }),
      vector: fc.array(small, { minLength: 13 * repeats, maxLength: 13 * repeats }),
    }),
  );

test('a matrix that is read row after row is applied as one in memory is', () => {
  fc.assert(
    fc.property(question, ({ shape, repeats, rowsAre, type, numbers, vector }) => {
      const [rows, columns] = shape;
      const weights = storedWeights(Float64Array.from(numbers), shape, rowsAre, type);
      const [outputs, inputs] = rowsAre === 'outputs' ? shape : [columns, rows];
      const turned = Float64Array.from(numbers, (_, at) => numbers[(at % inputs) * outputs + Math.floor(at / inputs)]!);
      const matrix = rowsAre === 'outputs' ? Float64Array.from(numbers) : turned;
      const both: readonly (readonly [LinearMap, LinearMap])[] = [
        [storedDenseMap(weights, repeats, 1e-9), denseMap(matrix, outputs, inputs, repeats, 1e-9)],
        [storedDenseMap(weights, repeats).magnitude(), denseMap(matrix, outputs, inputs, repeats).magnitude()],
      ];
      for (const [stored, known] of both) {
        const x = Float64Array.from(vector.slice(0, known.columns));
        const y = Float64Array.from(vector.slice(0, known.rows));
        expect(stored.apply(x)).toEqual(known.apply(x));
        expect(stored.applyTransposed(y)).toEqual(known.applyTransposed(y));
        const { rows: m, columns: n, terms, entryError, structure } = stored;
        expect([m, n, terms, entryError]).toEqual([known.rows, known.columns, known.terms, known.entryError]);
        expect(structure.kind === 'dense' && [...structure.matrix].map((entry) => entry + 0)).toEqual(
          known.structure.kind === 'dense' && [...known.structure.matrix].map((entry) => entry + 0),
        );
      }
      expect(nonZeros(weights)).toBe(numbers.filter((entry) => entry !== 0).length);
    }),
    { numRuns: 60 },
  );
});

test('only large matrices that can be read in parts stay where they are', () => {
  const side = Math.sqrt(worthLeaving);
  const part = (_offset: number, length: number): Uint8Array => new Uint8Array(length);
  const bytes = (): Uint8Array => {
    throw new Error('It was read as a whole.');
  };
  const large = { name: 'w', type: 'float32', shape: [side, side], part, bytes } as const;
  expect(storedMatrix(large)).toEqual({ rows: side, columns: side, type: 'float32', part });
  expect(storedMatrix({ ...large, shape: [side, side - 1] })).toBeUndefined();
  expect(storedMatrix({ ...large, shape: [1, side, side] })).toBeUndefined();
  expect(storedMatrix({ ...large, shape: [1, side * side] })).toBeUndefined();
  expect(storedMatrix({ ...large, type: 'uint4' })).toBeUndefined();
  expect(storedMatrix({ name: 'w', type: 'float32', shape: [side, side], bytes })).toBeUndefined();
});
