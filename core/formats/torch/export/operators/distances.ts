import { NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

/** (sum of |x|^order)^(1/order) over these axes, or over all where there are none. */
function norm(b: Builder, x: string, axes: readonly number[], keepdims: 0 | 1, order: number): string {
  const over = axes.length === 0 ? [] : [b.integers(axes)];
  const reduce = (op: string, from: string): string => b.emit(op, [from, ...over], { keepdims });
  if (order === 1) return reduce('ReduceL1', x);
  if (order === 2) return reduce('ReduceL2', x);
  const sizes = b.emit('Abs', [x]);
  if (order === Number.POSITIVE_INFINITY) return reduce('ReduceMax', sizes);
  if (order === Number.NEGATIVE_INFINITY) return reduce('ReduceMin', sizes);
  if (!(order > 0)) throw new NotUnderstood(`the norm of order ${order} counts or divides`);
  const sum = reduce('ReduceSum', b.emit('Pow', [sizes, b.scalar(order)]));
  return b.emit('Pow', [sum, b.scalar(1 / order)]);
}

const keepdims = (b: Builder): 0 | 1 => (b.flag('keepdim') ? 1 : 0);

const vectorNorm: Translation = (b) => {
  const order = b.number(b.argument('ord') === undefined ? 'p' : 'ord', 2);
  b.finish('Identity', [norm(b, b.tensor('self'), b.numbers('dim', []), keepdims(b), order)]);
};

/** Of the entries (Frobenius), of the columns (1) or of the rows (infinity). */
function matrixNorm(b: Builder, axes: readonly number[]): void {
  const self = b.tensor('self');
  const order = b.argument('ord') ?? 'fro';
  const [rows, columns] = axes.map((axis) => b.axis(self, axis));
  if (order === 'fro') {
    b.finish('ReduceL2', [self, b.integers([rows!, columns!])], { keepdims: keepdims(b) });
    return;
  }
  if (order !== 1 && order !== Number.POSITIVE_INFINITY)
    throw new NotUnderstood('it needs the singular values of its matrix, for which ONNX has no operator');
  const [summed, compared] = order === 1 ? [rows!, columns!] : [columns!, rows!];
  const sums = b.emit('ReduceL1', [self, b.integers([summed])], { keepdims: 1 });
  const most = b.emit('ReduceMax', [sums, b.integers([compared])], { keepdims: 1 });
  if (keepdims(b) === 1) b.finish('Identity', [most]);
  else b.finish('Squeeze', [most, b.integers([rows!, columns!])]);
}

const anyNorm: Translation = (b) => {
  const axes = b.numbers('dim', []);
  const order = b.argument('ord');
  if (order === null || order === undefined) {
    b.finish('Identity', [norm(b, b.tensor('self'), axes, keepdims(b), 2)]);
    return;
  }
  const all = axes.length === 0 ? b.sizes(b.tensor('self')).map((_, axis) => axis) : axes;
  if (all.length === 1) b.finish('Identity', [norm(b, b.tensor('self'), all, keepdims(b), b.number('ord'))]);
  else matrixNorm(b, all);
};

/** Every row of one to every row of the other. */
const between: Translation = (b) => {
  const [x1, x2] = [b.tensor('x1'), b.tensor('x2')];
  const apart = b.emit('Sub', [
    b.emit('Unsqueeze', [x1, b.integers([-2])]),
    b.emit('Unsqueeze', [x2, b.integers([-3])]),
  ]);
  b.finish('Identity', [norm(b, apart, [-1], 0, b.number('p', 2))]);
};

/** Every row to every one after it. */
const within: Translation = (b) => {
  const self = b.tensor('self');
  const rows = b.size(self, 0);
  const pairs = listed(rows * rows, (i) => [Math.floor(i / rows), i % rows] as const).filter(([i, j]) => i < j);
  const taken = (which: 0 | 1): string =>
    b.emit('Gather', [self, b.integers(pairs.map((pair) => pair[which]))], { axis: 0 });
  b.finish('Identity', [norm(b, b.emit('Sub', [taken(0), taken(1)]), [-1], 0, b.number('p', 2))]);
};

/** |x1 - x2 + eps|. */
const ofPairs: Translation = (b) => {
  const apart = b.emit('Sub', [b.tensor('x1'), b.tensor('x2')]);
  const moved = b.emit('Add', [apart, b.scalar(b.number('eps', 1e-6))]);
  b.finish('Identity', [norm(b, moved, [-1], keepdims(b), b.number('p', 2))]);
};

/** Each divided by its length, which is at least eps. */
const cosine: Translation = (b) => {
  const axis = b.number('dim', 1);
  const standard = (name: string): string => {
    const length = b.emit('Max', [norm(b, name, [axis], 1, 2), b.scalar(b.number('eps', 1e-8))]);
    return b.emit('Div', [name, length]);
  };
  const products = b.emit('Mul', [standard(b.tensor('x1')), standard(b.tensor('x2'))]);
  b.finish('ReduceSum', [products, b.integers([axis])], { keepdims: 0 });
};

const ofAll: Translation = (b) => {
  const apart = b.emit('Sub', [b.tensor('self'), b.tensor('other')]);
  b.finish('Identity', [norm(b, apart, [], 0, b.number('p', 2))]);
};

export const distances: Translations = {
  'aten.linalg_vector_norm': vectorNorm,
  'aten.norm': vectorNorm,
  'aten.linalg_norm': anyNorm,
  'aten.linalg_matrix_norm': (b) => matrixNorm(b, b.numbers('dim', [-2, -1])),
  'aten.frobenius_norm': (b) => b.finish('Identity', [norm(b, b.tensor('self'), b.numbers('dim', []), keepdims(b), 2)]),
  'aten.cdist': between,
  'aten._cdist_forward': between,
  'aten.pdist': within,
  'aten._pdist_forward': within,
  'aten.pairwise_distance': ofPairs,
  'aten.cosine_similarity': cosine,
  'aten.dist': ofAll,
};
