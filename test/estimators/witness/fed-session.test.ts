import { expect, test } from 'vitest';
import { openFed } from '../../../core/estimators/witness/fed-session.ts';
import { openForward } from '../../../core/estimators/witness/forward.ts';
import { bytesOfNumbers } from '../../../core/network/tensor.ts';
import { networkOf, node } from '../../operators/small-networks.ts';
import { lazyEngine, workOf } from '../norms/small-maps.ts';

const network = networkOf({
  input: [1, 3],
  constants: {
    w: { shape: [3, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9], type: 'float32' },
    b: { shape: [3], values: [0.5, 0, -1], type: 'float32' },
  },
  nodes: [node('MatMul', 'x, w', 'p'), node('Add', 'p, b', 'q'), node('Relu', 'q', 'y')],
});

test('a session whose weights are given at every run computes what one does that holds them', async () => {
  const input = { type: 'float32', shape: [1, 3], data: Float32Array.of(1, -2, 3) } as const;
  const tensor = network.constants.get('w')!;
  const bytes = tensor.bytes();
  expect(bytesOfNumbers(new Float32Array(bytes.buffer, bytes.byteOffset, 9))).toEqual(bytes);
  const weights = {
    type: 'float32',
    shape: [3, 3],
    data: new Float32Array(bytes.buffer, bytes.byteOffset, 9),
  } as const;
  for (const fed of [new Map(), new Map([[tensor, weights]])]) {
    const session = await openFed(lazyEngine, network, [], fed);
    expect((await session.run({ x: input }))['y']!.data).toEqual(Float32Array.of(14.5, 16, 17));
    await session.dispose();
  }
});

test('a network of more weights than may be in memory is not opened, and says so', async () => {
  const most = 47;
  expect(await openForward(network, 'y', workOf(), most)).toEqual({
    refused: 'its weights take 0 MB, and up to 0 MB are held in memory at once',
  });
});
