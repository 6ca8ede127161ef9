import { describe, expect, test } from 'vitest';
import type { Inspection } from '../../core/report/inspection.ts';
import { layerScale } from '../../core/report/layer-table.ts';
import { couplingStrip } from '../../core/report/picture/coupling-strip.ts';
import { history } from '../../core/report/picture/history.ts';
import { intervalGlyph } from '../../core/report/picture/interval-glyph.ts';
import { networkBar } from '../../core/report/picture/network-bar.ts';
import { closeScale, commonScale, linearTicks, logTicks, position } from '../../core/report/picture/scale.ts';
import { escaped } from '../../core/report/picture/svg.ts';
import { ofLayer } from '../../core/report/words.ts';
import { blank, certified, layer, withShares } from './fixtures/inspection.ts';
import { residualCnn, residualCnnRunning } from './fixtures/residual-cnn.ts';
import { hostile, noLayers, thousandLayers, unboundedTransformer, unsupportedDetector } from './fixtures/unusual.ts';

const numbersIn = (svg: string, attribute: string): number[] =>
  [...svg.matchAll(new RegExp(` ${attribute}="([-\\d.]+)"`, 'g'))].map((match) => Number(match[1]));

describe('scales', () => {
  test('hold 1 and every value, from 1e-300 to 1e300, without infinities', () => {
    const scale = commonScale([1e-300, null, undefined, 0, 1e300, Number.POSITIVE_INFINITY]);
    expect(position(scale, 1e-300)).toBeGreaterThan(0);
    expect(position(scale, 1e300)).toBeLessThan(1);
    expect(position(scale, 1)).toBeCloseTo(0.5, 2);
  });

  test('put equal ratios at equal distances', () => {
    const scale = { from: 0.01, to: 100 };
    expect(position(scale, 10) - position(scale, 1)).toBeCloseTo(position(scale, 1) - position(scale, 0.1), 12);
  });

  test('have few round ticks, however wide or narrow', () => {
    for (const scale of [
      { from: 1e-300, to: 1e300 },
      { from: 0.3, to: 40 },
      { from: 2.31, to: 2.33 },
      closeScale([]),
    ]) {
      const ticks = logTicks(scale, 5);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThanOrEqual(6);
      for (const tick of ticks) expect(tick >= scale.from && tick <= scale.to).toBe(true);
    }
    expect(linearTicks(0, 4.27, 4)).toEqual([0, 2, 4]);
  });
});

describe('pictures', () => {
  const every = [
    residualCnn,
    residualCnnRunning,
    hostile,
    noLayers,
    thousandLayers,
    unboundedTransformer,
    unsupportedDetector,
  ];
  const drawn = every.flatMap((one) => [
    networkBar(one, 400),
    history(one, 400),
    couplingStrip(one, layerScale(one), 400, one.layers[0]?.id),
    ...one.layers.slice(0, 20).map((entry) => {
      const known = entry.norms.l2;
      return known === undefined
        ? ''
        : intervalGlyph(ofLayer(known), { scale: layerScale(one), width: 90, height: 16, role: 'image' });
    }),
  ]);

  test('never contain a name as markup, nor a number that is none', () => {
    for (const svg of drawn) expect(svg).not.toMatch(/<script|<b>|NaN|Infinity|undefined|\u202E|\u0000/);
  });

  test('say what they show, and need no style attribute', () => {
    for (const svg of drawn.filter((one) => one !== '')) {
      expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="[^"]+"/);
      expect(svg).not.toContain(' style=');
    }
  });
});

test('where both ends meet, their names stand above each other in the picture of the ends against time', () => {
  const end = (side: 'upper' | 'lower', value: number): Inspection['bounds'][number] => ({
    ...residualCnn.bounds.find((bound) => bound.side === side && bound.rigor === 'certified')!,
    value,
    seconds: 1,
  });
  const bounds = [...residualCnn.bounds, end('upper', 8), end('lower', 8)];
  const svg = history({ ...residualCnn, bounds }, 400);
  const [upper, lower] = ['upper', 'lower'].map((name) =>
    Number(new RegExp(` y="([\\d.]+)"[^>]*>${name}<`).exec(svg)?.[1]),
  );
  expect(lower! - upper!).toBeGreaterThanOrEqual(11);
  expect(lower).toBeLessThan(140);
});

describe('the coupling strip', () => {
  const threeLayers = {
    ...blank,
    layers: withShares([
      layer('a', certified(4, 4, 'x')),
      layer('b', certified(0.5, 0.5, 'x')),
      layer('c', certified(2, 2, 'x')),
    ]),
  };
  const svg = couplingStrip(threeLayers, layerScale(threeLayers), 402);

  test('gives each layer the width of its share, the shrinking one hatched', () => {
    const widths = [...svg.matchAll(/data-layer="(\w)".*?<rect x="[\d.]+" y="1" width="([\d.]+)"/g)].map((m) =>
      Number(m[2]),
    );
    expect(widths).toEqual([200, 100, 100]);
    expect(svg.match(/url\(#lipschitz-shrinks\)/g)).toHaveLength(1);
  });

  test('draws a thousand layers as segments that can be seen, and leaves out nothing of the whole', () => {
    const wide = couplingStrip(thousandLayers, layerScale(thousandLayers), 962);
    const widths = [...wide.matchAll(/data-layer="[^"]*".*?<rect x="[\d.]+" y="1" width="([\d.]+)"/g)].map((m) =>
      Number(m[1]),
    );
    expect(widths.length).toBeLessThan(500);
    expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(960, 0);
    expect(wide).toMatch(/<title>\d+ layers from layers\.\d+ to layers\.\d+: [\d.]+ %<\/title>/);
  });

  test('is left out when every norm is 1', () => {
    const ones = { ...blank, layers: withShares([layer('a', certified(1, 1, 'x'))]) };
    expect(couplingStrip(ones, layerScale(ones), 400)).toBe('');
  });
});

test('the interval glyph draws the bar from the lower to the upper end on the common scale', () => {
  const scale = { from: 0.01, to: 100 };
  const svg = intervalGlyph(ofLayer(certified(1, 10, 'x')), { scale, width: 110, height: 16, role: 'image' });
  expect(numbersIn(svg, 'x')).toEqual([55]);
  expect(numbersIn(svg, 'width')).toContain(25);
});

test('an interval that is closed, open and unbounded has three shapes, not three colours', () => {
  const place = { scale: { from: 0.1, to: 10 }, width: 90, height: 16, role: 'image' } as const;
  const shape = (upper: number | null): string =>
    intervalGlyph(ofLayer({ lower: 1, upper, rigor: 'certified', method: 'x' }), place).replaceAll(/var\([^)]*\)/g, '');
  expect(new Set([shape(1), shape(3), shape(null)]).size).toBe(3);
  expect(shape(null)).toContain('stroke-dasharray');
});

test('escaping leaves nothing that could end an attribute or an element', () => {
  expect(escaped(`<a b="c" d='e'>&\u0000\u202E`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\uFFFD\uFFFD');
});
