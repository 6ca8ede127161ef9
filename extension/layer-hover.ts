import {
  Hover,
  MarkdownString,
  l10n,
  languages as editorLanguages,
  type CancellationToken,
  type HoverProvider,
  type Position,
  type TextDocument,
} from 'vscode';
import type { CodeLinks } from './code-links.ts';
import { Owner } from './disposable.ts';
import { hoverMarkdown, type HoverWords } from './hover-text.ts';
import { command } from './names.ts';
import { annotationsEnabled } from './settings.ts';
import { languages } from './source/languages.ts';
import { linksAt } from './source/linked-code.ts';
import { tierWords } from './tier-words.ts';

/** A line that makes a layer, recognised without a parser: all that is needed to offer an inspection. */
const makesLayer =
  /\b(?:nn|layers|keras\.layers)\.(?:Linear|LazyLinear|Dense|Conv|BatchNorm|LayerNorm|MultiheadAttention)\w*\(/;

const sectionsShown = 3;

/** The layer's interval on the line that defines it. Never starts an inspection: it speaks of what is known, or offers one. */
export class LayerHover extends Owner implements HoverProvider {
  readonly #code: CodeLinks;

  constructor(code: CodeLinks) {
    super();
    this.#code = code;
    this.track(
      editorLanguages.registerHoverProvider(
        languages.flatMap(({ editorIds }) => editorIds.map((language) => ({ language }))),
        this,
      ),
    );
  }

  async provideHover(document: TextDocument, position: Position, token: CancellationToken): Promise<Hover | undefined> {
    if (!annotationsEnabled()) return undefined;
    const models = await this.#code.modelsOf(document);
    if (token.isCancellationRequested) return undefined;
    const place = { line: position.line, column: position.character };
    const sections = models.flatMap(({ file, inspection, links }) => {
      const here = linksAt(links, place);
      const [first] = here;
      if (first === undefined) return [];
      const openLink = commandLink(command.revealLayer, { file, layer: first.layer.id });
      return [{ file, norm: inspection.norm, links: here, openLink }];
    });
    if (sections.length > 0) return new Hover(trusted(hoverMarkdown(sections.slice(0, sectionsShown), hoverWords())));
    if (!makesLayer.test(document.lineAt(position.line).text)) return undefined;
    const offer = l10n.t('No inspected model has this layer.');
    return new Hover(trusted(`${offer} [${l10n.t('Inspect Lipschitz')}](${commandLink(command.inspect)})`));
  }
}

function trusted(text: string): MarkdownString {
  const markdown = new MarkdownString(text);
  // Only these two commands: a model's names are in the text.
  markdown.isTrusted = { enabledCommands: [command.inspect, command.revealLayer] };
  return markdown;
}

const commandLink = (name: string, argument?: unknown): string =>
  argument === undefined
    ? `command:${name}`
    : `command:${name}?${encodeURIComponent(JSON.stringify([argument])).replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'))}`;

const hoverWords = (): HoverWords => ({
  tier: tierWords(),
  open: l10n.t('Show in Lipschitz Inspector'),
  many: (count) => l10n.t('{0} layers', count),
  share: (percent) => l10n.t('{0} of the product of norms, in logarithms', percent),
  kernel: (norm) => l10n.t('{0} as a reshaped kernel', norm),
  more: (count) => l10n.t('and {0} more', count),
});
