import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../../core/budgets/judge.ts';
import { readBudgets } from '../../../core/budgets/read-budgets.ts';
import { ageText, type AgeWords } from '../../../extension/annotations/age-text.ts';
import { LineMemory, withCutLinks, type Memory } from '../../../extension/annotations/line-memory.ts';
import { lineSentence, lineVerdicts } from '../../../extension/annotations/line-verdicts.ts';
import type { PlacedJudgement } from '../../../extension/budgets/judged-models.ts';
import { sparkline } from '../../../extension/sparkline.ts';
import type { LayerDefinition } from '../../../core/source/definition.ts';
import type { Link } from '../../../core/source/link-layers.ts';
import { inspectionOf } from '../inspections.ts';
import { dense } from '../layers.ts';

const definition = (name: string, line = 0): LayerDefinition => ({
  owner: 'Net',
  path: [name],
  call: 'nn.Linear',
  layer: 'Linear',
  family: 'dense',
  arguments: { groups: 1 },
  range: { startLine: line, startColumn: 0, endLine: line, endColumn: 9 },
  conditional: false,
  repeated: false,
  uses: [],
});

const link = (name: string, of = definition(name)): Link => ({
  layer: { ...dense(2, 3, { stateName: name }), id: name, name },
  definition: of,
  tier: 'names',
});

class Notes implements Memory {
  readonly values = new Map<string, unknown>();
  get(key: string): unknown {
    return this.values.get(key);
  }
  update(key: string, value: unknown): Promise<void> {
    this.values.set(key, JSON.parse(JSON.stringify(value)));
    return Promise.resolve();
  }
}

describe('a line beside its numbers', () => {
  test('is edited when it says something else than when they first stood there, also in the next window', () => {
    const notes = new Notes();
    const links = [link('a'), link('b')];
    expect(new LineMemory(notes).edited('model', links, () => 'nn.Linear(2, 3)').size).toBe(0);
    const next = new LineMemory(notes);
    expect(next.edited('model', links, () => 'nn.Linear(2,\n   3)').size).toBe(0);
    const [first] = links;
    const changed = next.edited('model', links, (range) =>
      range === first!.definition.range ? 'nn.Linear(2, 4)' : 'nn.Linear(2, 3)',
    );
    expect([...changed]).toEqual([first!.definition]);
  });

  test('is not edited for the next training, whose numbers are of the new line', () => {
    const memory = new LineMemory(new Notes());
    memory.edited('before', [link('a')], () => 'nn.Linear(2, 3)');
    expect(memory.edited('after', [link('a')], () => 'nn.Linear(2, 4)').size).toBe(0);
    expect(memory.edited('before', [link('a')], () => 'nn.Linear(2, 4)').size).toBe(1);
  });

  test('nonsense that was saved is as nothing', () => {
    const notes = new Notes();
    notes.values.set('lipschitz.lines', [1, { a: 2 }]);
    expect(new LineMemory(notes).edited('model', [link('a')], () => 'x').size).toBe(0);
  });

  test('keeps them when an edit makes the code disagree with the model, as long as its path is there', () => {
    const before = [link('a'), link('b'), link('c')];
    const moved = [definition('a', 5), definition('b', 6)];
    const after = withCutLinks([{ ...before[0]!, definition: moved[0]! }], before, moved);
    expect(after.map(({ layer, definition: { range } }) => [layer.id, range.startLine])).toEqual([
      ['a', 5],
      ['b', 6],
    ]);
  });
});

describe('the budgets of a line', () => {
  // Norms of 1.99 to 2.01.
  const one = definition('convs');
  const links = [link('convs.0', one), link('convs.1', one), link('fc')];
  const inspection = inspectionOf(links.map(({ layer }) => layer));
  const judged = (entry: object): PlacedJudgement[] => {
    const read = readBudgets(JSON.stringify({ budgets: [{ model: 'net.onnx', ...entry }] }));
    const document = {} as PlacedJudgement['document'];
    return judge(inspection, read.file.budgets[0]!).map((own) => ({ ...own, document, file: '/net.onnx' }));
  };

  test('are told once for all the layers that it stands for', () => {
    const [verdict, ...others] = lineVerdicts(links, judged({ layers: 'convs*', max: 1, why: 'So it is.' }));
    expect(others).toEqual([]);
    expect(verdict).toMatchObject({ definition: one, layers: 2, verdict: 'exceeded' });
    const sentence = lineSentence(verdict!, (more, layers) => `and ${more} of ${layers}.`);
    expect(sentence).toMatch(/^convs\.[01] of net\.onnx: .* above the limit of 1\. and 1 of 2\. So it is\.$/);
  });

  test('mark nothing when they are kept, or may stay unproved', () => {
    expect(lineVerdicts(links, judged({ layers: '*', max: 3 }))).toEqual([]);
    expect(lineVerdicts(links, judged({ layers: '*', max: 2, fails: 'when-exceeded' }))).toEqual([]);
    expect(lineVerdicts(links, judged({ layers: 'fc', max: 2 }))).toMatchObject([{ verdict: 'unproved' }]);
  });
});

test('ages are told as coarsely as they matter', () => {
  const words: AgeWords = { now: 'now', minutes: (n) => `${n} m`, hours: (n) => `${n} h`, days: (n) => `${n} d` };
  const minute = 60_000;
  const ages = [-1, 0.5, 1, 59, 60, 47 * 60, 48 * 60, 24 * 60 * 9];
  expect(ages.map((minutes) => ageText(1e12, 1e12 + minutes * minute, words))).toEqual([
    'now',
    'now',
    '1 m',
    '59 m',
    '1 h',
    '47 h',
    '2 d',
    '9 d',
  ]);
});

test('a sparkline has a bar for what is there and none for what is not', () => {
  expect(sparkline([0, 1, 100, 50], 9)).toBe(' ▁█▅');
  expect(sparkline([], 9)).toBe('');
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (counts, width) => {
      const drawn = sparkline(counts, width);
      return drawn.length === Math.min(width, counts.length) && (drawn.trim() === '') === counts.every((n) => n === 0);
    }),
  );
});
