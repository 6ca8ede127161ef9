import { describe, expect, test } from 'vitest';
import { analyse, type AnalysedNode } from '../../core/inspection/layers.ts';
import { networkGraph } from '../../core/inspection/network-graph.ts';
import type { Network } from '../../core/network/network.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import type { NetworkGraph } from '../../core/report/network-graph.ts';
import { networkOf } from '../operators/small-networks.ts';

const rearranging = new Set(['Transpose', 'Reshape', 'Flatten', 'Identity', 'Neg']);

function graphOf(network: Network): NetworkGraph {
  const nodes: readonly AnalysedNode[] = analyse(inferTypes(network), undefined);
  const layers = new Set(
    nodes.flatMap(({ node }) => (rearranging.has(node.op) || ['Add', 'Sub', 'Mul'].includes(node.op) ? [] : [node.id])),
  );
  const ends = { input: network.inputs[0]!.name, output: network.outputs[0]!.name };
  return networkGraph(nodes, ends, (id) => layers.has(id));
}

const said = ({ nodes, edges }: NetworkGraph): readonly string[] =>
  edges.map(([from, to]) => `${nodes[from]!.op} > ${nodes[to]!.op}`);

describe('The graph of a network', () => {
  test('has a layer for a node, and leaves out what only re-arranges or turns the sign', () => {
    const graph = graphOf(
      networkOf({
        input: [1, 4],
        nodes: [
          { op: 'Relu', inputs: ['x'] },
          { op: 'Neg', inputs: ['y0'] },
          { op: 'Identity', inputs: ['y1'] },
          { op: 'Tanh', inputs: ['y2'] },
        ],
      }),
    );
    expect(said(graph)).toEqual(['Input > Relu', 'Relu > Tanh', 'Tanh > Output']);
  });

  test('joins a shortcut where it is added, also when something re-arranges it on the way', () => {
    const graph = graphOf(
      networkOf({
        input: [1, 4],
        nodes: [
          { op: 'Relu', inputs: ['x'] },
          { op: 'Identity', inputs: ['x'] },
          { op: 'Add', inputs: ['y0', 'y1'] },
          { op: 'Tanh', inputs: ['y2'] },
        ],
      }),
    );
    expect(said(graph)).toEqual(['Input > Relu', 'Relu > Add', 'Input > Add', 'Add > Tanh', 'Tanh > Output']);
    expect(graph.nodes.map(({ role }) => role)).toEqual(['input', 'layer', 'junction', 'layer', 'output']);
  });

  test('shows what is unbounded even where both its inputs come from one place', () => {
    const graph = graphOf(networkOf({ input: [1, 4], nodes: [{ op: 'Mul', inputs: ['x', 'x'] }] }));
    expect(said(graph)).toEqual(['Input > Mul', 'Mul > Output']);
  });

  test('leaves out a sum that nobody reads, and says of every edge that it goes forward', () => {
    const graph = graphOf(
      networkOf({
        input: [1, 4],
        nodes: [
          { op: 'Relu', inputs: ['x'] },
          { op: 'Add', inputs: ['x', 'y0'] },
          { op: 'Sub', inputs: ['y1', 'y0'] },
          { op: 'Tanh', inputs: ['y0'] },
        ],
        output: 'y3',
      }),
    );
    expect(said(graph)).toEqual(['Input > Relu', 'Relu > Tanh', 'Tanh > Output']);
    expect(graph.edges.every(([from, to]) => from < to)).toBe(true);
  });
});
