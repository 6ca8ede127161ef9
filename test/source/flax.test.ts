import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayerEntry } from '../../core/report/inspection.ts';
import { findOwners } from '../../core/source/find-definitions.ts';
import { linkLayers } from '../../core/source/link-layers.ts';
import type { SyntaxParser } from '../../core/source/syntax-parser.ts';
import { conv, dense } from '../extension/layers.ts';
import { openParser, sourceText } from '../extension/sources.ts';

let parser: SyntaxParser;
beforeAll(async () => {
  parser = await openParser();
});
afterAll(() => parser.dispose());

const text = sourceText('flax_networks.py');

/** "layer -> code, tier" of every layer that is linked. */
const lines = (layers: readonly LayerEntry[], source = text): string[] =>
  linkLayers(findOwners(source, parser), layers, 'networks.py').map(({ layer, definition, tier }) => {
    const { startLine, startColumn, endColumn } = definition.range;
    return `${layer.name} -> ${source.split('\n')[startLine]!.slice(startColumn, endColumn)}, ${tier}`;
  });

const compact = [
  conv(1, 8, 3, { stateName: 'params.Conv_0' }),
  dense(512, 32, { stateName: 'params.Dense_0' }),
  ...[0, 1].flatMap((i) => [
    dense(32, 64, { stateName: `params.Block_${i}.up` }),
    dense(64, 32, { stateName: `params.Block_${i}.down` }),
  ]),
  dense(32, 16, { stateName: 'params.Dense_1' }),
  dense(16, 10, { stateName: 'params.head' }),
];

describe('linen', () => {
  test('counts what a compact method makes by class, and a loop makes as many blocks as it likes', () => {
    expect(lines(compact)).toEqual([
      'params.Conv_0 -> nn.Conv(features=8, kernel_size=(3, 3)), names',
      'params.Dense_0 -> nn.Dense(32), names',
      'params.Block_0.up -> nn.Dense(2 * self.width), names',
      'params.Block_0.down -> nn.Dense(self.width), names',
      'params.Block_1.up -> nn.Dense(2 * self.width), names',
      'params.Block_1.down -> nn.Dense(self.width), names',
      'params.Dense_1 -> nn.Dense(16), names',
      'params.head -> nn.Dense(10, name="head"), names',
    ]);
  });

  test('other sizes are another network', () => {
    expect(lines(compact, text.replace('nn.Dense(32)', 'nn.Dense(48)'))).toEqual([]);
  });

  test('so are the same sizes under other names', () => {
    const renamed = compact.map((layer, i) => ({
      ...layer,
      name: `params.part_${i}`,
      hints: { stateName: `params.part_${i}` },
    }));
    expect(lines(renamed)).toEqual([]);
  });
});

describe('nnx', () => {
  const newer = [
    conv(1, 8, 3, { stateName: 'conv' }),
    dense(128, 32, { stateName: 'linear1' }),
    dense(32, 10, { stateName: 'linear2' }),
  ];

  test('attributes give their names, sizes stand on both sides', () => {
    expect(lines(newer)).toEqual([
      'conv -> nnx.Conv(1, 8, kernel_size=(3, 3), rngs=rngs), names',
      'linear1 -> nnx.Linear(128, 32, rngs=rngs), names',
      'linear2 -> nnx.Linear(32, 10, rngs=rngs), names',
    ]);
  });

  test('the same sizes under other names are another network', () => {
    const renamed = ['stem', 'hidden', 'out'].map((stateName, i) => ({
      ...newer[i]!,
      name: stateName,
      hints: { stateName },
    }));
    expect(lines(renamed)).toEqual([]);
  });

  test('the kernel counts too', () => {
    expect(lines([conv(1, 8, 5, { stateName: 'conv' }), ...newer.slice(1)])).toEqual([]);
  });
});
