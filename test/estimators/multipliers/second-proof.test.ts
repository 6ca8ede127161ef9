import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { Replay } from '../../../core/estimators/multipliers/replay.ts';
import { provesAgain, type SecondProof } from '../../../core/estimators/multipliers/second-proof.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { networkOf } from '../../operators/small-networks.ts';
import { lazyEngine, workOf } from '../norms/small-maps.ts';
import { largestJacobian, slopeNetwork } from './slope-networks.ts';

async function proof(
  network: Network,
  multipliers: readonly number[][],
): Promise<(bound: number) => Promise<SecondProof>> {
  const { analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const replay = Replay.of(
    analysed,
    input,
    output,
    new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule])),
  )!;
  const own = multipliers.map((values) => Float64Array.from(values));
  return (bound) => provesAgain(replay, own, bound, new Pace(workOf(), 'unlimited'));
}

/** As many copies of c relu(a x), each on its own input: with lam, the smallest bound is lam |a| / (2 sqrt(lam - c^2)), by the determinant of a 2 x 2 matrix. */
const neurons = (count: number, a: number, c: number): Network =>
  networkOf({
    input: [1, count],
    constants: { a: { shape: [1], values: [a] }, c: { shape: [1], values: [c] } },
    nodes: [
      { op: 'Mul', inputs: ['x', 'a'] },
      { op: 'Relu', inputs: ['y0'] },
      { op: 'Mul', inputs: ['y1', 'c'] },
    ],
  });

describe('the second proof', () => {
  it.each([
    [1, 3, 1, 1.0625, 1e-12],
    [1, 3, 1, 2, 1e-12],
    // What rounding takes from lam - c^2 comes to the bound.
    [1, 3, 1, 1 + 2 ** -20, 1e-7],
    [400, 2, 0.5, 1, 1e-9],
  ])(
    'of %d neurons holds above the closed form, fails below it, and leaves open what rounding hides',
    async (count, a, c, lam, slack) => {
      const least = (lam * a) / (2 * Math.sqrt(lam - c * c));
      const proves = await proof(neurons(count, a, c), [Array.from({ length: count }, () => lam)]);
      expect(await proves(least * (1 + slack))).toBe('holds');
      expect(await proves(least)).toBe('open');
      expect(await proves(least * (1 - slack))).toBe('fails');
    },
  );

  it('refuses multipliers that are none', async () => {
    const network = neurons(1, 1, 1);
    for (const lam of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(await (await proof(network, [[lam]]))(10)).toBe('fails');
    // Too small for any bound.
    expect(await (await proof(network, [[1 - 1e-9]]))(1e6)).toBe('fails');
  });

  it('holds where multipliers nearly cancel, so that three neurons are scaled by a thousand', async () => {
    const small = slopeNetwork('concat', 'Abs', 7220);
    const multipliers = [
      [19.720139268577856, 39.174790058283556, 2.983907551044516],
      [19.720135930586583, 39.1747835660543, 2.983905843738538, 17.829583422725346, 50.13405420226052],
    ];
    const proves = await proof(small.network, multipliers);
    const claim = 31.114306378239046;
    expect(claim).toBeGreaterThan(largestJacobian(small));
    expect(await proves(claim)).toBe('holds');
    expect(await proves(claim * (1 - 1e-3))).toBe('fails');
  });
});
