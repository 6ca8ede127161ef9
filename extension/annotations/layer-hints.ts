import {
  EventEmitter,
  InlayHint,
  Position,
  l10n,
  languages,
  type InlayHintsProvider,
  type Range,
  type TextDocument,
} from 'vscode';
import { intervalNumbers, intervalMark, intervalWords, normWord, ofLayer } from '../../core/report/words.ts';
import { Owner } from '../disposable.ts';
import { baseName } from '../names.ts';
import { inlayHintsEnabled } from '../settings.ts';
import { normOfLayers } from '../layers-together.ts';
import type { Annotations } from './annotations.ts';
import { sourceDocuments } from './source-documents.ts';

/** Behind a call that makes a layer, its norm. Off unless asked for: hints move the text. */
export class LayerHints extends Owner implements InlayHintsProvider {
  readonly #annotations: Annotations;
  readonly #changed = this.track(new EventEmitter<void>());
  readonly onDidChangeInlayHints = this.#changed.event;

  constructor(annotations: Annotations) {
    super();
    this.#annotations = annotations;
    this.track(annotations.changes.listen(() => this.#changed.fire()));
    this.track(languages.registerInlayHintsProvider(sourceDocuments, this));
  }

  async provideInlayHints(document: TextDocument, range: Range): Promise<InlayHint[]> {
    if (!inlayHintsEnabled()) return [];
    const [model] = await this.#annotations.of(document);
    if (model === undefined) return [];
    const { inspection, links, edited, age, file } = model;
    return [...new Set(links.map(({ definition }) => definition))].flatMap((definition) => {
      const { endLine, endColumn } = definition.range;
      if (endLine < range.start.line || endLine > range.end.line) return [];
      const layers = links.flatMap((link) => (link.definition === definition ? [link.layer] : []));
      const known = normOfLayers(layers, inspection.norm);
      if (known === undefined) return [];
      const shown = ofLayer(known);
      const isStale = edited.has(definition) || !age.isCurrent;
      const label = `${isStale ? '~ ' : ''}${intervalNumbers(shown)} ${intervalMark(shown)}`;
      const hint = new InlayHint(new Position(endLine, endColumn), label);
      hint.paddingLeft = true;
      const stale = isStale ? ` ${l10n.t('The code or the model was changed after the inspection.')}` : '';
      hint.tooltip = `${normWord[inspection.norm]}, ${baseName(file)}: ${intervalWords(shown)}.${stale}`;
      return [hint];
    });
  }
}
