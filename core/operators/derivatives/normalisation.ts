import { decimal, integer } from '../../network/network.ts';
import type { Shape } from '../../network/tensor.ts';
import { batchNormScales } from '../normalisation.ts';
import { positiveAxis } from '../facts.ts';
import { responseOf } from '../local-response.ts';
import type { Matrix } from '../linear-map.ts';
import { inputOf, NoDerivative, ofOne, type Derivative, type Direction, type Site } from './derivative.ts';
import type { Graph } from './graph.ts';
import { transposedAlong } from './pooling.ts';

/** With fixed statistics a scale per channel. */
export const batchNormDerivative: Derivative = (() => {
  const scale = (site: Site, direction: string): string => {
    const { graph, facts } = site;
    const scales = batchNormScales(facts);
    if (scales === undefined) throw new NoDerivative('its statistics are not one constant per channel');
    const shape = graph.shapeOf(inputOf(site, 0));
    const perChannel = shape.length < 2 ? [scales.scale.length] : [scales.scale.length, ...shape.slice(2).map(() => 1)];
    return graph.times(direction, graph.constant(perChannel, scales.scale));
  };
  return ofOne(scale, scale);
})();

/** (x - mean) / deviation over some axes, whose Jacobian (I - mean - x^ mean x^) / deviation is symmetric. */
export interface Normalised {
  readonly value: string;
  readonly apply: (direction: string) => string;
}

export function normalised(
  graph: Graph,
  x: string,
  axes: readonly number[],
  epsilon: number,
  centred = true,
): Normalised {
  const centre = (value: string): string => (centred ? graph.minus(value, graph.meanOver(value, axes)) : value);
  const moved = centre(x);
  const variance = graph.meanOver(graph.times(moved, moved), axes);
  const root = graph.add('Sqrt', [graph.plus(variance, graph.number(epsilon))]);
  const value = graph.over(moved, root);
  return {
    value,
    apply(direction) {
      const along = graph.times(value, graph.meanOver(graph.times(value, direction), axes));
      return graph.over(graph.minus(centre(direction), along), root);
    },
  };
}

/**
 * Scale and shift of a normalised tensor may depend on the input too. `aligned` gives them the shape in which they are broadcast to it,
 * where that is not their own.
 */
function scaledAndShifted(
  of: (site: Site) => Normalised,
  aligned: (site: Site, shape: Shape) => Shape = (_, shape) => shape,
): Derivative {
  const scaleOf = (site: Site): string => {
    const { graph, node } = site;
    const scale = node.inputs[1] ?? '';
    return scale === '' ? '' : graph.reshape(scale, aligned(site, graph.shapeOf(scale)));
  };
  return {
    jvp(site, [x, weight, bias]) {
      const { graph, node } = site;
      if (x === undefined && weight === undefined && bias === undefined) return [undefined];
      const norm = of(site);
      const scale = scaleOf(site);
      const moved = x === undefined ? undefined : norm.apply(x);
      const scaled = moved === undefined || scale === '' ? moved : graph.times(moved, scale);
      const along = (direction: Direction): Direction =>
        direction === undefined ? undefined : graph.reshape(direction, aligned(site, graph.shapeOf(direction)));
      const heavier = along(weight);
      const sum = graph.sum([
        scaled,
        heavier === undefined ? undefined : graph.times(norm.value, heavier),
        along(bias),
      ]);
      return [sum === undefined ? undefined : graph.stretch(sum, graph.wide(graph.shapeOf(node.outputs[0]!)))];
    },
    vjp(site, [cotangent]) {
      const { graph } = site;
      if (cotangent === undefined) return [];
      const norm = of(site);
      const scale = scaleOf(site);
      const scaled = scale === '' ? cotangent : graph.times(cotangent, scale);
      const shrunk = (value: string, index: number): Direction => {
        if (!site.active(index)) return undefined;
        const shape = graph.wide(graph.shapeOf(inputOf(site, index)));
        return graph.reshape(graph.shrink(value, aligned(site, shape)), shape);
      };
      return [
        site.active(0) ? norm.apply(scaled) : undefined,
        site.active(1) ? shrunk(graph.times(cotangent, norm.value), 1) : undefined,
        shrunk(cotangent, 2),
      ];
    },
  };
}

function lastAxes({ graph, node }: Site): readonly number[] {
  const axes = graph.shapeOf(node.inputs[0]!).length;
  const first = positiveAxis(integer(node, 'axis', -1), axes);
  return Array.from({ length: axes - first }, (_, k) => first + k);
}

export const layerNormDerivative = scaledAndShifted((site) =>
  normalised(site.graph, inputOf(site, 0), lastAxes(site), decimal(site.node, 'epsilon', 1e-5)),
);

export const rmsNormDerivative = scaledAndShifted((site) =>
  normalised(site.graph, inputOf(site, 0), lastAxes(site), decimal(site.node, 'epsilon', 1e-5), false),
);

const spatialAxes = ({ graph, node }: Site): readonly number[] =>
  graph.shapeOf(node.inputs[0]!).flatMap((_, axis) => (axis < 2 ? [] : [axis]));

/** Every channel of every sample on its own; weight and bias belong to channels. */
export const instanceNormDerivative = scaledAndShifted(
  (site) => normalised(site.graph, inputOf(site, 0), spatialAxes(site), decimal(site.node, 'epsilon', 1e-5)),
  (site, shape) => [...shape, ...spatialAxes(site).map(() => 1)],
);

/** x / b^beta with b = bias + alpha / n times the squares of neighbouring channels: I / b^beta - x b^(-beta-1) c S x. */
export const localResponseDerivative: Derivative = (() => {
  const parts = (site: Site): { neighbours: Matrix; power: string; sloping: string } => {
    const { graph, facts } = site;
    const { alpha, beta, bias, size, before, behind } = responseOf(facts);
    const x = inputOf(site, 0);
    const channels = graph.shapeOf(x)[1]!;
    const entries = Float64Array.from({ length: channels ** 2 }, (_, i) => {
      const offset = (i % channels) - Math.floor(i / channels);
      return offset >= -before && offset <= behind ? 1 : 0;
    });
    const neighbours = { rows: channels, columns: channels, entries };
    const squares = graph.along(graph.times(x, x), 1, neighbours);
    const bracket = graph.plus(graph.scaled(squares, alpha / size), graph.number(bias));
    const power = graph.add('Pow', [bracket, graph.number(beta)]);
    const sloping = graph.scaled(graph.over(x, graph.times(power, bracket)), (2 * alpha * beta) / size);
    return { neighbours, power, sloping };
  };
  return ofOne(
    (site, tangent) => {
      const { graph } = site;
      const { neighbours, power, sloping } = parts(site);
      const along = graph.along(graph.times(inputOf(site, 0), tangent), 1, neighbours);
      return graph.minus(graph.over(tangent, power), graph.times(sloping, along));
    },
    (site, cotangent) => {
      const { graph } = site;
      const { neighbours, power, sloping } = parts(site);
      const matrix = { axis: 1, matrix: neighbours };
      const back = transposedAlong(graph, graph.times(sloping, cotangent), [matrix]);
      return graph.minus(graph.over(cotangent, power), graph.times(inputOf(site, 0), back));
    },
  );
})();
