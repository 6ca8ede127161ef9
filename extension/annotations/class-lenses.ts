import { CodeLens, EventEmitter, Range, l10n, languages, type CodeLensProvider, type TextDocument } from 'vscode';
import { regionWords } from '../../core/report/region-words.ts';
import { evidenceWord, intervalText, normWord, ofNetwork, unquantisedMark } from '../../core/report/words.ts';
import { fails } from '../../core/budgets/judge.ts';
import { Owner } from '../disposable.ts';
import { baseName, command } from '../names.ts';
import { classLensEnabled } from '../settings.ts';
import { lineOfOwner } from '../../core/source/root-class.ts';
import { ageText, type AgeWords } from './age-text.ts';
import type { AnnotatedModel, Annotations } from './annotations.ts';
import { sourceDocuments } from './source-documents.ts';

const modelsShown = 3;
const ageMs = 60_000;

/** Above a class that a model was made of: the network's interval, the model, its age; and how it stands to its budget. */
export class ClassLenses extends Owner implements CodeLensProvider {
  readonly #annotations: Annotations;
  readonly #changed = this.track(new EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.#changed.event;
  #ageing: NodeJS.Timeout | undefined;

  constructor(annotations: Annotations) {
    super();
    this.#annotations = annotations;
    this.track(annotations.changes.listen(() => this.#changed.fire()));
    this.track(languages.registerCodeLensProvider(sourceDocuments, this));
    this.track({ dispose: () => clearTimeout(this.#ageing) });
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    if (!classLensEnabled()) return [];
    const models = await this.#annotations.of(document);
    if (models.length === 0) return [];
    const lines = document.getText().split('\n');
    const shown = new Map<number, number>();
    const lenses = models.flatMap((model) =>
      model.networks.flatMap((name) => {
        const line = lineOfOwner(lines, name);
        const count = line === undefined ? modelsShown : (shown.get(line) ?? 0);
        if (line === undefined || count >= modelsShown) return [];
        shown.set(line, count + 1);
        return lensesOf(model, new Range(line, 0, line, 0));
      }),
    );
    if (lenses.length > 0) this.#age();
    return lenses;
  }

  /** An age in minutes is wrong after one. */
  #age(): void {
    clearTimeout(this.#ageing);
    this.#ageing = setTimeout(() => this.#changed.fire(), ageMs);
  }
}

function lensesOf(model: AnnotatedModel, range: Range): CodeLens[] {
  const { file, judgements } = model;
  const broken = judgements.filter(fails).length;
  return [
    new CodeLens(range, {
      title: lensTitle(model),
      tooltip: l10n.t('Show {0} in Lipschitz Inspector', baseName(file)),
      command: command.showModel,
      arguments: [file],
    }),
    ...(judgements.length === 0
      ? []
      : [
          new CodeLens(range, {
            title:
              broken === 0
                ? l10n.t('$(pass) within its budget')
                : l10n.t('$(warning) {0} of {1} limits not kept', broken, judgements.length),
            tooltip: l10n.t('How the layers make up the constant, and what would bring it within its limits'),
            command: command.showCoupling,
            arguments: [file],
          }),
        ]),
  ];
}

function lensTitle({ file, inspection, age, edited }: AnnotatedModel): string {
  const { norm, region, lipschitz } = inspection;
  const interval = lipschitz[norm];
  const shown = interval === undefined ? undefined : ofNetwork(interval);
  const number =
    shown === undefined
      ? l10n.t('{0} layers', inspection.layers.length)
      : `${intervalText(shown)} ${normWord[norm]}${region === 'all' ? '' : ` ${regionWords(region)}`}${unquantisedMark(inspection)}, ${evidenceWord(shown)}`;
  const stale = !age.isCurrent
    ? l10n.t('of an earlier file')
    : edited.size > 0
      ? l10n.t('code edited since')
      : undefined;
  return [
    `$(graph-line) ${number}`,
    baseName(file),
    ...(age.at === undefined ? [] : [ageText(age.at, Date.now(), ageWords())]),
    ...(stale === undefined ? [] : [`$(history) ${stale}`]),
  ].join(' · ');
}

const ageWords = (): AgeWords => ({
  now: l10n.t('just now'),
  minutes: (count) => l10n.t('{0} min ago', count),
  hours: (count) => l10n.t('{0} h ago', count),
  days: (count) => l10n.t('{0} days ago', count),
});
