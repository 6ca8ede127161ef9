import { integer, integers } from '../network/network.ts';
import type { Shape } from '../network/tensor.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { required } from './facts.ts';
import type { Matrix } from './linear-map.ts';
import { separableMap, type AxisMatrix } from './maps/separable-map.ts';
import { windowOf, type Window } from './window.ts';

/** Average pooling is linear, and separable: the mean over a window is the mean along one axis after the other. */
export const averagePool: OperatorDefinition = {
  ops: ['AveragePool'],
  kind: () => 'pooling',
  infer(facts) {
    const data = required(facts, 0);
    const { outputSize } = windowOf(facts, data.shape.slice(2), integers(facts.node, 'kernel_shape') ?? []);
    return [{ type: data.type, shape: [...data.shape.slice(0, 2), ...outputSize] }];
  },
  rule(facts) {
    const along = averagingAlong(facts);
    return { kind: 'affine', input: 0, map: separableMap(required(facts, 0).shape, along, axisError(along.length)) };
  },
};

/** Average pooling as one small matrix per spatial axis. */
export function averagingAlong(facts: NodeFacts): readonly AxisMatrix[] {
  const shape = required(facts, 0).shape;
  const window = windowOf(facts, shape.slice(2), integers(facts.node, 'kernel_shape') ?? []);
  const countPadding = integer(facts.node, 'count_include_pad', 0) === 1;
  return window.kernel.map((_, a) => ({ axis: a + 2, matrix: averaging(window, a, shape[a + 2]!, countPadding) }));
}

/** Averaging along one axis. Padding never counts beyond the padded border, which ceil_mode can reach past. */
function averaging(window: Window, axis: number, size: number, countPadding: boolean): Matrix {
  const rows = window.outputSize[axis]!;
  const entries = new Float64Array(rows * size);
  for (let i = 0; i < rows; i++) {
    const inside: number[] = [];
    let counted = 0;
    for (let k = 0; k < window.kernel[axis]!; k++) {
      const at = i * window.strides[axis]! + k * window.dilations[axis]! - window.padsBegin[axis]!;
      if (at >= 0 && at < size) inside.push(at);
      if (at < size + window.padsEnd[axis]!) counted++;
    }
    for (const at of inside) entries[i * size + at] = 1 / (countPadding ? counted : inside.length);
  }
  return { rows, columns: size, entries };
}

/** One rounding in each reciprocal. */
const axisError = (axes: number): number => (axes + 1) * 2 ** -53;

export const globalAveragePool: OperatorDefinition = {
  ops: ['GlobalAveragePool'],
  kind: () => 'pooling',
  infer(facts) {
    const { type, shape } = required(facts, 0);
    return [{ type, shape: shape.map((size, axis) => (axis < 2 ? size : 1)) }];
  },
  rule(facts) {
    const shape = required(facts, 0).shape;
    return {
      kind: 'affine',
      input: 0,
      map: averagesAlong(
        shape,
        shape.flatMap((_, axis) => (axis < 2 ? [] : [axis])),
      ),
    };
  },
};

/** The mean over some axes, each of which shrinks to one entry. */
export function averagesAlong(shape: Shape, axes: readonly number[]): ReturnType<typeof separableMap> {
  const along = axes.map((axis) => ({ axis, matrix: row(shape[axis]!, 1 / shape[axis]!) }));
  return separableMap(shape, along, axisError(axes.length));
}

export function sumsAlong(shape: Shape, axes: readonly number[]): ReturnType<typeof separableMap> {
  return separableMap(
    shape,
    axes.map((axis) => ({ axis, matrix: row(shape[axis]!, 1) })),
  );
}

const row = (columns: number, value: number): Matrix => ({
  rows: 1,
  columns,
  entries: new Float64Array(columns).fill(value),
});
