import { describe, expect, test } from 'vitest';
import type { LayerEntry, SourceTier } from '../../core/report/inspection.ts';
import { hoverMarkdown, type HoverWords } from '../../extension/hover-text.ts';
import type { LayerDefinition } from '../../extension/source/definition.ts';
import { linksAt } from '../../extension/source/linked-code.ts';
import { dense } from './layers.ts';

const words: HoverWords = {
  tier: { exporter: 'by exporter', names: 'by name', scopes: 'by scope', guess: 'guess' },
  open: 'Show',
  many: (count) => `${count} layers`,
  share: (percent) => `${percent} of the bound`,
  kernel: (norm) => `${norm} as a kernel`,
  more: (count) => `and ${count} more`,
};

const definition = (line: number, from: number, to: number): LayerDefinition => ({
  owner: 'Net',
  path: ['fc'],
  call: 'nn.Linear',
  layer: 'Linear',
  family: 'dense',
  arguments: { groups: 1 },
  range: { startLine: line, startColumn: from, endLine: line, endColumn: to },
  conditional: false,
  repeated: false,
  uses: [],
});

const named = (name: string, lower: number, upper: number | null): LayerEntry => ({
  ...dense(2, 3, { stateName: name }),
  norms: { l2: { lower, upper, rigor: 'certified', method: 'svd' } },
  share: 0.2,
});

const say = (layers: readonly LayerEntry[], tier: SourceTier = 'names'): string =>
  hoverMarkdown(
    [
      {
        file: '/models/net.onnx',
        norm: 'l2',
        links: layers.map((layer) => ({ layer, tier, definition: definition(0, 0, 9) })),
        openLink: 'command:x',
      },
    ],
    words,
  );

describe('the hover', () => {
  test('gives interval, evidence in words, share, model, tier and the way to the panel', () => {
    const text = say([named('fc1', 1.61, 1.63)]);
    expect(text).toContain('`fc1` · `net.onnx`');
    expect(text).toContain('**1.61 … 1.63 ●** l2, certified');
    expect(text).toContain('20 % of the bound');
    expect(text).toContain('by name · [Show](command:x)');
  });

  test('for a line that stands for many layers gives their count and the range around all', () => {
    const text = say([named('a', 1, 1.5), named('b', 3, 4), named('c', 2, 2.5), named('d', 2, 2), named('e', 2, 2)]);
    expect(text).toContain('5 layers: `a`, `b`, `c`, `d` and 1 more');
    expect(text).toMatch(/\*\*1(\.00)? … 4(\.00)? ●\*\*/);
  });

  test('says so when one of them has no upper end', () => {
    expect(say([named('a', 1, 1.5), named('b', 3, null)])).toContain('unbounded');
  });

  test('lets nothing in a name become a link or other markup', () => {
    const text = say([named('x`[go](command:evil)`', 1, 2)]);
    expect(text).toContain('`x [go](command:evil) `');
  });
});

describe('what stands at a place', () => {
  const one = { layer: named('a', 1, 2), tier: 'names' as const, definition: definition(4, 19, 40) };
  const two = { layer: named('b', 1, 2), tier: 'names' as const, definition: definition(4, 42, 60) };

  test('is the call under the mouse', () => {
    expect(linksAt([one, two], { line: 4, column: 45 })).toEqual([two]);
    expect(linksAt([one, two], { line: 5, column: 45 })).toEqual([]);
  });

  test('is, on the rest of the line, its only definition, and nothing when there are two', () => {
    expect(linksAt([one], { line: 4, column: 10 })).toEqual([one]);
    expect(linksAt([one, two], { line: 4, column: 10 })).toEqual([]);
  });
});
