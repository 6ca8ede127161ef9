import type { SourceLanguage } from '../source/languages.ts';
import type { SyntaxParser } from '../source/syntax-parser.ts';
import { besideTheProgram } from '../worker/hired-thread.ts';

/** A parser of one language. Only who asks for code pays for it, and who opens it disposes it. */
export async function openSourceParser(grammar: SourceLanguage['grammar']): Promise<SyntaxParser> {
  const { SyntaxParser } = await import('../source/syntax-parser.ts');
  return SyntaxParser.open({
    runtime: besideTheProgram('web-tree-sitter.wasm'),
    grammar: besideTheProgram(`tree-sitter-${grammar}.wasm`),
  });
}
