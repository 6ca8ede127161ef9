import type { Work } from '../../compute/work.ts';
import { Pace } from '../../compute/linear-algebra/pace.ts';
import type { Convolution, LinearMap } from '../../operators/linear-map.ts';
import { above, below, gamma } from '../../rounding.ts';
import { storedSums } from './stored-dense.ts';
import { axesOf, combinations, flatIndex, product, tapSets } from './landing.ts';

/** Largest absolute row sum (the linf norm) and column sum (the l1 norm) of a matrix, as computed, with their relative error. */
export interface AbsoluteSums {
  readonly linf: number;
  readonly l1: number;
  readonly relativeError: number;
}

/**
 * A sum of `terms` numbers of one sign has a relative error of gamma_terms, so the exact sum lies within
 * gamma_(2 terms) of the computed one. `entryError` is that of the entries.
 */
export async function absoluteSums(map: LinearMap, work: Work): Promise<AbsoluteSums> {
  // Sums of ones, and of a single entry, are exact.
  const { kind } = map.structure;
  const exact = map.entryError === 0 && (kind === 'selection' || kind === 'diagonal');
  const relativeError = exact ? 0 : above(gamma(2 * map.terms + 4) + 2 * map.entryError);
  const sums = await plainSums(map, new Pace(work, 'unlimited'));
  return { ...sums, relativeError };
}

async function plainSums(map: LinearMap, pace: Pace): Promise<{ linf: number; l1: number }> {
  const { structure } = map;
  switch (structure.kind) {
    case 'dense':
      if (structure.stored !== undefined) {
        const { row, column } = await storedSums(structure.stored, pace);
        return structure.stored.rowsAre === 'outputs' ? { linf: row, l1: column } : { linf: column, l1: row };
      }
      return denseSums(structure.matrix, structure.outputs, structure.inputs, pace);
    case 'convolution': {
      const { output, input } = convolutionSums(structure.convolution);
      return structure.convolution.direction === 'forward' ? { linf: output, l1: input } : { linf: input, l1: output };
    }
    case 'selection':
    case 'diagonal':
    case 'separable':
    case 'opaque': {
      const magnitude = map.magnitude();
      return {
        linf: largest(magnitude.apply(new Float64Array(map.columns).fill(1))),
        l1: largest(magnitude.applyTransposed(new Float64Array(map.rows).fill(1))),
      };
    }
  }
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0);

async function denseSums(
  matrix: Float64Array,
  rows: number,
  columns: number,
  pace: Pace,
): Promise<{ linf: number; l1: number }> {
  const columnSums = new Float64Array(columns);
  let linf = 0;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0, at = i * columns; j < columns; j++, at++) {
      const entry = Math.abs(matrix[at]!);
      sum += entry;
      columnSums[j]! += entry;
    }
    linf = Math.max(linf, sum);
    if (pace.due(2 * columns)) await pace.rest();
  }
  return { linf, l1: largest(columnSums) };
}

/**
 * A row of the matrix sums the taps that land inside the input, a column those that read it; there are only a few different
 * sets of such taps, so both maxima are exact at any image size.
 */
export function convolutionSums(convolution: Convolution): { output: number; input: number } {
  const { groups, kernel, kernelSize } = convolution;
  const taps = product(kernelSize);
  const inputs = convolution.inputChannels / groups;
  const outputs = convolution.outputChannels / groups;
  const byOutput = new Float64Array(convolution.outputChannels * taps);
  const byInput = new Float64Array(convolution.inputChannels * taps);
  for (let o = 0, at = 0; o < convolution.outputChannels; o++) {
    const group = Math.floor(o / outputs);
    for (let c = 0; c < inputs; c++)
      for (let k = 0; k < taps; k++, at++) {
        const entry = Math.abs(kernel[at]!);
        byOutput[o * taps + k]! += entry;
        byInput[(group * inputs + c) * taps + k]! += entry;
      }
  }
  const axes = axesOf(convolution);
  const largestOver = (side: 'output' | 'input', sums: Float64Array): number => {
    let most = 0;
    for (const sets of combinations(axes.map((axis) => tapSets(axis, side)))) {
      const landing = combinations(sets).map((tap) => flatIndex(tap, kernelSize));
      for (let channel = 0; channel < sums.length; channel += taps) {
        let sum = 0;
        for (const tap of landing) sum += sums[channel + tap]!;
        most = Math.max(most, sum);
      }
    }
    return most;
  };
  return { output: largestOver('output', byOutput), input: largestOver('input', byInput) };
}

/** An upper end for the l2 norm of |W|: the geometric mean of its l1 and linf norms (Riesz-Thorin; Schur's test). */
export const absoluteNormAbove = ({ linf, l1, relativeError }: AbsoluteSums): number =>
  linf === 0 ? 0 : above(above(Math.sqrt(linf) * Math.sqrt(l1)) * (1 + relativeError) * (1 + 2 ** -50));

/** Ends of the exact sum behind a computed one. */
export const sumBelow = (sum: number, relativeError: number): number =>
  relativeError === 0 ? sum : Math.max(0, below(sum * (1 - relativeError)));
export const sumAbove = (sum: number, relativeError: number): number =>
  relativeError === 0 ? sum : above(sum * (1 + relativeError));
