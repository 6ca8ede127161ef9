import { integer, text } from '../../network/network.ts';
import { numbersOf, type Shape } from '../../network/tensor.ts';
import { constantNumbers, positiveAxis } from '../facts.ts';
import { permutationOf, slicesOf } from '../rearrangement.ts';
import { inputOf, NoDerivative, ofOne, type Derivative, type Direction, type Site } from './derivative.ts';
import type { Graph } from './graph.ts';
import { scattered } from './pooling.ts';

const outputShape = ({ graph, node }: Site): Shape => graph.wide(graph.shapeOf(node.outputs[0]!));
const inputShape = (site: Site): Shape => site.graph.wide(site.graph.shapeOf(inputOf(site, 0)));

/** The same elements in the same order, in another shape: Reshape, Flatten, Squeeze, Unsqueeze, Identity. */
export const reshapeDerivative = ofOne(
  (site, tangent) => site.graph.reshape(tangent, outputShape(site)),
  (site, cotangent) => site.graph.reshape(cotangent, inputShape(site)),
);

export const transpositionDerivative = ofOne(
  ({ graph, facts }, tangent) => graph.transpose(tangent, permutationOf(facts, facts.input(0)!.shape.length)),
  ({ graph, facts }, cotangent) => {
    const order = permutationOf(facts, facts.input(0)!.shape.length);
    return graph.transpose(
      cotangent,
      order.map((_, axis) => order.indexOf(axis)),
    );
  },
);

export const expandDerivative = ofOne(
  (site, tangent) => site.graph.stretch(tangent, outputShape(site)),
  (site, cotangent) => site.graph.shrink(cotangent, inputShape(site)),
);

/** Tile along its axes: the copies are an axis of their own in front of each, and are summed. */
export const tileDerivative = ofOne(
  ({ graph, node }, tangent) => graph.add('Tile', [tangent, node.inputs[1]!]),
  (site, cotangent) => {
    const { graph, node } = site;
    const shape = inputShape(site);
    const repeats = numbersOf(graph.constants.get(node.inputs[1]!)!);
    const apart = graph.reshape(
      cotangent,
      shape.flatMap((size, axis) => [repeats[axis]!, size]),
    );
    return graph.reshape(
      graph.sumOver(
        apart,
        shape.map((_, axis) => 2 * axis),
      ),
      shape,
    );
  },
);

/** Slice: what was cut away gets zeros. Steps other than 1 are undone by picking, with a zero where nothing was picked. */
export const sliceDerivative = ofOne(
  ({ graph, node }, tangent) => graph.repeat(node, [tangent, ...node.inputs.slice(1)])[0],
  (site, cotangent) => {
    const { graph, facts } = site;
    const shape = graph.shapeOf(inputOf(site, 0));
    const ranges = slicesOf(facts, shape);
    if (ranges.every(({ step }) => step === 1))
      return graph.pad(
        cotangent,
        ranges.map(({ start }) => start),
        ranges.map(({ start, count }, axis) => shape[axis]! - start - count),
      );
    return ranges.reduce((value, { start, step, count }, axis) => {
      const picked = Array.from({ length: count }, (_, k) => start + k * step);
      return count === shape[axis] && step === 1 ? value : putBack(graph, value, axis, picked, shape[axis]!);
    }, cotangent);
  },
);

/** The adjoint of picking entries of an axis, each at most once. */
function putBack(graph: Graph, value: string, axis: number, picked: readonly number[], size: number): string {
  const shape = graph.shapeOf(value);
  const padded = graph.pad(
    value,
    shape.map(() => 0),
    shape.map((_, a) => (a === axis ? 1 : 0)),
  );
  const source = Array.from({ length: size }, (_, at) => (picked.includes(at) ? picked.indexOf(at) : picked.length));
  const type = { type: graph.precision, shape: shape.map((own, a) => (a === axis ? size : own)) };
  return graph.add('Gather', [padded, graph.integers(source)], { axis: { kind: 'int', value: axis } }, type);
}

/** Up to this many entries, the picks of a Gather are a matrix. */
const largestMatrix = 2 ** 20;

export const gatherDerivative: Derivative = {
  jvp(site, [tangent]) {
    if (tangent === undefined) return [undefined];
    const { graph, node } = site;
    const type = { type: graph.precision, shape: outputShape(site) };
    return [graph.add('Gather', [tangent, node.inputs[1]!], Object.fromEntries(node.attributes), type)];
  },
  vjp(site, [cotangent]) {
    if (cotangent === undefined) return [undefined];
    const { graph, node, facts } = site;
    const shape = inputShape(site);
    const axis = positiveAxis(integer(node, 'axis', 0), shape.length);
    const size = shape[axis]!;
    const picks = constantNumbers(facts, 1);
    if (picks === undefined) {
      if (shape.length !== 1) throw new NoDerivative('its index depends on the input');
      return [scattered(graph, node.inputs[1]!, cotangent, size, true)];
    }
    const picked = Array.from(picks, (at) => (at < 0 ? at + size : at));
    const inserted = graph.reshape(
      cotangent,
      shape.map((own, a) => (a === axis ? picked.length : own)),
    );
    if (new Set(picked).size === picked.length) return [putBack(graph, inserted, axis, picked, size)];
    if (size * picked.length > largestMatrix) throw new NoDerivative('it picks the same entries again and again');
    const entries = new Float64Array(size * picked.length);
    picked.forEach((at, k) => (entries[at * picked.length + k]! += 1));
    return [graph.along(inserted, axis, { rows: size, columns: picked.length, entries })];
  },
};

export const concatDerivative: Derivative = {
  jvp(site, tangents) {
    const { graph, node } = site;
    if (tangents.every((tangent) => tangent === undefined)) return [undefined];
    const axis = positiveAxis(integer(node, 'axis', 1), graph.shapeOf(inputOf(site, 0)).length);
    return [
      graph.concat(
        tangents.map((tangent, k) => tangent ?? graph.zeros(graph.wide(graph.shapeOf(inputOf(site, k))))),
        axis,
      ),
    ];
  },
  vjp(site, [cotangent]) {
    const { graph, node } = site;
    if (cotangent === undefined) return [];
    const axis = positiveAxis(integer(node, 'axis', 1), graph.shapeOf(inputOf(site, 0)).length);
    let start = 0;
    return node.inputs.map((name, index): Direction => {
      const end = start + graph.shapeOf(name)[axis]!;
      const part = site.active(index) ? graph.slice(cotangent, [axis], [start], [end]) : undefined;
      start = end;
      return part;
    });
  },
};

export const splitDerivative: Derivative = {
  jvp({ graph, node }, [tangent]) {
    if (tangent === undefined) return node.outputs.map(() => undefined);
    return graph.repeat(node, [tangent, ...node.inputs.slice(1)], node.outputs.length);
  },
  vjp(site, cotangents) {
    const { graph, node } = site;
    if (cotangents.every((cotangent) => cotangent === undefined)) return [undefined];
    const axis = positiveAxis(integer(node, 'axis', 0), graph.shapeOf(inputOf(site, 0)).length);
    const parts = node.outputs.map((name, k) => cotangents[k] ?? graph.zeros(graph.wide(graph.shapeOf(name))));
    return [graph.concat(parts, axis)];
  },
};

/** Axes split, permuted and joined again; the inverse permutation is the adjoint. */
function permuted(graph: Graph, value: string, apart: Shape, order: readonly number[], shape: Shape): string {
  return graph.reshape(graph.transpose(graph.reshape(value, apart), order), shape);
}

/** [N, C b b, H, W] to [N, C, H b, W b]: where the two block axes stand decides the mode. */
function blockOrder(site: Site): {
  readonly block: number;
  readonly deep: (shape: Shape) => Shape;
  readonly order: readonly number[];
} {
  const block = integer(site.node, 'blocksize', 1);
  const columnsFirst = site.node.op === 'DepthToSpace' && text(site.node, 'mode', 'DCR') === 'CRD';
  return {
    block,
    deep: ([n, c, h, w]) =>
      columnsFirst ? [n!, c! / block ** 2, block, block, h!, w!] : [n!, block, block, c! / block ** 2, h!, w!],
    order: columnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2],
  };
}

function toSpace(site: Site, value: string, deep: Shape, shape: Shape): string {
  const { deep: apart, order } = blockOrder(site);
  return permuted(site.graph, value, apart(deep), order, shape);
}

function toDepth(site: Site, value: string, deep: Shape): string {
  const { deep: apart, order } = blockOrder(site);
  const sizes = apart(deep);
  const back = order.map((_, axis) => order.indexOf(axis));
  return permuted(
    site.graph,
    value,
    order.map((axis) => sizes[axis]!),
    back,
    deep,
  );
}

export const depthToSpaceDerivative = ofOne(
  (site, tangent) => toSpace(site, tangent, inputShape(site), outputShape(site)),
  (site, cotangent) => toDepth(site, cotangent, inputShape(site)),
);

export const spaceToDepthDerivative = ofOne(
  (site, tangent) => toDepth(site, tangent, outputShape(site)),
  (site, cotangent) => toSpace(site, cotangent, outputShape(site), inputShape(site)),
);

/** Between floating types the identity; whole numbers and truth values do not move. */
export const castDerivative: Derivative = (() => {
  const keep = ({ graph, node }: Site, direction: string): Direction =>
    graph.typeOf(node.inputs[0]!).type === graph.precision && graph.typeOf(node.outputs[0]!).type === graph.precision
      ? direction
      : undefined;
  return ofOne(keep, keep);
})();
