import { NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

/** Of two axes the entries [i, i + offset], as a new last axis. */
function taken(b: Builder, self: string, offset: number, one: number, other: number): string {
  const [rows, columns] = [b.axis(self, one), b.axis(self, other)];
  const rest = b.sizes(self).flatMap((_, axis) => (axis === rows || axis === columns ? [] : [axis]));
  const [m, n] = [b.size(self, rows), b.size(self, columns)];
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const places = listed(Math.max(0, Math.min(m - down, n - right)), (k) => (k + down) * n + k + right);
  const turned = b.emit('Transpose', [self], { perm: [...rest, rows, columns] });
  const flat = b.emit('Reshape', [turned, b.integers([...rest.map(() => 0), m * n])]);
  return b.emit('Gather', [flat, b.integers(places)], { axis: rest.length });
}

/** The last axis along a diagonal between zeros: picked from itself with one zero behind. */
function embedded(b: Builder, self: string, offset: number, one: number, other: number): void {
  const rank = b.rank(self);
  const count = b.size(self, -1);
  const size = count + Math.abs(offset);
  const pads = b.integers([...Array.from({ length: 2 * rank - 1 }, () => 0), 1]);
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const places = listed(size * size, (at) => {
    const [i, j] = [Math.floor(at / size) - down, (at % size) - right];
    return i === j && i >= 0 && i < count ? i : count;
  });
  const spread = b.emit('Gather', [b.emit('Pad', [self, pads]), b.integers(places, [size, size])], { axis: rank - 1 });
  const [rows, columns] = [one, other].map((axis) => (axis < 0 ? axis + rank + 1 : axis));
  let next = 0;
  const perm = Array.from({ length: rank + 1 }, (_, axis) =>
    axis === rows ? rank - 1 : axis === columns ? rank : next++,
  );
  b.finish('Transpose', [spread], { perm });
}

const diagonal: Translation = (b) =>
  b.finish('Identity', [taken(b, b.tensor('self'), b.number('offset', 0), b.number('dim1', 0), b.number('dim2', 1))]);

const eitherWay: Translation = (b) => {
  const self = b.tensor('self');
  if (b.rank(self) === 1) embedded(b, self, b.number('diagonal', 0), -2, -1);
  else b.finish('Identity', [taken(b, self, b.number('diagonal', 0), 0, 1)]);
};

/** Vectors spread over the axes of a grid. */
const grid: Translation = (b) => {
  const tensors = b.tensors('tensors');
  const swapped = b.argument('indexing') === 'xy' && tensors.length > 1;
  const order = tensors.map((_, i) => (swapped && i < 2 ? 1 - i : i));
  const sizes = order.map((i) => (b.rank(tensors[i]!) === 0 ? 1 : b.size(tensors[i]!, 0)));
  tensors.forEach((tensor, i) => {
    const axis = order.indexOf(i);
    const along = b.integers(sizes.map((_, a) => (a === axis ? -1 : 1)));
    const output = b.call.outputs[i] ?? '';
    if (output !== '') b.give(output, 'Expand', [b.emit('Reshape', [tensor, along]), b.integers(sizes)]);
  });
};

/** Rows and columns of the entries below or above a diagonal. */
const triangle =
  (inside: (row: number, column: number, offset: number) => boolean): Translation =>
  (b) => {
    const [rows, columns, offset] = [b.number('row'), b.number('col'), b.number('offset', 0)];
    if (!(rows > 0 && columns > 0)) throw new NotUnderstood('it has no entries');
    const found = listed(rows * columns, (i) => [Math.floor(i / columns), i % columns] as const).filter(([i, j]) =>
      inside(i, j, offset),
    );
    b.finish('Identity', [b.integers([...found.map(([i]) => i), ...found.map(([, j]) => j)], [2, found.length])]);
  };

export const diagonals: Translations = {
  'aten.diagonal': diagonal,
  'aten.diagonal_copy': diagonal,
  'aten.linalg_diagonal': (b) =>
    b.finish('Identity', [taken(b, b.tensor('A'), b.number('offset', 0), b.number('dim1', -2), b.number('dim2', -1))]),
  'aten.diag_embed': (b) =>
    embedded(b, b.tensor('self'), b.number('offset', 0), b.number('dim1', -2), b.number('dim2', -1)),
  'aten.diag': eitherWay,
  'aten.trace': (b) => b.finish('ReduceSum', [taken(b, b.tensor('self'), 0, 0, 1)], { keepdims: 0 }),
  'aten.meshgrid': grid,
  'aten.tril_indices': triangle((row, column, offset) => column - row <= offset),
  'aten.triu_indices': triangle((row, column, offset) => column - row >= offset),
};
