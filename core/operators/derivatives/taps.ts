import { elementCount } from '../../network/tensor.ts';
import type { Taps } from '../maps/tap-map.ts';
import { deformedTaps } from '../deformable.ts';
import { sampledTaps } from '../sampling.ts';
import type { NodeFacts } from '../definition.ts';
import { inputOf, NoDerivative, ofOne, type Derivative, type Site } from './derivative.ts';
import { scattered } from './pooling.ts';

/** Operators that mix a few known entries: directions are gathered, weighted and summed; weights are put back where they came from. */
function tapsDerivative(tapsOf: (facts: NodeFacts) => Taps | string): Derivative {
  const known = (site: Site): Taps => {
    const taps = tapsOf(site.facts);
    if (typeof taps === 'string') throw new NoDerivative(taps);
    return taps;
  };
  /** The places of all directions, one after the other; what is not there has weight 0, wherever it points. */
  const places = (site: Site, { index, inputs }: Taps): string =>
    site.graph.integers(
      Array.from({ length: site.graph.directions }, (_, d) =>
        Array.from(index, (at) => d * inputs + Math.max(0, at)),
      ).flat(),
    );
  return ofOne(
    (site, tangent) => {
      const { graph, node } = site;
      const taps = known(site);
      const flat = graph.reshape(tangent, [graph.directions * taps.inputs]);
      const type = { type: graph.precision, shape: [graph.directions * taps.index.length] };
      const read = graph.add('Gather', [flat, places(site, taps)], { axis: { kind: 'int', value: 0 } }, type);
      const rows = graph.reshape(read, [graph.directions, taps.outputs, taps.each]);
      const weighted = graph.times(rows, graph.constant([taps.outputs, taps.each], taps.weight));
      return graph.reshape(graph.sumOver(weighted, [2]), graph.wide(graph.shapeOf(node.outputs[0]!)));
    },
    (site, cotangent) => {
      const { graph } = site;
      const taps = known(site);
      const shape = graph.shapeOf(inputOf(site, 0));
      const rows = graph.reshape(cotangent, [graph.directions, taps.outputs, 1]);
      const weighted = graph.times(rows, graph.constant([taps.outputs, taps.each], taps.weight));
      const sum = scattered(graph, places(site, taps), weighted, graph.directions * elementCount(shape), true);
      return graph.reshape(sum, graph.wide(shape));
    },
  );
}

export const gridSampleDerivative = tapsDerivative(
  (facts) => sampledTaps(facts) ?? 'its grid depends on the input, or is not finite',
);

export const deformConvDerivative = tapsDerivative(deformedTaps);
