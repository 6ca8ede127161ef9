import { integers } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { averagingAlong } from '../pooling.ts';
import { windowOf } from '../window.ts';
import type { AxisMatrix } from '../maps/separable-map.ts';
import { inputOf, ofOne, type Derivative, type Site } from './derivative.ts';
import type { Graph } from './graph.ts';
import { maskedPool } from './picked-by-masks.ts';

/** The adjoint of small matrices along some axes: their transposes. */
export const transposedAlong = (graph: Graph, value: string, along: readonly AxisMatrix[]): string =>
  along.reduce((current, { axis, matrix: { rows, columns, entries } }) => {
    const flipped = Float64Array.from(entries, (_, i) => entries[(i % rows) * columns + Math.floor(i / rows)]!);
    return graph.along(current, axis, { rows: columns, columns: rows, entries: flipped });
  }, value);

export const averagePoolDerivative = ofOne(
  ({ graph, node }, tangent) => graph.repeat(node, [tangent])[0],
  ({ graph, facts }, cotangent) => transposedAlong(graph, cotangent, averagingAlong(facts)),
);

export const globalAveragePoolDerivative = ofOne(
  ({ graph, node }, tangent) => graph.repeat(node, [tangent])[0],
  (site, cotangent) => {
    const { graph } = site;
    const shape = graph.shapeOf(inputOf(site, 0));
    return graph.stretch(graph.scaled(cotangent, 1 / elementCount(shape.slice(2))), graph.wide(shape));
  },
);

/** Where in the flattened input each maximum stands; ONNX Runtime takes the first of several. */
function places(site: Site): string {
  const { graph, node } = site;
  const attributes = Object.fromEntries([...node.attributes].filter(([name]) => name !== 'storage_order'));
  const { shape } = graph.typeOf(node.outputs[0]!);
  const indices = graph.addAll('MaxPool', [inputOf(site, 0)], attributes, [
    { type: graph.precision, shape },
    { type: 'int64', shape },
  ])[1]!;
  if (graph.directions === 1) return indices;
  // Every direction has a copy of the input of its own.
  const stride = elementCount(graph.shapeOf(inputOf(site, 0)));
  const starts = Array.from({ length: graph.directions }, (_, k) => k * stride);
  const column = graph.constant([graph.directions, ...shape.slice(1).map(() => 1)], starts, 'int64');
  return graph.add('Add', [indices, column], {}, { type: 'int64', shape: graph.wide(shape) });
}

/** Max pooling picks entries: directions are picked at the same places, weights are put back there. */
export const maxPoolDerivative: Derivative = {
  jvp(site, [tangent]) {
    if (tangent === undefined) return [undefined];
    const { graph } = site;
    const masked = graph.maxima === 'masks' ? maskedPool(site) : undefined;
    if (masked !== undefined) return [masked.pick(tangent)];
    const flattened = graph.reshape(tangent, [elementCount(graph.shapeOf(tangent))]);
    const picked = places(site);
    const type = { type: graph.precision, shape: graph.shapeOf(picked) };
    return [graph.add('Gather', [flattened, picked], { axis: { kind: 'int', value: 0 } }, type)];
  },
  vjp(site, [cotangent]) {
    if (cotangent === undefined) return [undefined];
    const { graph, node, facts } = site;
    const masked = graph.maxima === 'masks' ? maskedPool(site) : undefined;
    if (masked !== undefined) return [masked.putBack(cotangent)];
    const shape = graph.shapeOf(inputOf(site, 0));
    const window = windowOf(facts, shape.slice(2), integers(node, 'kernel_shape') ?? []);
    const overlapping = window.kernel.some((size, a) => size > window.strides[a]! || window.dilations[a]! > 1);
    const flattened = scattered(graph, places(site), cotangent, elementCount(graph.wide(shape)), overlapping);
    return [graph.reshape(flattened, graph.wide(shape))];
  },
};

/** A vector of this length with the values at their places; with `adding`, several at one place are summed. */
export function scattered(graph: Graph, at: string, values: string, length: number, adding: boolean): string {
  const count = elementCount(graph.shapeOf(values));
  const inputs = [graph.zeros([length]), graph.reshape(at, [count]), graph.reshape(values, [count])];
  const attributes = adding ? { reduction: { kind: 'string', value: 'add' } as const } : {};
  return graph.add('ScatterElements', inputs, attributes, { type: graph.precision, shape: [length] });
}

/** Where the first extreme entry of each group stands: 1 there, 0 elsewhere. */
function firstExtreme(site: Site, axes: readonly number[], op: 'ArgMax' | 'ArgMin'): string {
  const { graph } = site;
  const x = inputOf(site, 0);
  const shape = graph.shapeOf(x);
  const kept = shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const order = [...kept, ...axes];
  const moved = order.map((axis) => shape[axis]!);
  const size = elementCount(axes.map((axis) => shape[axis]!));
  const rows = graph.reshape(graph.transpose(x, order), [elementCount(shape) / size, size]);
  const attributes = { axis: { kind: 'int', value: 1 }, keepdims: { kind: 'int', value: 1 } } as const;
  const winner = graph.add(op, [rows], attributes, { type: 'int64', shape: [elementCount(shape) / size, 1] });
  const all = graph.constant(
    [1, size],
    Array.from({ length: size }, (_, k) => k),
    'int64',
  );
  const mask = graph.reshape(graph.asNumber(graph.add('Equal', [winner, all])), moved);
  return graph.transpose(
    mask,
    order.map((_, axis) => order.indexOf(axis)),
  );
}

/** The largest or smallest entry over some axes. */
export function extremeOver(op: 'ArgMax' | 'ArgMin', axesOf: (site: Site) => readonly number[]): Derivative {
  return ofOne(
    (site, tangent) => {
      const { graph, node } = site;
      const axes = axesOf(site);
      const sum = graph.sumOver(graph.times(firstExtreme(site, axes, op), tangent), axes);
      return graph.reshape(sum, graph.wide(graph.shapeOf(node.outputs[0]!)));
    },
    (site, cotangent) => {
      const { graph } = site;
      const axes = axesOf(site);
      const shape = graph.wide(graph.shapeOf(inputOf(site, 0)));
      const narrow = graph.reshape(
        cotangent,
        shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
      );
      return graph.times(firstExtreme(site, axes, op), narrow);
    },
  );
}

export const globalMaxPoolDerivative = extremeOver('ArgMax', ({ facts }) =>
  facts.input(0)!.shape.flatMap((_, axis) => (axis < 2 ? [] : [axis])),
);
