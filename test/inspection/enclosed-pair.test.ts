import { expect, test } from 'vitest';
import type { Bound } from '../../core/bound.ts';
import { enclosedPair } from '../../core/inspection/enclosed-pair.ts';
import { readRegion } from '../../core/inspection/region-syntax.ts';
import type { Network } from '../../core/network/network.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { networkOf, node } from '../operators/small-networks.ts';
import { lazyEngine, workOf } from '../estimators/norms/small-maps.ts';

const scaling = networkOf({
  input: [1, 2],
  constants: { w: { shape: [2, 2], values: [3, 0, 0, 4], type: 'float32' } },
  nodes: [node('MatMul', 'x, w', 'y')],
});

/** A hundred and sixty times the same: a mirror, a turn and a factor of the root of 2, then a ReLU of x and of -x, whose difference is x again. The constant is 2^80. */
const turns = networkOf({
  input: [1, 2],
  constants: {
    both: { shape: [2, 4], values: [1, 1, -1, -1, 1, -1, -1, 1], type: 'float32' },
    difference: { shape: [4, 2], values: [1, 0, 0, 1, -1, 0, 0, -1], type: 'float32' },
  },
  nodes: Array.from({ length: 160 }, (_, k) => [
    node('MatMul', `${k === 0 ? 'x' : `y${k - 1}`}, both`, `p${k}`),
    node('Relu', `p${k}`, `q${k}`),
    node('MatMul', `q${k}, difference`, `y${k}`),
  ]).flat(),
});

async function lowerEnd(network: Network, region: string, imageSeconds: number): Promise<Bound | undefined> {
  const prepared = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const question = { ...prepared, norm: 'l2', region: readRegion(region, 2), rules: new Map(), constantOf: () => 4 } as const; // prettier-ignore
  let last: Bound | undefined;
  for await (const bound of enclosedPair(imageSeconds).run(question, workOf())) last = bound;
  return last;
}

test('two points of a network that is not run as a whole give a certified lower end, where there is time for them', async () => {
  for (const region of ['all', 'box:-1,1', 'ball:l2:0:0.5']) {
    const { side, rigor, value } = (await lowerEnd(scaling, region, 0.01))!;
    expect([side, rigor], region).toEqual(['lower', 'certified']);
    expect(value, region).toBeGreaterThanOrEqual(3 * (1 - 1e-9));
    expect(value, region).toBeLessThanOrEqual(4);
  }
  expect(await lowerEnd(scaling, 'all', 1000)).toBeUndefined();
});

test('of many layers, whose enclosures are wider than the points are apart, it is a numerical one', async () => {
  const { rigor, value } = (await lowerEnd(turns, 'all', 0.01))!;
  expect(rigor).toBe('numerical');
  expect(value / 2 ** 80).toBeCloseTo(1, 6);
});
