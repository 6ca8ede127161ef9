import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawnRows, sameRows, slice, towards } from '../../webview/drawn-rows.ts';
import { nextSort, orderedRows } from '../../webview/row-order.ts';
import type { Column, RowChoice } from '../../webview/row-order.ts';
import { residualCnn, residualCnnRunning } from '../report/fixtures/residual-cnn.ts';
import { thousandLayers, unboundedTransformer } from '../report/fixtures/unusual.ts';

const choice = (column: Column, direction: 'ascending' | 'descending', rest: Partial<RowChoice> = {}): RowChoice => ({
  sort: { column, direction },
  filter: '',
  layerKind: '',
  norm: 'l2',
  ...rest,
});
const names = (layers: ReturnType<typeof orderedRows>): string[] => layers.map(({ name }) => name);

describe('the order of the rows', () => {
  test('is that of the network until a heading is clicked', () => {
    expect(orderedRows(residualCnn.layers, choice('place', 'ascending'))).toEqual(residualCnn.layers);
  });

  test('puts an unbounded layer before every number', () => {
    expect(names(orderedRows(unboundedTransformer.layers, choice('norm', 'descending')))[0]).toBe('blocks.0.attn');
  });

  test('puts what is not known yet last, in either direction', () => {
    for (const direction of ['ascending', 'descending'] as const) {
      const rows = orderedRows(residualCnnRunning.layers, choice('norm', direction));
      expect(rows.slice(0, 5).every(({ norms }) => norms.l2 !== undefined)).toBe(true);
    }
  });

  test('counts: layers.2 comes before layers.10', () => {
    const rows = names(orderedRows(thousandLayers.layers, choice('name', 'ascending')));
    expect(rows.slice(0, 3)).toEqual(['layers.0', 'layers.1', 'layers.2']);
    expect(rows.at(-1)).toBe('layers.999');
  });

  test('keeps the network order among equals', () => {
    const rows = orderedRows(residualCnn.layers, choice('kind', 'ascending'));
    expect(names(rows.filter(({ kind }) => kind === 'conv'))).toEqual(
      names(residualCnn.layers.filter(({ kind }) => kind === 'conv')),
    );
  });
});

test('every word of the filter must occur somewhere, in any order and case', () => {
  const rows = orderedRows(residualCnn.layers, choice('place', 'ascending', { filter: 'CONV block2 ' }));
  expect(names(rows)).toEqual(['block2.conv1', 'block2.conv2', 'block2.shortcut']);
});

test('a heading clicked three times is back at the network order', () => {
  const once = nextSort({ column: 'place', direction: 'ascending' }, 'norm');
  const twice = nextSort(once, 'norm');
  expect([once.direction, twice.direction]).toEqual(['descending', 'ascending']);
  expect(nextSort(twice, 'norm').column).toBe('place');
});

describe('of a long table only the rows near the screen are drawn', () => {
  test('and they cover the screen wherever it is', () => {
    for (const above of [-500, 0, 12_345, 39_999, 1e9]) {
      const { from, to } = drawnRows(1000, 40, above, 800);
      expect(to - from).toBeLessThanOrEqual(60);
      const firstOnScreen = Math.max(0, Math.min(999, Math.floor(above / 40)));
      expect(from).toBeLessThanOrEqual(firstOnScreen);
      expect(to).toBeGreaterThanOrEqual(Math.min(1000, firstOnScreen + 20));
    }
  });

  test('while a short one is drawn whole', () => expect(drawnRows(12, 30, 0, 100)).toEqual({ from: 0, to: 12 }));

  test('and a slice at a time, wherever the screen goes', () => {
    const anywhere = fc.integer({ min: 0, max: 39_999 });
    fc.assert(
      fc.property(fc.array(anywhere, { minLength: 1, maxLength: 6 }), (places) => {
        let drawn = { from: 0, to: 0 };
        for (const above of places) {
          const goal = drawnRows(1000, 40, above, 800);
          for (let steps = 0; !sameRows(drawn, goal); steps++) {
            const next = towards(drawn, goal);
            const kept = Math.max(0, Math.min(drawn.to, next.to) - Math.max(drawn.from, next.from));
            expect(next.to - next.from - kept).toBeLessThanOrEqual(slice);
            expect(next.from).toBeGreaterThanOrEqual(goal.from);
            expect(next.to).toBeLessThanOrEqual(goal.to);
            expect(steps).toBeLessThan(Math.ceil((goal.to - goal.from) / slice));
            drawn = next;
          }
        }
      }),
    );
  });
});
