import { integer } from '../../network/network.ts';
import { positiveAxis } from '../facts.ts';
import { inputOf, type Derivative, type Site } from './derivative.ts';

/** Where the chosen entries stand along the axis, for every direction. */
function places(site: Site): { at: string; axis: { readonly kind: 'int'; readonly value: number } } {
  const { graph, node } = site;
  const { shape } = graph.typeOf(node.outputs[0]!);
  const axis = positiveAxis(integer(node, 'axis', -1), shape.length);
  const own = node.outputs[1] ?? '';
  const types = [
    { type: graph.precision, shape },
    { type: 'int64', shape },
  ] as const;
  const at = own === '' ? graph.addAll('TopK', node.inputs, Object.fromEntries(node.attributes), types)[1]! : own;
  return { at: graph.stretch(at, graph.wide(shape)), axis: { kind: 'int', value: axis } };
}

/** TopK picks entries along an axis, each at most once. */
export const topKDerivative: Derivative = {
  jvp(site, [tangent]) {
    if (tangent === undefined) return [undefined, undefined];
    const { graph } = site;
    const { at, axis } = places(site);
    const type = { type: graph.precision, shape: graph.shapeOf(at) };
    return [graph.add('GatherElements', [tangent, at], { axis }, type), undefined];
  },
  vjp(site, [cotangent]) {
    if (cotangent === undefined) return [undefined];
    const { graph } = site;
    const { at, axis } = places(site);
    const shape = graph.wide(graph.shapeOf(inputOf(site, 0)));
    const type = { type: graph.precision, shape };
    return [graph.add('ScatterElements', [graph.zeros(shape), at, cotangent], { axis }, type)];
  },
};
