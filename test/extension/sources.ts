import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PythonParser } from '../../extension/source/python-tree.ts';

const require = createRequire(import.meta.url);

/** The parser as the extension opens it, on the WebAssembly files of the installed packages. */
export const openParser = (): Promise<PythonParser> =>
  PythonParser.open({
    runtime: require.resolve('web-tree-sitter/web-tree-sitter.wasm'),
    python: require.resolve('tree-sitter-python/tree-sitter-python.wasm'),
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
