import { Language, Parser, type Node } from 'web-tree-sitter';

/** The two WebAssembly files the parser needs, by path or as bytes. */
export interface GrammarFiles {
  readonly runtime: string;
  readonly python: string;
}

/** Parses Python without running any of it. Created once, on the first hover; owned and disposed by the finder. */
export class PythonParser {
  readonly #parser: Parser;

  private constructor(parser: Parser) {
    this.#parser = parser;
  }

  static async open(files: GrammarFiles): Promise<PythonParser> {
    await Parser.init({ locateFile: () => files.runtime });
    const parser = new Parser();
    parser.setLanguage(await Language.load(files.python));
    return new PythonParser(parser);
  }

  /** The tree lives only as long as `read` runs: its memory is WebAssembly's and is not garbage-collected. */
  reading<T>(text: string, read: (root: Node) => T): T {
    const tree = this.#parser.parse(text);
    if (tree === null) throw new Error('the Python parser gave no tree');
    try {
      return read(tree.rootNode);
    } finally {
      tree.delete();
    }
  }

  dispose(): void {
    this.#parser.delete();
  }
}
