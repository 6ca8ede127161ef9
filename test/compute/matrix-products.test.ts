import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { addTransposedTimes } from '../../core/compute/linear-algebra/add-transposed-times.ts';
import { adjointBlocks, shiftedBlocksMap } from '../../core/compute/linear-algebra/shifted-blocks.ts';
import { Pace } from '../../core/compute/linear-algebra/pace.ts';
import { timesTransposed } from '../../core/compute/linear-algebra/times-transposed.ts';
import { matrixProducts } from '../../core/compute/matrix-products.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { convolutionMatrix, convolutionOf, numbersFrom, workOf } from '../estimators/norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const matrix = (rows: number, columns: number, seed: number) => ({
  rows,
  columns,
  entries: Float64Array.from({ length: rows * columns }, numbersFrom(seed)),
});

const plain = (
  a: ReturnType<typeof matrix>,
  b: (k: number, j: number) => number,
  columns: number,
  from: (at: number) => number,
): Float64Array =>
  Float64Array.from({ length: a.rows * columns }, (_, at) => {
    const i = Math.floor(at / columns);
    let sum = from(at);
    for (let k = 0; k < a.columns; k++) sum += a.entries[i * a.columns + k]! * b(k, at % columns);
    return sum;
  });

const close = (found: ArrayLike<number>, expected: Float64Array, tolerance: number): void => {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, at) => expect(Math.abs(found[at]! - value)).toBeLessThan(tolerance));
};

describe('products by ONNX Runtime', () => {
  const a = matrix(7, 5, 1);
  const b = matrix(5, 9, 2);
  const c = matrix(7, 9, 3).entries;

  it('are those of the definition', async () => {
    const products = matrixProducts(engine);
    const right = (k: number, j: number): number => b.entries[k * 9 + j]!;
    close(await products.product(a, b), plain(a, right, 9, () => 0), 1e-12); // prettier-ignore
    const flipped = { rows: 9, columns: 5, entries: Float64Array.from({ length: 45 }, (_, at) => right(at % 5, Math.floor(at / 5))) }; // prettier-ignore
    const negative = { ...a, entries: a.entries.map((entry) => -entry) };
    close(await products.timesTransposed(a, flipped), plain(a, right, 9, () => 0), 1e-12); // prettier-ignore
    close(await products.subtractTransposed(c.slice(), negative, flipped), plain(a, right, 9, (at) => c[at]!), 1e-12); // prettier-ignore
    close(await products.addProduct(c.slice(), a, b), plain(a, right, 9, (at) => c[at]!), 1e-12); // prettier-ignore
  });

  it.each(['native', 'wasm'] as const)('are written into the array that is given (%s)', async (runtime) => {
    const own = await openEngine({ provider: 'cpu', threads: 1, runtime });
    const products = matrixProducts(own);
    const expected = plain(a, (k, j) => b.entries[k * 9 + j]!, 9, () => 0); // prettier-ignore
    // In the middle of a longer one, as scratch memory is.
    const into = new Float64Array(100).fill(7);
    await products.product(a, b, into.subarray(5, 68));
    close(into.subarray(5, 68), expected, 1e-12);
    expect(into.filter((value) => value === 7)).toHaveLength(37);
    await products.addProduct(into.subarray(5, 68), a, b);
    close(into.subarray(5, 68), expected.map((value) => 2 * value), 1e-12); // prettier-ignore
    await own.dispose();
  });

  it('of a matrix with a transposed one add up, small or large, whole or in parts', async () => {
    const pace = new Pace({ ...workOf(), engine });
    for (const [rows, inner] of [
      [6, 11],
      [90, 120],
    ] as const) {
      // prettier-ignore
      const one = matrix(rows, inner, 4);
      const two = matrix(rows, inner, 5);
      const before = matrix(rows, rows, 6).entries;
      const expected = plain(one, (k, j) => two.entries[j * inner + k]!, rows, (at) => before[at]!); // prettier-ignore
      const alone = (await timesTransposed(one.entries, two.entries, rows, inner, pace)).map((value, at) => value + before[at]!); // prettier-ignore
      close(alone, expected, 1e-8);
      const flipped = (of: typeof one) =>
        Float64Array.from(of.entries, (_, at) => of.entries[(at % rows) * inner + Math.floor(at / rows)]!);
      const sum = before.slice();
      await addTransposedTimes(sum, flipped(one), flipped(two), inner, rows, pace);
      close(sum, expected, 1e-8);
    }
  });
});

describe('blocks at shifted positions', () => {
  it.each([
    { channels: [2, 3], input: [5, 4], output: [6, 5] },
    { channels: [40, 30], input: [12, 17], output: [12, 16] },
  ])('act like the sum that defines them ($channels)', async ({ channels: [o, i], input, output }) => {
    const pace = new Pace({ ...workOf(), engine });
    const blocks = {
      outputChannels: o!,
      inputChannels: i!,
      outputSize: output,
      inputSize: input,
      taps: [[-1, 0], [0, 0], [1, -2]].map((step, k) => ({ step, matrix: matrix(o!, i!, 10 + k).entries })), // prettier-ignore
    };
    const x = matrix(1, i! * input[0]! * input[1]!, 20).entries;
    using room = pace.room();
    const y = await shiftedBlocksMap(blocks, room, pace)(x);
    for (const c of [0, o! - 1])
      for (let r = 0; r < output[0]!; r++)
        for (let q = 0; q < output[1]!; q++) {
          let sum = 0;
          for (const { step, matrix: weights } of blocks.taps) {
            const [row, column] = [r + step[0]!, q + step[1]!];
            if (row < 0 || column < 0 || row >= input[0]! || column >= input[1]!) continue;
            for (let d = 0; d < i!; d++) sum += weights[c * i! + d]! * x[(d * input[0]! + row) * input[1]! + column]!;
          }
          expect(Math.abs(y[(c * output[0]! + r) * output[1]! + q]! - sum)).toBeLessThan(1e-7);
        }
    // <B x, z> = <x, B' z>.
    const z = y.map((_, at) => Math.sin(at));
    const back = await shiftedBlocksMap(adjointBlocks(blocks), room, pace)(z);
    const inner = (u: Float64Array, v: Float64Array): number => u.reduce((sum, value, at) => sum + value * v[at]!, 0);
    expect(Math.abs(inner(y, z) - inner(x, back))).toBeLessThan(1e-6 * (1 + Math.abs(inner(y, z))));
  });
});

describe('a convolution in single precision', () => {
  it.each([
    { inputs: 3, outputs: 4, size: [6], kernel: [3], strides: [2], padsBegin: [1], padsEnd: [0] },
    { inputs: 2, outputs: 3, size: [6, 5], kernel: [3, 2], dilations: [2, 1], padsBegin: [1, 0], padsEnd: [2, 1] },
    { inputs: 2, outputs: 2, size: [3, 4, 3], kernel: [2, 2, 2], padsBegin: [1, 0, 0], padsEnd: [0, 0, 1] },
  ])('goes forth and back like the matrix that defines it ($size)', async (shape) => {
    const convolution = convolutionOf(shape, numbersFrom(30));
    const matrixOf = convolutionMatrix(convolution);
    const single = { ...convolution, kernel: Float32Array.from(convolution.kernel) };
    const x = matrix(1, matrixOf[0]!.length, 31).entries;
    const image = Float64Array.from(matrixOf, (row) => row.reduce((sum, entry, j) => sum + entry * x[j]!, 0));
    const back = x.map((_, j) => matrixOf.reduce((sum, row, i) => sum + row[j]! * image[i]!, 0));
    const products = matrixProducts(engine);
    const tolerance = 1e-5 * Math.max(...back.map(Math.abs));
    close(await products.singleGram(single, Float32Array.from(x), new Float32Array(x.length)), back, tolerance);
    close(await products.singleAdjoint(single, Float32Array.from(image), new Float32Array(x.length)), back, tolerance);
  });
});
