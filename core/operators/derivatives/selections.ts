import { elementCount } from '../../network/tensor.ts';
import { operatorOf } from '../index.ts';
import { inputOf, NoDerivative, ofOne, type Site } from './derivative.ts';
import { scattered } from './pooling.ts';

/** Where in the flattened input every entry of the output stands; -1 for what was filled in. */
function sourceOf({ facts, node }: Site): readonly number[] {
  const rule = operatorOf(node)!.rule(facts);
  if (rule.kind !== 'affine') throw new NoDerivative('reason' in rule ? rule.reason : 'it is no selection');
  // What the map does to 1, 2, 3, ... says where everything comes from.
  const marked = rule.map.apply(Float64Array.from({ length: rule.map.columns }, (_, i) => i + 1));
  return Array.from(marked, (mark) => mark - 1);
}

/** One row for every direction, whatever axes there are. */
const asRows = ({ graph }: Site, value: string, size: number): string => graph.reshape(value, [graph.directions, size]);

/** The entries of rows at these places, 0 where the place is -1. */
function picked(site: Site, rows: string, places: readonly number[]): string {
  const { graph } = site;
  const size = graph.shapeOf(rows)[1]!;
  const padded = places.includes(-1) ? graph.pad(rows, [0, 0], [0, 1]) : rows;
  const at = graph.integers(places.map((place) => (place < 0 ? size : place)));
  const type = { type: graph.precision, shape: [graph.directions, places.length] };
  return graph.add('Gather', [padded, at], { axis: { kind: 'int', value: 1 } }, type);
}

/** The adjoint of picking: what was picked several times is summed. */
function putBack(site: Site, rows: string, places: readonly number[], size: number): string {
  const { graph } = site;
  const taken = places.filter((place) => place >= 0);
  if (new Set(taken).size === taken.length) {
    const from = new Map(places.map((place, k) => [place, k]));
    const back = Array.from({ length: size }, (_, place) => from.get(place) ?? -1);
    return picked(site, rows, back);
  }
  const kept = places.flatMap((place, k) => (place < 0 ? [] : [k]));
  const values = picked(site, rows, kept);
  const at = Array.from({ length: graph.directions }, (_, d) => kept.map((k) => d * size + places[k]!)).flat();
  const sum = scattered(graph, graph.integers(at), values, graph.directions * size, true);
  return graph.reshape(sum, [graph.directions, size]);
}

/** Operators that move entries to places which do not depend on the input, each direction on its own. */
export const selectionDerivative = ofOne(
  (site, tangent) => {
    const { graph, node } = site;
    const rows = asRows(site, tangent, elementCount(graph.shapeOf(inputOf(site, 0))));
    return graph.reshape(picked(site, rows, sourceOf(site)), graph.wide(graph.shapeOf(node.outputs[0]!)));
  },
  (site, cotangent) => {
    const { graph, node } = site;
    const shape = graph.shapeOf(inputOf(site, 0));
    const rows = asRows(site, cotangent, elementCount(graph.shapeOf(node.outputs[0]!)));
    return graph.reshape(putBack(site, rows, sourceOf(site), elementCount(shape)), graph.wide(shape));
  },
);
