import { askForRegion } from './ask-for-region.ts';
import type { Norm } from '../bound.ts';
import { lengthOf } from '../region.ts';
import { above, gamma } from '../rounding.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { matrixProductParts } from './centred/products.ts';
import { broadcastSource, copyGain } from './broadcast.ts';
import type { LipschitzRule, NodeFacts, Ranges } from './definition.ts';
import type { Enclosure } from './enclosure.ts';
import { required, requiredOutput } from './facts.ts';
import { magnitude, plus, times, type Interval } from './interval.ts';

/**
 * F G of two data tensors. F G - F' G' = (F - F') G + F' (G - G'), so on a region where the entries are bounded the constant is
 * gain(G) L_F + gain(F) L_G; on the whole space there is none (take F = G = t).
 */
export function bilinearRule(facts: NodeFacts, ranges: Ranges | undefined): LipschitzRule {
  const left = ranges?.[0];
  const right = ranges?.[1];
  const matrices = elementCount(batchOf(facts));
  if (left === undefined || right === undefined || !isFinite(left) || !isFinite(right))
    return {
      kind: 'unbounded',
      reason: 'it multiplies two tensors that both depend on the input, so its slope grows with the input',
      remedy: askForRegion,
    };
  return {
    kind: 'join',
    inputs: [0, 1],
    combine: (norm, [ofLeft, ofRight]) =>
      above(
        above(factorGain(right, norm, 'right') * copies(left, matrices, norm) * ofLeft!) +
          above(factorGain(left, norm, 'left') * copies(right, matrices, norm) * ofRight!),
      ),
    centred: () => [
      {
        size: elementCount(requiredOutput(facts).shape),
        parts: matrixProductParts([{ input: 0 }, { input: 1 }], [left, right], batchOf(facts)),
      },
    ],
  };
}

/** The axes over which matrices are stacked: all but the last two, or the last one where a factor is a mere vector. */
function batchOf(facts: NodeFacts): Shape {
  const { shape } = requiredOutput(facts);
  const own = [0, 1].filter((index) => required(facts, index).shape.length > 1).length;
  return shape.slice(0, shape.length - own);
}

const isFinite = (box: Enclosure): boolean => box.lower.every(Number.isFinite) && box.upper.every(Number.isFinite);

/** A factor that is broadcast over a stack of matrices changes all of its copies at once. */
const copies = (box: Enclosure, matrices: number, norm: Norm): number =>
  above(copyGain(norm, matrices / Math.max(1, elementCount(box.shape.slice(0, -2)))));

/**
 * The norm of X -> X G (side right) or X -> F X (side left), flattened, over all matrices in the box. l2: the spectral norm is at
 * most the Frobenius norm. l1 and linf: the largest absolute row or column sum.
 */
function factorGain(box: Enclosure, norm: Norm, side: 'left' | 'right'): number {
  const columns = box.shape.length === 1 ? (side === 'left' ? box.shape[0]! : 1) : box.shape.at(-1)!;
  const rows = box.shape.length === 1 ? (side === 'left' ? 1 : box.shape[0]!) : box.shape.at(-2)!;
  const matrices = box.lower.length / Math.max(1, rows * columns);
  const size = (at: number): number => magnitude([box.lower[at]!, box.upper[at]!]);
  const alongRows = (norm === 'linf') === (side === 'left');
  let largest = 0;
  for (let m = 0; m < matrices; m++) {
    const start = m * rows * columns;
    if (norm === 'l2') {
      largest = Math.max(
        largest,
        lengthOf(
          Float64Array.from({ length: rows * columns }, (_, k) => size(start + k)),
          'l2',
        ),
      );
      continue;
    }
    for (let i = 0; i < (alongRows ? rows : columns); i++) {
      let sum = 0;
      for (let j = 0; j < (alongRows ? columns : rows); j++)
        sum += alongRows ? size(start + i * columns + j) : size(start + j * columns + i);
      largest = Math.max(largest, sum);
    }
  }
  return above(largest * (1 + gamma(rows * columns + 8)));
}

/** The product of two boxes of matrices, entry by entry. */
export function encloseMatrixProduct(facts: NodeFacts, ranges: Ranges): Enclosure {
  const a = ranges[0]!;
  const b = ranges[1]!;
  const shape = requiredOutput(facts).shape;
  const leftShape = required(facts, 0).shape.length === 1 ? [1, ...required(facts, 0).shape] : required(facts, 0).shape;
  const rightShape =
    required(facts, 1).shape.length === 1 ? [...required(facts, 1).shape, 1] : required(facts, 1).shape;
  const rows = leftShape.at(-2)!;
  const inner = leftShape.at(-1)!;
  const columns = rightShape.at(-1)!;
  const batch = batchOf(facts);
  const leftMatrix = broadcastSource(leftShape.slice(0, -2), batch);
  const rightMatrix = broadcastSource(rightShape.slice(0, -2), batch);
  const lower = new Float64Array(leftMatrix.length * rows * columns);
  const upper = new Float64Array(lower.length);
  leftMatrix.forEach((leftAt, m) => {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let sum: Interval = [0, 0];
        for (let k = 0; k < inner; k++) {
          const p = (leftAt * rows + i) * inner + k;
          const q = (rightMatrix[m]! * inner + k) * columns + j;
          sum = plus(sum, times([a.lower[p]!, a.upper[p]!], [b.lower[q]!, b.upper[q]!]));
        }
        [lower[(m * rows + i) * columns + j], upper[(m * rows + i) * columns + j]] = sum as [number, number];
      }
  });
  return { shape, lower, upper };
}
