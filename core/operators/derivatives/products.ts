import { decimal, integer } from '../../network/network.ts';
import { inputOf, type Derivative, type Direction } from './derivative.ts';
import type { Graph } from './graph.ts';

const int = (value: number) => ({ kind: 'int', value }) as const;
const float = (value: number) => ({ kind: 'float', value }) as const;

/** alpha A' B' + beta C, in any of its inputs. */
export const gemmDerivative: Derivative = {
  jvp(site, [a, b, c]) {
    const { graph, node } = site;
    const own = {
      transA: int(integer(node, 'transA', 0)),
      transB: int(integer(node, 'transB', 0)),
      alpha: float(decimal(node, 'alpha', 1)),
    };
    const shape = graph.wide(graph.shapeOf(node.outputs[0]!));
    const left = a === undefined ? undefined : graph.add('Gemm', [a, inputOf(site, 1)], own);
    const right = b === undefined ? undefined : graph.add('Gemm', [inputOf(site, 0), b], own);
    const bias = c === undefined ? undefined : graph.scaled(graph.stretch(c, shape), decimal(node, 'beta', 1));
    return [graph.sum([left, right, bias])];
  },
  vjp(site, [y]) {
    const { graph, node } = site;
    if (y === undefined) return [];
    const [transA, transB] = [integer(node, 'transA', 0), integer(node, 'transB', 0)];
    const alpha = float(decimal(node, 'alpha', 1));
    const product = (left: string, right: string, flipLeft: number, flipRight: number): string =>
      graph.add('Gemm', [left, right], { transA: int(flipLeft), transB: int(flipRight), alpha });
    const [a, b] = [inputOf(site, 0), inputOf(site, 1)];
    const ofA = (): string => (transA === 1 ? product(b, y, transB, 1) : product(y, b, 0, 1 - transB));
    const ofB = (): string => (transB === 1 ? product(y, a, 1, transA) : product(a, y, 1 - transA, 0));
    const ofC = (): string =>
      graph.scaled(graph.shrink(y, graph.wide(graph.shapeOf(inputOf(site, 2)))), decimal(node, 'beta', 1));
    return [site.active(0) ? ofA() : undefined, site.active(1) ? ofB() : undefined, site.active(2) ? ofC() : undefined];
  },
};

export const matMulDerivative: Derivative = {
  jvp(site, [a, b]) {
    const { graph } = site;
    const left = a === undefined ? undefined : graph.add('MatMul', [a, inputOf(site, 1)]);
    const right = b === undefined ? undefined : graph.add('MatMul', [inputOf(site, 0), b]);
    return [graph.sum([left, right])];
  },
  vjp(site, [y]) {
    const { graph } = site;
    if (y === undefined) return [];
    const [a, b] = [inputOf(site, 0), inputOf(site, 1)];
    const [rowless, columnless] = [graph.shapeOf(a).length === 1, graph.shapeOf(b).length === 1];
    // A mere vector is a matrix with one row or column, which the product then leaves out.
    const row = rowless ? graph.reshape(a, [1, graph.shapeOf(a)[0]!]) : a;
    const column = columnless ? graph.reshape(b, [graph.shapeOf(b)[0]!, 1]) : b;
    const full = withAxes(graph, y, rowless, columnless);
    const back = (value: string, name: string): Direction => {
      const shape = graph.wide(graph.shapeOf(name));
      const vector = graph.shapeOf(name).length === 1;
      const matrix = vector ? (name === a ? [1, shape[0]!] : [shape[0]!, 1]) : shape;
      return graph.reshape(graph.shrink(value, matrix), shape);
    };
    return [
      site.active(0) ? back(graph.add('MatMul', [full, flipped(graph, column)]), a) : undefined,
      site.active(1) ? back(graph.add('MatMul', [flipped(graph, row), full]), b) : undefined,
    ];
  },
};

function withAxes(graph: Graph, y: string, rowless: boolean, columnless: boolean): string {
  const shape = [...graph.shapeOf(y)];
  if (columnless) shape.push(1);
  if (rowless) shape.splice(shape.length - 1, 0, 1);
  return graph.reshape(y, shape);
}

/** ONNX Runtime turns the transpose of a constant into a constant. */
function flipped(graph: Graph, matrix: string): string {
  const axes = graph.shapeOf(matrix).map((_, axis) => axis);
  return graph.transpose(matrix, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}
