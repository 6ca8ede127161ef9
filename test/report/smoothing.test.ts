import { describe, expect, test } from 'vitest';
import { profileAt, type Profile } from '../../core/operators/smoothings/profile.ts';
import { renderSmoothing } from '../../core/report/render-smoothing.ts';
import { someSmoothing } from './fixtures/smoothing.ts';

const hostile = {
  ...someSmoothing,
  layers: someSmoothing.layers.map((layer) => ({ ...layer, name: '<script>alert(1)</script>|x' })),
};

describe('the report of a smoothing', () => {
  test('as HTML loads nothing, shows every picture and table, and escapes the names of a file', () => {
    const page = renderSmoothing(hostile, 'html');
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/(?:src|href)=/);
    for (const caption of [
      'smoothness constant L against',
      'accuracies mu',
      'before (dashed) and after',
      'Accuracy on the data',
      'Loss on the data',
    ])
      expect(page).toContain(caption);
    expect(page.match(/<svg/g)).toHaveLength(5);
    for (const section of ['Layers', 'Data', 'For other accuracies', 'Methods'])
      expect(page).toContain(`<h2>${section}</h2>`);
    expect(page).toContain('net.py:7');
    expect(page).toContain('On the smoothing of deep networks');
  });

  test('as Markdown has the same tables, and a bar in a name is no column', () => {
    const text = renderSmoothing(hostile, 'md');
    for (const part of ['onnx, smoothed', '## Layers', '## Data', '## For other accuracies', '## Methods'])
      expect(text).toContain(part);
    const columns = (line: string): number => line.replaceAll('\\|', '').split('|').length;
    const rows = text
      .slice(text.indexOf('## Layers'), text.indexOf('## Data'))
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(new Set(rows.map(columns)).size).toBe(1);
  });

  test('as JSON leaves out what only the panel computes with', () => {
    expect(JSON.parse(renderSmoothing(someSmoothing, 'json'))).not.toHaveProperty('problem');
  });
});

describe('a kink before and after, in widths', () => {
  const relu: Profile = {
    kind: 'corner',
    at: 0,
    left: 0,
    right: 1,
    hinges: [{ jump: 1, direction: 1 }],
    start: 0,
    shift: 0,
  };

  test('is the published SmoothReLU', () => {
    for (const [z, after] of [
      [-1, 0],
      [1, 0.25],
      [2, 1],
      [4, 3],
    ] as const) {
      expect(profileAt(relu, z).before).toBeCloseTo(Math.max(0, z), 12);
      expect(profileAt(relu, z).after).toBeCloseTo(after, 12);
    }
  });

  test('with the ramp around the kink lies 1/4 above it there and meets it at one width', () => {
    const around: Profile = { ...relu, start: -1 };
    expect(profileAt(around, 0).after).toBeCloseTo(0.25, 12);
    for (const z of [-1, 1, 3]) expect(profileAt(around, z).after).toBeCloseTo(Math.max(0, z), 12);
  });

  test('of two numbers is a log-sum-exp, of a length a root', () => {
    const { before, after } = profileAt({ kind: 'extreme', sign: 1, shift: Math.LN2 }, 0);
    expect([before, after]).toEqual([0, 0]);
    expect(profileAt({ kind: 'extreme', sign: -1, shift: 0 }, -2).after).toBeCloseTo(-Math.log(Math.exp(2) + 1), 12);
    expect(profileAt({ kind: 'length', shift: 1, power: 2 }, 0)).toEqual({ before: 0, after: 0 });
    expect(profileAt({ kind: 'length', shift: 1, power: 3 }, 1).after).toBeCloseTo(2 ** (1 / 3) - 1, 12);
  });
});
