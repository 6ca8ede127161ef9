import { decimal, integer } from '../../network/network.ts';
import { batchNormScales } from '../normalisation.ts';
import { positiveAxis } from '../facts.ts';
import { inputOf, NoDerivative, ofOne, type Derivative, type Direction, type Site } from './derivative.ts';
import type { Graph } from './graph.ts';

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

/** Scale and shift of a normalised tensor may depend on the input too. */
function scaledAndShifted(of: (site: Site) => Normalised): Derivative {
  return {
    jvp(site, [x, weight, bias]) {
      const { graph, node } = site;
      if (x === undefined && weight === undefined && bias === undefined) return [undefined];
      const norm = of(site);
      const scale = node.inputs[1] ?? '';
      const moved = x === undefined ? undefined : norm.apply(x);
      const scaled = moved === undefined || scale === '' ? moved : graph.times(moved, scale);
      const sum = graph.sum([scaled, weight === undefined ? undefined : graph.times(norm.value, weight), bias]);
      return [sum === undefined ? undefined : graph.stretch(sum, graph.wide(graph.shapeOf(node.outputs[0]!)))];
    },
    vjp(site, [cotangent]) {
      const { graph, node } = site;
      if (cotangent === undefined) return [];
      const norm = of(site);
      const scale = node.inputs[1] ?? '';
      const scaled = scale === '' ? cotangent : graph.times(cotangent, scale);
      const shrunk = (value: string, index: number): Direction =>
        site.active(index) ? graph.shrink(value, graph.wide(graph.shapeOf(inputOf(site, index)))) : undefined;
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
