import { elementTypeCodes } from '../../network/element-type-codes.ts';
import { attributeOf, integer, integers } from '../../network/network.ts';
import { positiveAxis, required, requiredNumbers } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import { floatingType } from './draft.ts';

/** The base grid of AffineGrid: positions in [-1, 1] per axis, the last axis first, and a 1 for the shift. */
function baseGrid(sizes: readonly number[], corners: boolean): Float64Array {
  const axes = sizes.length;
  const count = sizes.reduce((product, size) => product * size, 1);
  const grid = new Float64Array(count * (axes + 1));
  for (let i = 0; i < count; i++) {
    let rest = i;
    for (let a = axes - 1; a >= 0; a--) {
      const size = sizes[a]!;
      const at = rest % size;
      rest = Math.floor(rest / size);
      grid[i * (axes + 1) + (axes - 1 - a)] = corners
        ? size === 1
          ? -1
          : (2 * at) / (size - 1) - 1
        : (2 * at + 1) / size - 1;
    }
    grid[i * (axes + 1) + axes] = 1;
  }
  return grid;
}

export const geometry: readonly CompositeDefinition[] = [
  {
    ops: ['AffineGrid'],
    becomes: ['Transpose', 'MatMul', 'Reshape'],
    write(facts, draft) {
      const size = requiredNumbers(facts, 1, 'The size');
      const spatial = size.slice(2);
      const count = spatial.reduce((product, n) => product * n, 1);
      const corners = integer(facts.node, 'align_corners', 0) === 1;
      const grid = draft.numbers(floatingType(facts, 0), [count, spatial.length + 1], baseGrid(spatial, corners));
      const moved = draft.node('MatMul', [grid, draft.transpose(facts.node.inputs[0]!, [0, 2, 1])]);
      return [draft.reshape(moved, [size[0]!, ...spatial, spatial.length])];
    },
  },
  {
    ops: ['CenterCropPad'],
    becomes: ['Slice', 'Pad'],
    write(facts, draft) {
      const { shape } = required(facts, 0);
      const target = requiredNumbers(facts, 1, 'The size');
      const axes = (integers(facts.node, 'axes') ?? shape.map((_, axis) => axis)).map((axis) =>
        positiveAxis(axis, shape.length),
      );
      let x = facts.node.inputs[0]!;
      const pads = new Array<number>(2 * shape.length).fill(0);
      axes.forEach((axis, k) => {
        const [from, to] = [shape[axis]!, target[k]!];
        const spare = Math.floor(Math.abs(from - to) / 2);
        if (to < from) x = draft.slice(x, axis, spare, spare + to);
        pads[axis] = to > from ? spare : 0;
        pads[axis + shape.length] = to > from ? to - from - spare : 0;
      });
      return [
        pads.every((pad) => pad === 0) ? draft.node('Identity', [x]) : draft.node('Pad', [x, draft.integers(pads)]),
      ];
    },
  },
  {
    ops: ['CastLike'],
    becomes: ['Cast'],
    write(facts, draft) {
      return [draft.node('Cast', [facts.node.inputs[0]!], { to: elementTypeCodes[required(facts, 1).type] })];
    },
  },
  {
    ops: ['EyeLike'],
    becomes: ['a constant'],
    write(facts, draft) {
      const { type, shape } = required(facts, 0);
      const asked = attributeOf(facts.node, 'dtype', 'int')?.value;
      if (asked !== undefined && asked !== elementTypeCodes[type]) return 'it makes another type than its input has';
      const [rows, columns] = shape as [number, number];
      const shift = integer(facts.node, 'k', 0);
      const entries = Float64Array.from({ length: rows * columns }, (_, i) =>
        (i % columns) - Math.floor(i / columns) === shift ? 1 : 0,
      );
      return [draft.numbers(type, shape, entries)];
    },
  },
];
