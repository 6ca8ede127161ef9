import { integer } from '../../network/network.ts';
import { elementCount, type Shape } from '../../network/tensor.ts';
import { reducedAxes } from '../reductions.ts';
import { inputOf, ofOne, type Derivative, type Site } from './derivative.ts';
import { lengthWeight } from './lengths.ts';
import { extremeOver } from './pooling.ts';

/** What every entry counts with, in the shape of the input or one that broadcasts to it. `y` keeps its reduced axes with size 1. */
type Weight = (site: Site, x: string, y: string) => string;

const axesOf = ({ facts }: Site): readonly number[] => reducedAxes(facts);

const narrowed = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((size, axis) => (axes.includes(axis) ? 1 : size));

/** A weighted sum over some axes, and its adjoint, which hands the weighted result back to every entry. */
function weighted(weight: Weight | undefined): Derivative {
  const weightAt = (site: Site): string | undefined => {
    const { graph, node } = site;
    const x = inputOf(site, 0);
    return weight?.(site, x, graph.reshape(node.outputs[0]!, narrowed(graph.shapeOf(x), axesOf(site))));
  };
  return ofOne(
    (site, tangent) => {
      const { graph, node } = site;
      const by = weightAt(site);
      const sum = graph.sumOver(by === undefined ? tangent : graph.times(by, tangent), axesOf(site));
      return graph.reshape(sum, graph.wide(graph.shapeOf(node.outputs[0]!)));
    },
    (site, cotangent) => {
      const { graph } = site;
      const by = weightAt(site);
      const shape = graph.wide(graph.shapeOf(inputOf(site, 0)));
      const narrow = graph.reshape(cotangent, narrowed(shape, axesOf(site)));
      return graph.stretch(by === undefined ? narrow : graph.times(by, narrow), shape);
    },
  );
}

/** By operator. */
export const reductionDerivatives: Readonly<Record<string, Derivative>> = {
  ReduceSum: weighted(undefined),
  ReduceMean: weighted((site, x) => {
    const { graph } = site;
    return graph.number(1 / elementCount(axesOf(site).map((axis) => graph.shapeOf(x)[axis]!)));
  }),
  ReduceL1: weighted(lengthWeight(1)),
  ReduceL2: weighted(lengthWeight(2)),
  ReduceLogSumExp: weighted(({ graph }, x, y) => graph.add('Exp', [graph.minus(x, y)])),
  ReduceMax: extremeOver('ArgMax', axesOf),
  ReduceMin: extremeOver('ArgMin', axesOf),
};

/** Running sums along an axis; backwards they run the other way. */
export const cumSumDerivative = ofOne(
  ({ graph, node }, tangent) => graph.repeat(node, [tangent, node.inputs[1]!])[0],
  ({ graph, node }, cotangent) => {
    const reverse = { kind: 'int', value: 1 - integer(node, 'reverse', 0) } as const;
    return graph.add('CumSum', [cotangent, node.inputs[1]!], { ...Object.fromEntries(node.attributes), reverse });
  },
);
