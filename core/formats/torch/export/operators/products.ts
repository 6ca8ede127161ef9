import { float, NotUnderstood, type Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

const product =
  (left: string, right: string): Translation =>
  (b) =>
    b.finish('MatMul', [b.tensor(left), b.tensor(right)]);

/** beta self + alpha mat1 mat2. */
const addmm: Translation = (b) =>
  b.finish('Gemm', [b.tensor('mat1'), b.tensor('mat2'), b.tensor('self')], {
    alpha: float(b.number('alpha', 1)),
    beta: float(b.number('beta', 1)),
  });

/** beta self + alpha times a product. */
const added =
  (productOf: (b: Builder) => string): Translation =>
  (b) => {
    const [alpha, beta] = [b.number('alpha', 1), b.number('beta', 1)];
    const times = (name: string, factor: number): string =>
      factor === 1 ? name : b.emit('Mul', [name, b.scalar(factor)]);
    const found = times(productOf(b), alpha);
    if (beta === 0) b.finish('Identity', [found]);
    else b.finish('Add', [times(b.tensor('self'), beta), found]);
  };

const matMul = (b: Builder, left: string, right: string): string => b.emit('MatMul', [b.tensor(left), b.tensor(right)]);

const einsum: Translation = (b) => {
  const equation = b.argument('equation');
  if (typeof equation !== 'string') throw new NotUnderstood('its equation is no text');
  b.finish('Einsum', b.tensors('tensors'), { equation });
};

const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));

/** Sums over pairs of axes of two tensors. */
const overPairs: Translation = (b) => {
  const [self, other] = [b.tensor('self'), b.tensor('other')];
  const [ofSelf, ofOther] = [b.numbers('dims_self'), b.numbers('dims_other')];
  const left = letters.slice(0, b.rank(self));
  const right = letters.slice(b.rank(self), b.rank(self) + b.rank(other));
  ofOther.forEach((axis, i) => (right[b.axis(other, axis)] = left[b.axis(self, ofSelf[i]!)]!));
  const kept = [...left.filter((one) => !right.includes(one)), ...right.filter((one) => !left.includes(one))];
  b.finish('Einsum', [self, other], { equation: `${left.join('')},${right.join('')}->${kept.join('')}` });
};

const asColumn = (b: Builder, name: string): string => b.emit('Unsqueeze', [b.tensor(name), b.integers([1])]);

/** The columns of one times the row of the other. */
const outer: Translation = (b) =>
  b.finish('Mul', [asColumn(b, 'self'), b.tensor(b.argument('vec2') === undefined ? 'other' : 'vec2')]);

/** y[o] = sum over i and j of x1[i] W[o, i, j] x2[j] + b[o]: first W x1, as one matrix, then with x2. */
const bilinear: Translation = (b) => {
  const [x1, x2, weight] = [b.tensor('input1'), b.tensor('input2'), b.tensor('weight')];
  const [outputs, inputs1, inputs2] = b.shape(weight) as [number, number, number];
  const turned = b.emit('Transpose', [weight], { perm: [1, 0, 2] });
  const matrix = b.emit('Reshape', [turned, b.integers([inputs1, outputs * inputs2])]);
  const kept = b.sizes(x1).slice(1).map(() => 0); // prettier-ignore
  const spread = b.emit('Reshape', [b.emit('MatMul', [x1, matrix]), b.integers([...kept, outputs, inputs2])]);
  const joined = b.emit('Mul', [spread, b.emit('Unsqueeze', [x2, b.integers([-2])])]);
  const sum = b.emit('ReduceSum', [joined, b.integers([-1])], { keepdims: 0 });
  const bias = b.optionalTensor('bias');
  if (bias === '') b.finish('Identity', [sum]);
  else b.finish('Add', [sum, bias]);
};

/** Three tensors with new axes multiplied, and summed up over some. */
const trilinear: Translation = (b) => {
  const parts = ['i1', 'i2', 'i3'].map((name, i) => {
    const axes = b.numbers(`expand${i + 1}`);
    return axes.length === 0 ? b.tensor(name) : b.emit('Unsqueeze', [b.tensor(name), b.integers(axes)]);
  });
  const joined = b.emit('Mul', [b.emit('Mul', [parts[0]!, parts[1]!]), parts[2]!]);
  b.finish('ReduceSum', [joined, b.integers(b.numbers('sumdim'))], { keepdims: 0 });
};

/** Every number of one times all of the other. */
const kronecker: Translation = (b) => {
  const [self, other] = [b.tensor('self'), b.tensor('other')];
  const rank = Math.max(b.rank(self), b.rank(other));
  const filled = (name: string): readonly number[] => [
    ...Array.from({ length: rank - b.rank(name) }, () => 1),
    ...b.shape(name),
  ];
  const [a, c] = [filled(self), filled(other)];
  const left = b.emit('Reshape', [self, b.integers(a.flatMap((size) => [size, 1]))]);
  const right = b.emit('Reshape', [other, b.integers(c.flatMap((size) => [1, size]))]);
  b.finish('Reshape', [b.emit('Mul', [left, right]), b.integers(a.map((size, axis) => size * c[axis]!))]);
};

/** (x2 y3 - x3 y2, x3 y1 - x1 y3, x1 y2 - x2 y1). */
const cross: Translation = (b) => {
  const self = b.tensor('self');
  const given = b.argument('dim');
  const axis = typeof given === 'number' ? given : b.sizes(self).indexOf(3);
  const turned = (name: string, order: readonly number[]): string =>
    b.emit('Gather', [b.tensor(name), b.integers(order)], { axis });
  const [on, back] = [[1, 2, 0], [2, 0, 1]]; // prettier-ignore
  b.finish('Sub', [
    b.emit('Mul', [turned('self', on), turned('other', back)]),
    b.emit('Mul', [turned('self', back), turned('other', on)]),
  ]);
};

export const products: Translations = {
  'aten.addmm': addmm,
  'aten.mm': product('self', 'mat2'),
  'aten.bmm': product('self', 'mat2'),
  'aten.matmul': product('self', 'other'),
  'aten.mv': product('self', 'vec'),
  'aten.dot': product('self', 'tensor'),
  'aten.vdot': product('self', 'other'),
  'aten.linalg_vecdot': (b) =>
    b.finish('ReduceSum', [b.emit('Mul', [b.tensor('x'), b.tensor('y')]), b.integers([b.number('dim', -1)])], {
      keepdims: 0,
    }),
  'aten.baddbmm': added((b) => matMul(b, 'batch1', 'batch2')),
  'aten.addbmm': added((b) => b.emit('ReduceSum', [matMul(b, 'batch1', 'batch2'), b.integers([0])], { keepdims: 0 })),
  'aten.addmv': added((b) => matMul(b, 'mat', 'vec')),
  'aten.addr': added((b) => b.emit('Mul', [asColumn(b, 'vec1'), b.tensor('vec2')])),
  'aten.einsum': einsum,
  'aten.tensordot': overPairs,
  'aten.outer': outer,
  'aten.bilinear': bilinear,
  'aten._trilinear': trilinear,
  'aten.kron': kronecker,
  'aten.cross': cross,
  'aten.linalg_cross': cross,
};
