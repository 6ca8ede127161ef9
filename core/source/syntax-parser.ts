import { Edit, Language, Parser, type Node, type Tree } from 'web-tree-sitter';

/** A WebAssembly file by its path: the runtime of tree-sitter, and the grammar of one language. */
export interface GrammarFiles {
  readonly runtime: string;
  readonly grammar: string;
}

/** A change of a text, as editors report it: what stood from one offset to another is now this. */
export interface TextChange {
  readonly offset: number;
  readonly length: number;
  readonly start: Position;
  readonly end: Position;
  readonly text: string;
}

interface Position {
  readonly line: number;
  readonly character: number;
}

/** Parses one language without running any of it. Created at the first question; owned and disposed by the finder. */
export class SyntaxParser {
  readonly #parser: Parser;

  private constructor(parser: Parser) {
    this.#parser = parser;
  }

  static async open({ runtime, grammar }: GrammarFiles): Promise<SyntaxParser> {
    await Parser.init({ locateFile: () => runtime });
    const parser = new Parser();
    parser.setLanguage(await Language.load(grammar));
    return new SyntaxParser(parser);
  }

  /** The tree lives only as long as `read` runs: its memory is WebAssembly's and is not garbage-collected. */
  reading<T>(text: string, read: (root: Node) => T): T {
    const tree = this.#parse(text, null);
    try {
      return read(tree.rootNode);
    } finally {
      tree.delete();
    }
  }

  /** A text that will change: its tree is kept, and parsed anew only where it did. Disposed by who asked. */
  keep(text: string): ParsedText {
    return new ParsedText((current, previous) => this.#parse(current, previous), text);
  }

  #parse(text: string, previous: Tree | null): Tree {
    const tree = this.#parser.parse(text, previous);
    if (tree === null) throw new Error('the parser gave no tree');
    return tree;
  }

  dispose(): void {
    this.#parser.delete();
  }
}

/** The tree of a text that is being edited. */
export class ParsedText {
  readonly #parse: (text: string, previous: Tree | null) => Tree;
  #tree: Tree;

  constructor(parse: (text: string, previous: Tree | null) => Tree, text: string) {
    this.#parse = parse;
    this.#tree = parse(text, null);
  }

  get root(): Node {
    return this.#tree.rootNode;
  }

  /** Changes of one edit do not overlap and come last place first, so that each leaves the places of the others as they are. */
  edit(changes: readonly TextChange[], text: string): void {
    for (const change of changes) this.#tree.edit(editOf(change));
    const fresh = this.#parse(text, this.#tree);
    this.#tree.delete();
    this.#tree = fresh;
  }

  dispose(): void {
    this.#tree.delete();
  }
}

function editOf({ offset, length, start, end, text }: TextChange): Edit {
  const lines = text.split('\n');
  const last = lines.at(-1)!.length;
  return new Edit({
    startIndex: offset,
    oldEndIndex: offset + length,
    newEndIndex: offset + text.length,
    startPosition: { row: start.line, column: start.character },
    oldEndPosition: { row: end.line, column: end.character },
    newEndPosition: {
      row: start.line + lines.length - 1,
      column: lines.length === 1 ? start.character + last : last,
    },
  });
}
