import { integer } from '../../network/network.ts';
import { positiveAxis } from '../facts.ts';
import { ofOne, type Site } from './derivative.ts';

/** Since operator set 13 one axis; derivatives are only written for networks that were raised beyond it. */
const axisOf = ({ graph, node }: Site): readonly number[] => [
  positiveAxis(integer(node, 'axis', -1), graph.shapeOf(node.inputs[0]!).length),
];

/** diag(p) - p p', its own transpose. */
function softmaxed(site: Site, direction: string): string {
  const { graph, node } = site;
  const p = node.outputs[0]!;
  return graph.times(p, graph.minus(direction, graph.sumOver(graph.times(p, direction), axisOf(site))));
}

export const softmaxDerivative = ofOne(softmaxed, softmaxed);

/** I - 1 p' and I - p 1'. */
export const logSoftmaxDerivative = ofOne(
  (site, tangent) => {
    const { graph, node } = site;
    const p = graph.add('Exp', [node.outputs[0]!]);
    return graph.minus(tangent, graph.sumOver(graph.times(p, tangent), axisOf(site)));
  },
  (site, cotangent) => {
    const { graph, node } = site;
    const p = graph.add('Exp', [node.outputs[0]!]);
    return graph.minus(cotangent, graph.times(p, graph.sumOver(cotangent, axisOf(site))));
  },
);
