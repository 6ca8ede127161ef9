import { describe, expect, test } from 'vitest';
import { reportFormats } from '../../core/report/formats.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { inspectionJson } from '../../core/report/json.ts';
import { tsv } from '../../core/report/layer-table.ts';
import { render } from '../../core/report/render.ts';
import { residualCnn } from './fixtures/residual-cnn.ts';
import {
  failedModel,
  hostile,
  noLayers,
  thousandLayers,
  unboundedTransformer,
  unsupportedDetector,
} from './fixtures/unusual.ts';

const samples: readonly Inspection[] = [
  residualCnn,
  unboundedTransformer,
  unsupportedDetector,
  hostile,
  noLayers,
  thousandLayers,
];

describe.each(reportFormats)('the report as %s', (format) => {
  test('never says NaN, Infinity or undefined', () => {
    for (const sample of samples) expect(render(sample, format)).not.toMatch(/\b(?:NaN|Infinity|undefined)\b|\[object/);
  });

  test('does not tell the folders of the machine', () => {
    expect(render(hostile, format)).not.toMatch(/alice|secret/);
  });
});

test('reports say how far points are kept apart where that was asked as well', () => {
  const bilipschitz = {
    ...({ format: 'lipschitz-bilipschitz', version: 1, model: 'a<b>.onnx', norm: 'l2', region: 'all', seconds: 1 } as const),
    lower: { value: 0, method: 'composition', rigor: 'certified', lostAt: { node: 'n<1>', op: 'Relu', reason: 'flat' } },
  } as const; // prettier-ignore
  for (const format of ['html', 'md'] as const) {
    expect(render(residualCnn, format)).not.toContain('How far points are kept apart');
    const text = render({ ...residualCnn, bilipschitz }, format);
    expect(text).toContain('How far points are kept apart');
    expect(text).toContain('m is in 0 … unknown');
    expect(text).toContain('The lower end is 0 from Relu');
    expect(text).not.toContain('n<1>');
  }
});

describe('JSON', () => {
  test('reads back as the same inspection', () => {
    expect(JSON.parse(render(residualCnn, 'json'))).toEqual(JSON.parse(JSON.stringify(residualCnn)));
  });

  test('refuses a number that JSON cannot say, and names its place', () => {
    const broken = { ...residualCnn, seconds: Number.NaN };
    expect(() => render(broken, 'json')).toThrow('the inspection.seconds is NaN');
  });

  test('keeps a witness on one line, also when it crossed a process as a typed array', () => {
    const interval = residualCnn.lipschitz.l2;
    if (interval === undefined) throw new Error('The sample has an interval.');
    const witness = { x: new Float64Array([1, 2]) as unknown as number[], y: [3, 4] };
    const text = render(
      { ...residualCnn, lipschitz: { l2: { ...interval, lower: { ...interval.lower, witness } } } },
      'json',
    );
    expect(text).toContain('"x": [1, 2]');
  });

  test('keeps the order of several models and the one that failed', () => {
    const several = JSON.parse(inspectionJson([residualCnn, failedModel])) as unknown[];
    expect(several).toHaveLength(2);
    expect(several[1]).toEqual(failedModel);
  });

  test('keeps the names of nodes that look like paths', () => {
    const name = '/home/MatMul';
    const odd = {
      ...residualCnn,
      layers: residualCnn.layers.map((one) => ({ ...one, id: name })),
      notes: [`${name} has NaN weights.`],
    };
    expect(render(odd, 'json')).toContain(`"${name} has NaN weights."`);
  });
});

describe('CSV', () => {
  const cells = (text: string): string[][] => parseCsv(text);

  test('has one row per layer, each as wide as the heading', () => {
    const [head, ...rows] = cells(render(hostile, 'csv'));
    expect(rows).toHaveLength(hostile.layers.length);
    for (const row of rows) expect(row).toHaveLength(head?.length ?? 0);
  });

  test('never lets a name start a formula, and leaves negative numbers alone', () => {
    const rows = cells(render(hostile, 'csv')).slice(1);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+@]|^-(?![\d.])/);
    expect(rows.flat().some((cell) => cell.startsWith('-0.'))).toBe(true);
  });

  test('nor do the tables that are copied', () => {
    expect(tsv([[['layer', '=cmd()\t|']], [['layer', '@sum(1)']]])).toBe("layer\n'=cmd() |\n'@sum(1)");
  });

  test('tells an infinite upper end from one that is not known', () => {
    const [head = [], ...rows] = cells(render(unboundedTransformer, 'csv'));
    const attention = rows.find((row) => row.includes('blocks.0.attn'));
    expect(attention?.[head.indexOf('l2_upper')]).toBe('');
    expect(attention?.[head.indexOf('unbounded_because')]).toContain('product of two activations');
  });
});

describe('Markdown', () => {
  test('quotes the summary and has one table row per layer, whatever the names', () => {
    const lines = render(hostile, 'md').split('\n');
    const start = lines.findIndex((line) => line.startsWith('| layer '));
    const rows = lines.slice(start + 2, start + 2 + hostile.layers.length);
    for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(9);
    expect(lines.some((line) => line.startsWith('> A change of size 1'))).toBe(true);
  });

  test('lets no markup through', () => {
    expect(render(hostile, 'md')).not.toMatch(/<script|<img|<b>|(?<!\\)\]\(|\u202E/);
  });
});

describe('HTML', () => {
  const pages = samples.map((sample) => render(sample, 'html'));

  test('loads and runs nothing', () => {
    for (const page of pages) {
      expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
      expect(page).not.toMatch(/<(?:script|img|link|iframe|object)|<[^>]*\s(?:on\w+|src|href)=|url\((?!#)/i);
    }
  });

  test('gives reason and remedy of what is unbounded, and the operator that is not understood', () => {
    expect(render(unboundedTransformer, 'html')).toContain('To get a finite bound: ask for a bounded region');
    expect(render(unsupportedDetector, 'html')).toContain('<code>/nms/NonMaxSuppression</code>');
  });

  test('names who is to be cited for the methods it used', () => {
    expect(render(residualCnn, 'html')).toContain('Sedghi');
  });

  test('has the hash, so that the numbers belong to one file', () => {
    expect(render(residualCnn, 'html')).toContain(residualCnn.model.sha256);
  });
});

/** An independent reader of RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [row, cell, quoted]: [string[], string, boolean] = [[], '', false];
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] ?? '';
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[i + 1] === '"') cell += text[++i] ?? '';
      else quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === ',') [row, cell] = [[...row, cell], ''];
    else if (sign === '\r' && text[i + 1] === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
      i++;
    } else cell += sign;
  }
  return rows;
}
