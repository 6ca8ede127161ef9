import {
  Diagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  Location,
  Range,
  Uri,
  l10n,
  languages,
  workspace,
  type TextDocument,
} from 'vscode';
import { fails } from '../../core/budgets/judge.ts';
import { rangeIn } from '../budgets/budget-places.ts';
import type { JudgedModels, PlacedJudgement } from '../budgets/judged-models.ts';
import type { CodeLinks, LineOfCode } from '../code-links.ts';
import { Owner } from '../disposable.ts';
import type { InspectionStore } from '../inspection-store.ts';
import { annotationsEnabled } from '../settings.ts';
import { lineOfOwner } from '../../core/source/root-class.ts';
import type { SourceRange } from '../../core/source/definition.ts';
import { isSource, type Annotations } from './annotations.ts';
import { lineSentence, lineVerdicts, type LineVerdict } from './line-verdicts.ts';

export const problemSource = 'Lipschitz';

/** What is not within its budget, as problems on the lines that define the layers; a network's on its class. */
export class BudgetProblems extends Owner {
  readonly #store: InspectionStore;
  readonly #judged: JudgedModels;
  readonly #code: CodeLinks;
  readonly #annotations: Annotations;
  readonly #problems = this.track(languages.createDiagnosticCollection('lipschitz'));
  /** The files that are not open, by the inspection whose lines were looked for. */
  #round = 0;
  readonly #found = new WeakMap<object, Promise<ReadonlyMap<string, LineOfCode>>>();

  constructor(store: InspectionStore, judged: JudgedModels, code: CodeLinks, annotations: Annotations) {
    super();
    this.#store = store;
    this.#judged = judged;
    this.#code = code;
    this.#annotations = annotations;
    this.track(annotations.changes.listen(() => void this.#all()));
    this.track(annotations.edits.listen((document) => void this.#open(document)));
  }

  async #all(): Promise<void> {
    const round = ++this.#round;
    const open = workspace.textDocuments.filter(isSource);
    await Promise.all(open.map((document) => this.#open(document)));
    const closed = annotationsEnabled()
      ? await this.#closed(new Set(open.map(({ uri }) => uri.toString())))
      : new Map<string, readonly Diagnostic[]>();
    if (round !== this.#round) return;
    const kept = new Set([...closed.keys(), ...open.map(({ uri }) => uri.toString())]);
    const gone: Uri[] = [];
    this.#problems.forEach((uri) => {
      if (!kept.has(uri.toString())) gone.push(uri);
    });
    for (const uri of gone) this.#problems.delete(uri);
    for (const [uri, problems] of closed) this.#problems.set(Uri.parse(uri), problems);
  }

  async #open(document: TextDocument): Promise<void> {
    const { version } = document;
    const models = await this.#annotations.of(document);
    if (document.version !== version || document.isClosed) return;
    const lines = document.getText().split('\n');
    const problems = models.flatMap(({ links, judgements, networks }) => [
      ...lineVerdicts(links, judgements).map((verdict) => layerProblem(verdict)),
      ...networks.slice(0, 1).flatMap((name) => {
        const line = lineOfOwner(lines, name);
        const column = lines[line ?? -1]?.indexOf(name) ?? -1;
        if (line === undefined || column < 0) return [];
        const range = new Range(line, column, line, column + name.length);
        return networkBreaches(judgements).map((judgement) => networkProblem(judgement, range));
      }),
    ]);
    this.#problems.set(document.uri, problems);
  }

  /** Lines of files that are not open: they were looked for once, and are looked at again when somebody opens them. */
  async #closed(open: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
    const found = new Map<string, Diagnostic[]>();
    for (const { file, inspection } of await this.#store.known()) {
      const { judgements } = await this.#judged.of(file);
      if (!judgements.some((one) => fails(one) && one.subject.kind === 'layer')) continue;
      const search = this.#found.get(inspection) ?? this.#code.linesOf(file, inspection);
      this.#found.set(inspection, search);
      const places = [...(await search).values()].filter(({ uri }) => !open.has(uri.toString()));
      for (const uri of new Set(places.map((place) => place.uri.toString()))) {
        const links = places.filter((place) => place.uri.toString() === uri).map(({ link }) => link);
        const problems = lineVerdicts(links, judgements).map((verdict) => layerProblem(verdict));
        found.set(uri, [...(found.get(uri) ?? []), ...problems]);
      }
    }
    return found;
  }
}

const networkBreaches = (judgements: readonly PlacedJudgement[]): readonly PlacedJudgement[] =>
  judgements.filter((one) => fails(one) && one.verdict !== 'void' && one.subject.kind !== 'layer');

function layerProblem(verdict: LineVerdict): Diagnostic {
  const sentence = lineSentence(verdict, (more, layers) =>
    l10n.t('So are {0} more of the {1} layers of this line.', more, layers),
  );
  return problemOf(rangeOf(verdict.definition.range), sentence, verdict.breaches[0]!, verdict.verdict);
}

function networkProblem(judgement: PlacedJudgement, range: Range): Diagnostic {
  const { sentence, budget, verdict } = judgement;
  return problemOf(range, budget.why === undefined ? sentence : `${sentence} ${budget.why}`, judgement, verdict);
}

/** Proved breaches are errors; what only is not proved is a warning. */
function problemOf(range: Range, sentence: string, judgement: PlacedJudgement, verdict: string): Diagnostic {
  const { budget, document } = judgement;
  const severity = verdict === 'unproved' ? DiagnosticSeverity.Warning : DiagnosticSeverity.Error;
  const problem = new Diagnostic(range, sentence, severity);
  problem.source = problemSource;
  problem.code = judgement.subject.kind === 'layer' ? 'layer-norm' : 'network-constant';
  problem.relatedInformation = [
    new DiagnosticRelatedInformation(
      new Location(document.uri, rangeIn(document.text, budget.place)),
      l10n.t('The limit'),
    ),
  ];
  return problem;
}

export const rangeOf = ({ startLine, startColumn, endLine, endColumn }: SourceRange): Range =>
  new Range(startLine, startColumn, endLine, endColumn);
