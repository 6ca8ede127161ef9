import { expect, it } from 'vitest';
import { largestUnit } from '../../../core/estimators/multipliers/largest-unit.ts';
import { normalForm } from '../../../core/estimators/multipliers/normal-form.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf, type NodeSketch } from '../../operators/small-networks.ts';
import { lazyEngine } from '../norms/small-maps.ts';

const pooling = { op: 'MaxPool', attributes: { kernel_shape: [2, 2], strides: [2, 2] } } as const;

it.each<[string, NodeSketch[], number]>([
  ['a ReLU of 32 elements', [{ op: 'Relu', inputs: ['p'], outputs: ['q'] }], 32],
  [
    'the ReLU behind a maximum, which is its floor and no unit: the maximum itself is not counted',
    [
      { ...pooling, inputs: ['p'], outputs: ['m'] },
      { op: 'Relu', inputs: ['m'], outputs: ['q'] },
    ],
    0,
  ],
  [
    'the larger of two',
    [
      { op: 'Relu', inputs: ['p'], outputs: ['r'] },
      { op: 'Conv', inputs: ['r', 'half'], outputs: ['s'] },
      { op: 'LeakyRelu', inputs: ['s'], outputs: ['q'] },
    ],
    32,
  ],
])('%s', async (_, nodes, expected) => {
  const network = networkOf({
    input: [1, 2, 4, 4],
    constants: {
      w: { shape: [2, 2, 1, 1], values: [1, 2, 3, 4] },
      half: { shape: [1, 2, 1, 1], values: [1, 2] },
    },
    nodes: [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['p'] },
      ...nodes,
      { op: 'ReduceSum', inputs: ['q'], outputs: ['out'], attributes: { keepdims: 0 } },
    ],
  });
  const { analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const form = normalForm(analysed, input, output, rules);
  if ('reason' in form) throw new Error(form.reason);
  const largest = largestUnit(analysed, output, rules);
  expect(largest).toBe(expected);
  expect(largest).toBeLessThanOrEqual(Math.max(0, ...form.units.map(({ input: own }) => own.rows)));
});
