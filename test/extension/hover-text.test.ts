import { describe, expect, test } from 'vitest';
import type { LayerEntry, SourceTier } from '../../core/report/inspection.ts';
import { hoverMarkdown, type HoverSection, type HoverWords } from '../../extension/hover-text.ts';
import type { LayerDefinition } from '../../core/source/definition.ts';
import { linksAt } from '../../core/source/linked-code.ts';
import { dense } from './layers.ts';

const words: HoverWords = {
  tier: { exporter: 'by exporter', names: 'by name', scopes: 'by scope', guess: 'guess' },
  stale: { line: 'The line was edited.', file: 'The file was changed.' },
  open: 'Show',
  map: 'Map',
  docs: 'Docs',
  many: (count) => `${count} layers`,
  share: (percent) => `${percent} of the bound`,
  kernel: (norm) => `${norm} as a kernel`,
  more: (count) => `and ${count} more`,
  why: (reason) => `Why: ${reason}`,
  spectrum: (count, largest) => `${count} values to ${largest}`,
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

const say = (layers: readonly LayerEntry[], more: Partial<HoverSection> = {}, tier: SourceTier = 'names'): string =>
  hoverMarkdown(
    [
      {
        file: '/models/net.onnx',
        norm: 'l2',
        links: layers.map((layer) => ({ layer, tier, definition: definition(0, 0, 9) })),
        breaches: [],
        openLink: 'command:x',
        mapLink: 'command:y',
        docsLink: 'https://docs',
        ...more,
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

  test('says why: the method and what its evidence means; and the reason where there is no upper end', () => {
    expect(say([named('fc1', 1.61, 1.63)])).toContain('Why: svd; certified: holds in exact arithmetic');
    const unbounded: LayerEntry = {
      ...named('a', 1, null),
      norms: {
        l2: { lower: 1, upper: null, rigor: 'certified', method: 'rule', reason: 'a [link](command:evil) moves' },
      },
    };
    expect(say([unbounded])).toContain('Why: a \\[link\\]\\(command:evil\\) moves');
  });

  test('draws the spectrum where it is known, and says what is stale or over its budget', () => {
    const text = say([named('fc1', 1, 2)], {
      spectrum: { count: 11, histogram: { edges: [0, 1, 2, 3], counts: [8, 0, 3], rigor: 'numerical' } },
      stale: 'line',
      breaches: ['fc1 is too large.'],
    });
    expect(text).toContain('`█ ▄` 11 values to 3');
    expect(text).toContain('The line was edited.');
    expect(text).toContain('$(warning) fc1 is too large.');
    expect(say([named('fc1', 1, 2)])).not.toMatch(/warning|history/);
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
