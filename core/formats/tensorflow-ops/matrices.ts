import { Unsupported } from '../tensorflow/unsupported.ts';
import { range, type Sizes, type Value } from '../tensorflow/value.ts';
import { broadcastShape } from './broadcast.ts';
import { fused } from './convolution.ts';
import type { Operation, OperationDefinition } from './operation.ts';

/** Of two matrices, either of them turned; a bias joins it where the converter drew it in. */
function matMul(operation: Operation): Value {
  const [a, b] = [operation.input(0).withRank(2), operation.input(1).withRank(2)];
  const transA = operation.attributes.flag('transpose_a') || operation.attributes.flag('transposeA');
  const transB = operation.attributes.flag('transpose_b') || operation.attributes.flag('transposeB');
  const parts = operation.attributes.texts('fused_ops');
  const bias = parts[0] === 'BiasAdd' ? operation.input(2) : undefined;
  const shape = [a.shape[transA ? 1 : 0] ?? null, b.shape[transB ? 0 : 1] ?? null];
  const plainly = !transA && !transB && bias === undefined;
  const inputs = [a.name, b.name, ...(bias === undefined ? [] : [bias.name])];
  const name = operation.node(
    plainly ? 'MatMul' : 'Gemm',
    inputs,
    plainly ? {} : { transA: Number(transA), transB: Number(transB) },
  );
  return fused(operation, operation.plain(name, shape), bias === undefined ? parts : parts.slice(1));
}

function batchMatMul(operation: Operation): Value {
  const turned = (value: Value, flag: string, part: string): Value =>
    operation.attributes.flag(flag) ? swapped(operation, value, part) : value;
  const a = turned(operation.input(0), 'adj_x', 'left');
  const b = turned(operation.input(1), 'adj_y', 'right');
  if (a.rank < 2 || b.rank < 2) throw new Unsupported('its inputs are no matrices');
  const shape = [
    ...broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]),
    a.shape.at(-2) ?? null,
    b.shape.at(-1) ?? null,
  ];
  return operation.plain(operation.node('MatMul', [a.name, b.name]), shape);
}

function swapped(operation: Operation, value: Value, part: string): Value {
  const { rank } = value;
  return permuted(operation, value, [...range(0, rank - 2), rank - 1, rank - 2], part);
}

function permuted(operation: Operation, value: Value, perm: readonly number[], part = ''): Value {
  const name = operation.node('Transpose', [value.name], { perm }, part);
  return operation.plain(
    name,
    perm.map((axis) => value.shape[axis] ?? null),
    value.type,
  );
}

function transpose(operation: Operation): Value {
  const x = operation.input(0);
  const perm = operation.numbers(1, 'order of axes');
  const proper = x.withRank(perm.length).rank === perm.length && range(0, perm.length).every((k) => perm.includes(k));
  if (!proper) throw new Unsupported('its order of axes does not name each of them once');
  return permuted(operation, x.withRank(perm.length), perm);
}

function einsum(operation: Operation): Value {
  const equation = operation.attributes.text('equation', '').replace(/\s/gu, '');
  const [left = '', result] = equation.split('->');
  const terms = left.split(',');
  if (result === undefined || terms.length !== operation.inputs.length || !/^[A-Za-z,]+->[A-Za-z]*$/u.test(equation))
    throw new Unsupported('its equation is not understood');
  const sizes = new Map<string, number | null>();
  terms.forEach((term, i) => {
    const { shape } = operation.input(i).withRank(term.length);
    Array.from(term).forEach((letter, axis) => sizes.set(letter, sizes.get(letter) ?? shape[axis] ?? null));
  });
  const name = operation.node(
    'Einsum',
    operation.inputs.map((input) => input.name),
    { equation },
  );
  const shape: Sizes = Array.from(result).map((letter) => sizes.get(letter) ?? null);
  return operation.plain(name, shape);
}

/** What lies within so many diagonals below and above the main one; all where the number is negative. */
function bandPart(operation: Operation): Value {
  const x = operation.input(0);
  const [lower, upper] = [operation.number(1, 'band'), operation.number(2, 'band')];
  let { name } = x;
  const cut = (k: number, keepsUpper: number, part: string): string =>
    operation.node('Trilu', [name, operation.integer(part, k)], { upper: keepsUpper }, part);
  if (upper >= 0) name = cut(upper, 0, 'lower');
  if (lower >= 0) name = cut(-lower, 1, 'upper');
  return operation.plain(operation.node('Identity', [name]), x.shape);
}

export const matrixOperations: readonly OperationDefinition[] = [
  { ops: ['MatMul', '_FusedMatMul'], write: matMul },
  { ops: ['BatchMatMul', 'BatchMatMulV2', 'BatchMatMulV3'], write: batchMatMul },
  { ops: ['Transpose'], write: transpose },
  { ops: ['Einsum'], write: einsum },
  { ops: ['MatrixBandPart'], write: bandPart },
];
