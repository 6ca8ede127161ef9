import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { averagedBound } from '../../../core/estimators/averaged-activations/expansion.ts';
import { averagedActivations } from '../../../core/estimators/averaged-activations/method.ts';
import { chainOf, transposed } from '../../../core/estimators/slope-recursion/chain.ts';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import type { Network } from '../../../core/network/network.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { lazyEngine, singularValues, workOf } from '../norms/small-maps.ts';
import { activations, largestJacobian, slopeNetwork } from '../multipliers/slope-networks.ts';

const norm = (matrix: number[][]): number => Math.max(...singularValues(matrix));

async function questionOf(network: Network) {
  const { runnable, analysed, input, output } = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const where = { norm: 'l2', region: { kind: 'all' } } as const;
  return { runnable, analysed, input, output, rules, ...where, constantOf: () => Infinity };
}

async function bothWays(network: Network): Promise<{ forward: number; backward: number }> {
  const chain = chainOf(await questionOf(network))!;
  const pace = (): Pace => new Pace(workOf());
  return { forward: await averagedBound(chain, pace()), backward: await averagedBound(transposed(chain), pace()) };
}

const shared = '../shared/cases';
const peers = existsSync(`${shared}/peers-global.json`)
  ? (JSON.parse(readFileSync(`${shared}/peers-global.json`, 'utf8')) as Peer[])
  : [];
interface Peer {
  readonly name: string;
  readonly combettes_pesquet?: { readonly value: number };
}

describe('the expansion of averaged activations', () => {
  it.skipIf(peers.length === 0)(
    'is the value of Combettes and Pesquet computed elsewhere (skipped without ../shared)',
    async () => {
      let compared = 0;
      for (const { name, combettes_pesquet: peer } of peers) {
        const file = `${shared}/mlp/${name}.onnx`;
        if (peer === undefined || !existsSync(file)) continue;
        const question = await questionOf(readModel(modelInMemory(`${name}.onnx`, readFileSync(file))));
        for await (const { value } of averagedActivations.run(question, workOf())) {
          expect(value / peer.value, name).toBeCloseTo(1, 6);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(3);
    },
  );

  it.each(Object.keys(activations) as (keyof typeof activations)[])(
    'is below no slope pattern of %s networks, never above the product, and the same from the output to the input',
    async (activation) => {
      for (let seed = 1; seed <= 8; seed++) {
        const small = slopeNetwork('chain', activation, 700 + seed);
        const { forward, backward } = await bothWays(small.network);
        expect(forward).toBeGreaterThanOrEqual(largestJacobian(small) * (1 - 1e-12));
        expect(backward / forward).toBeCloseTo(1, 9);
        const { layers } = chainOf(await questionOf(small.network))!;
        const [low, high] = activations[activation].slopes;
        const most = layers.reduce(
          (product, { rows, columns, entries }) => {
            const matrix = Array.from({ length: rows }, (_, i) => [
              ...entries.subarray(i * columns, (i + 1) * columns),
            ]);
            return product * norm(matrix);
          },
          Math.max(-low, high) ** 2,
        );
        if (low >= 0) expect(forward).toBeLessThanOrEqual(most * (1 + 1e-9));
      }
    },
  );
});
