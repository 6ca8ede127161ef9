import { decimal, integer } from '../network/network.ts';
import { storedMatrix } from '../network/stored-matrix.ts';
import { elementCount, numbersOf, type Shape, type Tensor } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import { bilinearRule, encloseMatrixProduct } from './bilinear.ts';
import { broadcastShape, broadcastSource } from './broadcast.ts';
import type { LipschitzRule, NodeFacts, Offset, OperatorDefinition } from './definition.ts';
import { constantNumbers, required, requiredOutput } from './facts.ts';
import { denseMap } from './maps/dense-map.ts';
import { separableMap } from './maps/separable-map.ts';
import { stackedMap } from './maps/stacked-map.ts';
import { storedDenseMap } from './maps/stored-dense-map.ts';

/** Gemm: Y = alpha A' B' + beta C with the data in A. */
export const gemm: OperatorDefinition = {
  ops: ['Gemm'],
  kind: () => 'dense',
  infer(facts) {
    const a = required(facts, 0);
    const b = required(facts, 1);
    const inner = [
      a.shape[integer(facts.node, 'transA', 0) ? 0 : 1],
      b.shape[integer(facts.node, 'transB', 0) ? 1 : 0],
    ];
    if (a.shape.length !== 2 || b.shape.length !== 2 || inner[0] !== inner[1]) throw misfit(facts, a.shape, b.shape);
    const rows = a.shape[integer(facts.node, 'transA', 0) ? 1 : 0]!;
    const columns = b.shape[integer(facts.node, 'transB', 0) ? 0 : 1]!;
    return [{ type: a.type, shape: [rows, columns] }];
  },
  rule(facts) {
    if (facts.constant(1) === undefined) return { kind: 'unsupported', reason: 'its matrix is not a constant' };
    if (facts.input(2) !== undefined && facts.constant(2) === undefined)
      return { kind: 'unsupported', reason: 'its bias depends on the input' };
    const [rows, columns] = required(facts, 1).shape as [number, number];
    const transposed = integer(facts.node, 'transB', 0) === 1;
    const [outputs, inputs] = transposed ? [rows, columns] : [columns, rows];
    const alpha = decimal(facts.node, 'alpha', 1);
    const matrix = (): Float64Array => {
      const weights = constantNumbers(facts, 1)!;
      const oriented = transposed ? weights : transpose(weights, rows, columns);
      return alpha === 1 ? oriented : oriented.map((value) => alpha * value);
    };
    const shape = requiredOutput(facts).shape;
    // A product alpha w is rounded once; a folded BatchNorm brings its own error.
    const entryError = (facts.constant(1)?.relativeError ?? 0) + (alpha === 1 ? 0 : 2 ** -52);
    const plain = integer(facts.node, 'transA', 0) === 0 || required(facts, 0).shape.includes(1);
    const stored = alpha === 1 ? storedMatrix(facts.constant(1)!) : undefined;
    const whole =
      stored && storedDenseMap({ ...stored, rowsAre: transposed ? 'outputs' : 'inputs' }, shape[0], entryError);
    const map = plain
      ? (whole ?? denseMap(matrix, outputs, inputs, shape[0], entryError))
      : // A' B' with the data in A: the stack of one, read across.
        stackedMap(
          'transposed right',
          { rows: shape[0]!, inner: inputs, columns: outputs },
          Int32Array.of(0),
          Int32Array.of(0),
          transpose(matrix(), outputs, inputs),
          shape[0]! * inputs,
          entryError,
        );
    return { kind: 'affine', input: 0, map, ...biasOf(facts, shape) };
  },
};

function biasOf(facts: NodeFacts, shape: Shape): { offset?: () => Offset } {
  if (facts.constant(2) === undefined) return {};
  const beta = decimal(facts.node, 'beta', 1);
  const offset = (): Offset => {
    const bias = constantNumbers(facts, 2)!;
    const source = broadcastSource(required(facts, 2).shape, shape);
    const values = Float64Array.from(source, (index) => beta * bias[index]!);
    const rounding = beta === 1 ? 0 : 2 ** -52 * largest(values);
    return { values, error: (facts.constant(2)?.absoluteError ?? 0) + rounding };
  };
  return { offset };
}

const largest = (numbers: Float64Array): number => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** MatMul with a constant on either side is a dense layer; of two data tensors it is bilinear. */
export const matMul: OperatorDefinition = {
  ops: ['MatMul'],
  kind: (facts) => (facts.constant(0) === undefined && facts.constant(1) === undefined ? 'attention' : 'dense'),
  infer(facts) {
    const a = required(facts, 0);
    const b = required(facts, 1);
    const left = a.shape.length === 1 ? [1, a.shape[0]!] : a.shape;
    const right = b.shape.length === 1 ? [b.shape[0]!, 1] : b.shape;
    if (a.shape.length === 0 || b.shape.length === 0 || left.at(-1) !== right.at(-2))
      throw misfit(facts, a.shape, b.shape);
    const batch = broadcastShape([left.slice(0, -2), right.slice(0, -2)]);
    const rows = a.shape.length === 1 ? [] : [left.at(-2)!];
    const columns = b.shape.length === 1 ? [] : [right.at(-1)!];
    return [{ type: a.type, shape: [...batch, ...rows, ...columns] }];
  },
  rule(facts, ranges) {
    const [isLeft, isRight] = [facts.constant(0) !== undefined, facts.constant(1) !== undefined];
    if (!isLeft && !isRight) return bilinearRule(facts, ranges);
    const a = required(facts, 0).shape;
    const b = required(facts, 1).shape;
    if (isRight && b.length <= 2) return timesMatrix(a, facts.constant(1)!);
    if (isLeft && a.length <= 2) return matrixTimes(constantNumbers(facts, 0)!, a, b);
    return stackRule(facts, isLeft ? 1 : 0, constantNumbers(facts, isLeft ? 0 : 1)!);
  },
  enclose: (facts, ranges) => [encloseMatrixProduct(facts, ranges)],
};

/** X B: the same matrix for every row of X. */
function timesMatrix(a: Shape, constant: Tensor): LipschitzRule {
  const inputs = constant.shape[0]!;
  const outputs = constant.shape[1] ?? 1;
  const repeats = elementCount(a) / inputs;
  const entryError = constant.relativeError ?? 0;
  const stored = storedMatrix(constant);
  const map =
    stored === undefined
      ? denseMap(() => transpose(numbersOf(constant), inputs, outputs), outputs, inputs, repeats, entryError)
      : storedDenseMap({ ...stored, rowsAre: 'inputs' }, repeats, entryError);
  return { kind: 'affine', input: 0, map };
}

/** A X: acts along the rows of X, for every column. */
function matrixTimes(entries: Float64Array, a: Shape, b: Shape): LipschitzRule {
  const matrix = { rows: a.length === 1 ? 1 : a[0]!, columns: a.at(-1)!, entries };
  if (b.length === 1) return { kind: 'affine', input: 1, map: denseMap(entries, matrix.rows, matrix.columns) };
  return { kind: 'affine', input: 1, map: separableMap(b, [{ axis: b.length - 2, matrix }]) };
}

/** A stack of constant matrices: every product of the stack has its own block. */
function stackRule(facts: NodeFacts, input: 0 | 1, constants: Float64Array): LipschitzRule {
  const factors = [0, 1].map((index) => {
    const { shape } = required(facts, index);
    return shape.length > 1 ? shape : index === 0 ? [1, ...shape] : [...shape, 1];
  });
  const [left, right] = factors as [Shape, Shape];
  const batch = broadcastShape([left.slice(0, -2), right.slice(0, -2)]);
  const sizes = { rows: left.at(-2)!, inner: left.at(-1)!, columns: right.at(-1)! };
  return {
    kind: 'affine',
    input,
    map: stackedMap(
      input === 0 ? 'right' : 'left',
      sizes,
      broadcastSource(left.slice(0, -2), batch),
      broadcastSource(right.slice(0, -2), batch),
      constants,
      elementCount(input === 0 ? left : right),
    ),
  };
}

/** Square by square, so that neither side is read across the whole memory. */
export function transpose(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const flipped = new Float64Array(matrix.length);
  const side = 32;
  for (let top = 0; top < rows; top += side)
    for (let left = 0; left < columns; left += side) {
      const bottom = Math.min(rows, top + side);
      const right = Math.min(columns, left + side);
      for (let i = top; i < bottom; i++)
        for (let j = left; j < right; j++) flipped[j * rows + i] = matrix[i * columns + j]!;
    }
  return flipped;
}

const misfit = (facts: NodeFacts, a: Shape, b: Shape): UserError =>
  new UserError(
    `${facts.node.op} node "${facts.node.id}" multiplies [${a.join(', ')}] by [${b.join(', ')}], which do not fit.`,
  );
