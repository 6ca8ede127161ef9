import { workspace, type LogOutputChannel, type TextDocument, type TextDocumentChangeEvent, type Uri } from 'vscode';
import { Owner } from './disposable.ts';
import type { PackedFiles } from './packed-files.ts';
import { ClassMemory } from '../core/source/class-memory.ts';
import type { Owner as NetworkCode } from '../core/source/find-definitions.ts';
import { languageOfEditor, languageOfPath, type SourceLanguage } from '../core/source/languages.ts';
import type { ParsedText, SyntaxParser, TextChange } from '../core/source/syntax-parser.ts';

/** An open document as it was read last, and what was typed since. */
interface Reading {
  version: number;
  parsed: ParsedText;
  readonly classes: ClassMemory;
  owners: readonly NetworkCode[];
  typed: TextChange[];
}

/**
 * What the source files say, each read when somebody asks and again only where it changed. While one types nothing is parsed: the
 * changes are noted, and the next question pays for all of them at once.
 */
export class SourceFiles extends Owner {
  readonly #files: PackedFiles;
  readonly #output: LogOutputChannel;
  readonly #readings = new Map<string, Reading>();
  readonly #parsers = new Map<SourceLanguage['grammar'], Promise<SyntaxParser>>();

  constructor(files: PackedFiles, output: LogOutputChannel) {
    super();
    this.#files = files;
    this.#output = output;
    this.track(workspace.onDidChangeTextDocument((event) => this.#note(event)));
    this.track(workspace.onDidCloseTextDocument((document) => this.#forget(document)));
    this.track({ dispose: () => this.#readings.forEach(({ parsed }) => parsed.dispose()) });
    this.track({
      dispose: () => this.#parsers.forEach((opening) => void opening.then((parser) => parser.dispose())),
    });
  }

  async ownersOf(document: TextDocument): Promise<readonly NetworkCode[]> {
    const language = languageOfEditor(document.languageId);
    if (language === undefined) return [];
    const known = this.#readings.get(document.uri.toString());
    if (known?.version === document.version) return known.owners;
    if (known === undefined && !language.mentions.test(document.getText())) return [];
    const parser = await this.#parser(language);
    // Asked for twice before the parser was there, or typed in meanwhile: from here on nothing waits.
    return this.#read(document, language, parser);
  }

  async ownersAt(uri: Uri): Promise<readonly NetworkCode[]> {
    const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open !== undefined) return this.ownersOf(open);
    const language = languageOfPath(uri.path);
    if (language === undefined) return [];
    try {
      const text = new TextDecoder().decode(await workspace.fs.readFile(uri));
      if (!language.mentions.test(text)) return [];
      return (await this.#parser(language)).reading(text, (root) => language.owners(root, text));
    } catch (error) {
      // It may have been deleted since it was listed: another file may define the layer.
      this.#output.debug(`${uri.fsPath}: ${String(error)}`);
      return [];
    }
  }

  #read(document: TextDocument, language: SourceLanguage, parser: SyntaxParser): readonly NetworkCode[] {
    const key = document.uri.toString();
    const text = document.getText();
    const known = this.#readings.get(key);
    if (known === undefined) {
      // Closed while the parser was being loaded: nobody would forget its tree.
      if (document.isClosed) return parser.reading(text, (root) => language.owners(root, text));
      const parsed = parser.keep(text);
      const classes = new ClassMemory();
      const owners = language.owners(parsed.root, text, classes);
      this.#readings.set(key, { version: document.version, parsed, classes, owners, typed: [] });
      return owners;
    }
    if (known.version !== document.version) {
      known.parsed.edit(known.typed, text);
      known.owners = language.owners(known.parsed.root, text, known.classes);
      known.version = document.version;
      known.typed = [];
    }
    return known.owners;
  }

  #note({ document, contentChanges }: TextDocumentChangeEvent): void {
    const known = this.#readings.get(document.uri.toString());
    known?.typed.push(
      ...contentChanges.map(({ rangeOffset, rangeLength, range: { start, end }, text }) => ({
        offset: rangeOffset,
        length: rangeLength,
        start: { line: start.line, character: start.character },
        end: { line: end.line, character: end.character },
        text,
      })),
    );
  }

  #forget({ uri }: TextDocument): void {
    const key = uri.toString();
    this.#readings.get(key)?.parsed.dispose();
    this.#readings.delete(key);
  }

  #parser({ grammar }: SourceLanguage): Promise<SyntaxParser> {
    const known = this.#parsers.get(grammar);
    if (known !== undefined) return known;
    const { runtime, [grammar]: file } = this.#files.grammar;
    const opening = import('../core/source/syntax-parser.ts').then(({ SyntaxParser }) =>
      SyntaxParser.open({ runtime, grammar: file }),
    );
    this.#parsers.set(grammar, opening);
    return opening;
  }
}
