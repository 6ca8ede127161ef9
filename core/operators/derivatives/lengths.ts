import { integer } from '../../network/network.ts';
import type { Shape } from '../../network/tensor.ts';
import { positiveAxis } from '../facts.ts';
import { windowOfLpPool } from '../lengths.ts';
import type { AxisMatrix } from '../maps/separable-map.ts';
import { inputOf, ofOne, type Derivative, type Site } from './derivative.ts';
import type { Graph } from './graph.ts';
import { transposedAlong } from './pooling.ts';

/** sign(x) |x|^(p - 1). */
function powered(graph: Graph, x: string, p: number): string {
  if (p === 2) return x;
  const sign = graph.add('Sign', [x]);
  if (p === 1) return sign;
  return graph.times(sign, graph.add('Pow', [graph.add('Abs', [x]), graph.number(p - 1)]));
}

/** y^(p - 1), with 1 in the place of 0: at the tip of a cone the derivative is taken to be 0. */
function beside(graph: Graph, y: string, p: number): string {
  const positive = graph.where(graph.add('Greater', [y, graph.number(0)]), y, graph.number(1));
  return p === 2 ? positive : graph.add('Pow', [positive, graph.number(p - 1)]);
}

/** The gradient of |x|_p is sign(x) |x|^(p - 1) / |x|_p^(p - 1). */
export function lengthWeight(p: number): (site: Site, x: string, y: string) => string {
  return ({ graph }, x, y) => (p === 1 ? powered(graph, x, 1) : graph.over(powered(graph, x, p), beside(graph, y, p)));
}

/** Lengths of windows: sums over them along one axis after the other, weighted on both sides. */
function lengthsOf(sumsOf: (site: Site) => readonly AxisMatrix[]): Derivative {
  const sides = (site: Site): readonly [inside: string, outside: string] => {
    const { graph, node } = site;
    const p = integer(node, 'p', 2);
    return [powered(graph, inputOf(site, 0), p), beside(graph, node.outputs[0]!, p)];
  };
  return ofOne(
    (site, tangent) => {
      const { graph } = site;
      const [inside, outside] = sides(site);
      const sum = sumsOf(site).reduce(
        (value, { axis, matrix }) => graph.along(value, axis, matrix),
        graph.times(inside, tangent),
      );
      return graph.over(sum, outside);
    },
    (site, cotangent) => {
      const { graph } = site;
      const [inside, outside] = sides(site);
      return graph.times(inside, transposedAlong(graph, graph.over(cotangent, outside), sumsOf(site)));
    },
  );
}

const shapeOf = ({ graph, node }: Site): Shape => graph.shapeOf(node.inputs[0]!);

export const lpPoolDerivative = lengthsOf((site) => {
  const window = windowOfLpPool(site.facts);
  return window.kernel.map((taps, a) => {
    const [rows, columns] = [window.outputSize[a]!, shapeOf(site)[a + 2]!];
    const entries = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++)
      for (let tap = 0; tap < taps; tap++) {
        const at = i * window.strides[a]! + tap * window.dilations[a]! - window.padsBegin[a]!;
        if (at >= 0 && at < columns) entries[i * columns + at] = 1;
      }
    return { axis: a + 2, matrix: { rows, columns, entries } };
  });
});

export const globalLpPoolDerivative = lengthsOf((site) =>
  shapeOf(site)
    .slice(2)
    .map((size, a) => ({
      axis: a + 2,
      matrix: { rows: 1, columns: size, entries: new Float64Array(size).fill(1) },
    })),
);

/** x / |x|: (t - y <s, t>) / |x| with s the gradient of the length. */
export const lpNormalizationDerivative: Derivative = (() => {
  const parts = (site: Site): { s: string; length: string; axes: readonly number[] } => {
    const { graph, node } = site;
    const x = inputOf(site, 0);
    const axes = [positiveAxis(integer(node, 'axis', -1), graph.shapeOf(x).length)];
    if (integer(node, 'p', 2) === 1)
      return { s: graph.add('Sign', [x]), length: beside(graph, graph.sumOver(graph.add('Abs', [x]), axes), 2), axes };
    const length = graph.add('Sqrt', [graph.sumOver(graph.times(x, x), axes)]);
    return { s: node.outputs[0]!, length: beside(graph, length, 2), axes };
  };
  return ofOne(
    (site, tangent) => {
      const { graph, node } = site;
      const { s, length, axes } = parts(site);
      const along = graph.times(node.outputs[0]!, graph.sumOver(graph.times(s, tangent), axes));
      return graph.over(graph.minus(tangent, along), length);
    },
    (site, cotangent) => {
      const { graph, node } = site;
      const { s, length, axes } = parts(site);
      const along = graph.times(s, graph.sumOver(graph.times(node.outputs[0]!, cotangent), axes));
      return graph.over(graph.minus(cotangent, along), length);
    },
  );
})();
