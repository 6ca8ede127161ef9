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
import type { Annotations } from './annotations/annotations.ts';
import { Owner } from './disposable.ts';
import { lineVerdicts } from './annotations/line-verdicts.ts';
import { hoverMarkdown, type HoverSection, type HoverWords } from './hover-text.ts';
import type { LayerSpectra } from './layer-spectra.ts';
import { command } from './names.ts';
import { annotationsEnabled } from './settings.ts';
import { languages } from '../core/source/languages.ts';
import { linksAt } from '../core/source/linked-code.ts';
import { tierWords } from './tier-words.ts';

/** A line that makes a layer, recognised without a parser: all that is needed to offer an inspection. */
const makesLayer =
  /\b(?:nn|layers|keras\.layers)\.(?:Linear|LazyLinear|Dense|Conv|BatchNorm|LayerNorm|MultiheadAttention)\w*\(/;

const sectionsShown = 3;
const docs = 'https://github.com/lipschitz-inspector/lipschitz-inspector/blob/main/docs';

/** The layer's interval on the line that defines it. Never starts an inspection: it speaks of what is known, or offers one. */
export class LayerHover extends Owner implements HoverProvider {
  readonly #annotations: Annotations;
  readonly #spectra: LayerSpectra;

  constructor(annotations: Annotations, spectra: LayerSpectra) {
    super();
    this.#annotations = annotations;
    this.#spectra = spectra;
    this.track(
      editorLanguages.registerHoverProvider(
        languages.flatMap(({ editorIds }) => editorIds.map((language) => ({ language }))),
        this,
      ),
    );
  }

  async provideHover(document: TextDocument, position: Position, token: CancellationToken): Promise<Hover | undefined> {
    if (!annotationsEnabled()) return undefined;
    const models = await this.#annotations.of(document);
    if (token.isCancellationRequested) return undefined;
    const place = { line: position.line, column: position.character };
    const sections = models.flatMap((model): HoverSection[] => {
      const { file, inspection, links, age, edited, judgements } = model;
      const here = linksAt(links, place);
      const [first] = here;
      if (first === undefined) return [];
      const spectrum = here.length === 1 ? this.#spectra.known(inspection.model.sha256, first.layer.id) : undefined;
      const verdicts = lineVerdicts(here, judgements);
      const stale = !age.isCurrent ? 'file' : edited.has(first.definition) ? 'line' : undefined;
      return [
        {
          ...{ file, norm: inspection.norm, links: here },
          ...(stale === undefined ? {} : { stale }),
          ...(spectrum === undefined ? {} : { spectrum }),
          breaches: verdicts.flatMap(({ breaches }) => breaches.map(({ sentence }) => sentence)),
          openLink: commandLink(command.revealLayer, { file, layer: first.layer.id }),
          mapLink: commandLink(command.map, file),
          docsLink: `${docs}/operator-norms.md`,
        },
      ];
    });
    if (sections.length > 0) return new Hover(trusted(hoverMarkdown(sections.slice(0, sectionsShown), hoverWords())));
    if (!makesLayer.test(document.lineAt(position.line).text)) return undefined;
    const offer = l10n.t('No inspected model has this layer.');
    return new Hover(trusted(`${offer} [${l10n.t('Inspect Lipschitz')}](${commandLink(command.inspect)})`));
  }
}

function trusted(text: string): MarkdownString {
  const markdown = new MarkdownString(text, true);
  // Only these commands: a model's names are in the text.
  markdown.isTrusted = { enabledCommands: [command.inspect, command.revealLayer, command.map] };
  return markdown;
}

const commandLink = (name: string, argument?: unknown): string =>
  argument === undefined
    ? `command:${name}`
    : `command:${name}?${encodeURIComponent(JSON.stringify([argument])).replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'))}`;

const hoverWords = (): HoverWords => ({
  tier: tierWords(),
  stale: {
    line: l10n.t('This line was edited after the inspection: the numbers are of the layer as it was.'),
    file: l10n.t('The model file was changed after the inspection: inspect it again.'),
  },
  open: l10n.t('Show in Lipschitz Inspector'),
  map: l10n.t('Map'),
  docs: l10n.t('What this means'),
  many: (count) => l10n.t('{0} layers', count),
  share: (percent) => l10n.t('{0} of the product of norms, in logarithms', percent),
  kernel: (norm) => l10n.t('{0} as a reshaped kernel', norm),
  more: (count) => l10n.t('and {0} more', count),
  why: (reason) => l10n.t('Why: {0}.', reason),
  spectrum: (count, largest) => l10n.t('{0} singular values, from 0 to {1}', count, largest),
});
