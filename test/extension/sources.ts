import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { SyntaxParser } from '../../core/source/syntax-parser.ts';

const require = createRequire(import.meta.url);

const grammars = {
  python: 'tree-sitter-python/tree-sitter-python.wasm',
  typescript: 'tree-sitter-typescript/tree-sitter-tsx.wasm',
};

/** The parser as the extension opens it, on the WebAssembly files of the installed packages. */
export const openParser = (language: keyof typeof grammars = 'python'): Promise<SyntaxParser> =>
  SyntaxParser.open({
    runtime: require.resolve('web-tree-sitter/web-tree-sitter.wasm'),
    grammar: require.resolve(grammars[language]),
  });

export const sourceText = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`sources/${name}`, import.meta.url)), 'utf8');

/** The line, counted from zero, on which the n-th occurrence of some text stands. */
export function lineOf(text: string, needle: string, occurrence = 1): number {
  let from = -1;
  for (let seen = 0; seen < occurrence; seen++) {
    from = text.indexOf(needle, from + 1);
    if (from < 0) throw new Error(`"${needle}" does not occur ${occurrence} times`);
  }
  return text.slice(0, from).split('\n').length - 1;
}
