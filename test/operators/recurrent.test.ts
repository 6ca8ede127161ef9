import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { checkForms, type Case } from './equal-forms.ts';
import { weights } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const f = (value: number) => ({ float: value });
const fs = (values: readonly number[]) => ({ floats: values });

const cases: readonly Case[] = [
  [
    'RNN rev',
    7,
    [4, 1, 3],
    [
      {
        op: 'RNN',
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['Y'],
        attributes: { hidden_size: 2, direction: 'reverse', activations: ['Relu'] },
      },
    ],
    { w: weights([1, 2, 3], 1), r: weights([1, 2, 2], 2), b: weights([1, 4], 3) },
  ],
  [
    'GRU lbr bi',
    7,
    [4, 1, 3],
    [
      {
        op: 'GRU',
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['Y', 'Yh'],
        attributes: { hidden_size: 2, direction: 'bidirectional', linear_before_reset: 1 },
      },
    ],
    { w: weights([2, 6, 3], 1), r: weights([2, 6, 2], 2), b: weights([2, 12], 3) },
  ],
  [
    'GRU acts',
    14,
    [4, 1, 3],
    [
      {
        op: 'GRU',
        inputs: ['x', 'w', 'r'],
        outputs: ['Y', 'Yh'],
        attributes: {
          hidden_size: 2,
          activations: ['HardSigmoid', 'LeakyRelu'],
          activation_alpha: fs([0.3, 0.1]),
          activation_beta: fs([0.4]),
        },
      },
    ],
    { w: weights([1, 6, 3], 1), r: weights([1, 6, 2], 2) },
  ],
  [
    'LSTM peep clip',
    7,
    [4, 1, 3],
    [
      {
        op: 'LSTM',
        inputs: ['x', 'w', 'r', 'b', '', '', '', 'p'],
        outputs: ['Y', 'Yh', 'Yc'],
        attributes: { hidden_size: 2, clip: f(0.5) },
      },
    ],
    { w: weights([1, 8, 3], 1), r: weights([1, 8, 2], 2), b: weights([1, 16], 3), p: weights([1, 6], 4) },
  ],
  [
    'LSTM forget',
    7,
    [4, 1, 3],
    [
      {
        op: 'LSTM',
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['Y', 'Yh', 'Yc'],
        attributes: { hidden_size: 2, input_forget: 1, activations: ['Sigmoid', 'Softsign', 'Softplus'] },
      },
    ],
    { w: weights([1, 8, 3], 1), r: weights([1, 8, 2], 2), b: weights([1, 16], 3) },
  ],
  [
    'LSTM layout1',
    14,
    [1, 4, 3],
    [
      {
        op: 'LSTM',
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['Y', 'Yh', 'Yc'],
        attributes: { hidden_size: 2, layout: 0 },
      },
    ],
    { w: weights([1, 8, 3], 1), r: weights([1, 8, 2], 2), b: weights([1, 16], 3) },
  ],
  [
    'Affine ScaledTanh',
    14,
    [4, 1, 3],
    [
      {
        op: 'RNN',
        inputs: ['x', 'w', 'r'],
        outputs: ['Y'],
        attributes: {
          hidden_size: 2,
          activations: ['ScaledTanh'],
          activation_alpha: fs([1.5]),
          activation_beta: fs([0.5]),
        },
      },
    ],
    { w: weights([1, 2, 3], 1), r: weights([1, 2, 2], 2) },
  ],
];

describe('Recurrent layers with all they can ask for', () => {
  for (const one of cases) it(`${one[0]} (operator set ${one[1]})`, () => checkForms(one, engine));
});
