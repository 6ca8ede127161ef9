import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClassMemory } from '../../core/source/class-memory.ts';
import { findOwnersIn } from '../../core/source/find-definitions.ts';
import type { SyntaxParser, TextChange } from '../../core/source/syntax-parser.ts';
import { openParser, sourceText } from '../extension/sources.ts';

let parser: SyntaxParser;
beforeAll(async () => {
  parser = await openParser();
});
afterAll(() => parser.dispose());

const place = (text: string, offset: number): TextChange['start'] => {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)!.length };
};

const typed = fc.constantFrom(
  '',
  'x',
  '\n',
  '    ',
  'nn.Linear(3, 4)',
  'self.fc = ',
  '(',
  ')',
  '"',
  '"""',
  '# ',
  'class A:\n',
  'é𝛼',
);

test('a text that is edited is read as if it were read anew', () => {
  const text = sourceText('ways_to_build.py');
  const edit = fc.record({ at: fc.nat(text.length), length: fc.nat(30), insert: typed });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
      const parsed = parser.keep(text);
      const memory = new ClassMemory();
      findOwnersIn(parsed.root, text, memory);
      try {
        let current = text;
        const changes: TextChange[] = [];
        for (const { at, length, insert } of edits) {
          const offset = Math.min(at, current.length);
          const end = Math.min(offset + length, current.length);
          changes.push({
            offset,
            length: end - offset,
            start: place(current, offset),
            end: place(current, end),
            text: insert,
          });
          current = current.slice(0, offset) + insert + current.slice(end);
        }
        parsed.edit(changes, current);
        const anew = parser.reading(current, (root) => ({
          tree: root.toString(),
          owners: findOwnersIn(root, current),
        }));
        expect(parsed.root.toString()).toBe(anew.tree);
        expect(findOwnersIn(parsed.root, current)).toEqual(anew.owners);
        expect(findOwnersIn(parsed.root, current, memory)).toEqual(anew.owners);
        // And once more, when what moved is remembered where it now is.
        expect(findOwnersIn(parsed.root, current, memory)).toEqual(anew.owners);
      } finally {
        parsed.dispose();
      }
    }),
    { numRuns: 40, seed: 8 },
  );
});
