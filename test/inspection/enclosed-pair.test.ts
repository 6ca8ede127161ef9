import { expect, test } from 'vitest';
import { enclosedPair } from '../../core/inspection/enclosed-pair.ts';
import { readRegion } from '../../core/inspection/region-syntax.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { networkOf, node } from '../operators/small-networks.ts';
import { lazyEngine, workOf } from '../estimators/norms/small-maps.ts';

const network = networkOf({
  input: [1, 2],
  constants: { w: { shape: [2, 2], values: [3, 0, 0, 4], type: 'float32' } },
  nodes: [node('MatMul', 'x, w', 'y')],
});

async function lowerEnd(region: string, imageSeconds: number): Promise<number | undefined> {
  const prepared = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const question = { ...prepared, norm: 'l2', region: readRegion(region, 2), rules: new Map(), constantOf: () => 4 } as const; // prettier-ignore
  let value: number | undefined;
  for await (const bound of enclosedPair(imageSeconds).run(question, workOf())) {
    expect(bound).toMatchObject({ side: 'lower', rigor: 'certified' });
    value = bound.value;
  }
  return value;
}

test('two points of a network that is not run as a whole give a certified lower end, where there is time for them', async () => {
  for (const region of ['all', 'box:-1,1', 'ball:l2:0:0.5']) {
    const value = await lowerEnd(region, 0.01);
    expect(value, region).toBeGreaterThanOrEqual(3 * (1 - 1e-9));
    expect(value, region).toBeLessThanOrEqual(4);
  }
  expect(await lowerEnd('all', 1000)).toBeUndefined();
});
