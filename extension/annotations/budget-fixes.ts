import {
  CodeAction,
  CodeActionKind,
  Position,
  WorkspaceEdit,
  l10n,
  languages,
  type CodeActionContext,
  type CodeActionProvider,
  type Range,
  type TextDocument,
} from 'vscode';
import { coupling } from '../../core/report/coupling.ts';
import { normWord } from '../../core/report/words.ts';
import type { PlacedJudgement } from '../budgets/judged-models.ts';
import { Owner } from '../disposable.ts';
import { baseName, command } from '../names.ts';
import { factorOf, rescaleFunction, type Rescaled } from '../../core/source/rescale.ts';
import { frameworkOf, wrapInSpectralNorm } from '../../core/source/spectral-norm.ts';
import { lineOfOwner } from '../../core/source/root-class.ts';
import type { AnnotatedModel, Annotations } from './annotations.ts';
import { problemSource, rangeOf } from './budget-problems.ts';
import { lineVerdicts, type LineVerdict } from './line-verdicts.ts';

/** What can be done about a layer or a network that is not within its budget, on the line of the problem. */
export class BudgetFixes extends Owner implements CodeActionProvider {
  readonly #annotations: Annotations;

  constructor(annotations: Annotations) {
    super();
    this.#annotations = annotations;
    this.track(
      languages.registerCodeActionsProvider({ language: 'python' }, this, {
        providedCodeActionKinds: [CodeActionKind.QuickFix],
      }),
    );
  }

  async provideCodeActions(document: TextDocument, range: Range, context: CodeActionContext): Promise<CodeAction[]> {
    if (!context.diagnostics.some(({ source }) => source === problemSource)) return [];
    const models = await this.#annotations.of(document);
    return models.flatMap((model) => {
      const here = lineVerdicts(model.links, model.judgements).filter(
        ({ definition }) => rangeOf(definition.range).intersection(range) !== undefined,
      );
      const actions = here.flatMap((verdict) => layerFixes(document, verdict, context));
      const isNetwork = model.networks.some(
        (name) => lineOfOwner(document.getText().split('\n'), name) === range.start.line,
      );
      const fixes = isNetwork ? [...actions, ...networkFixes(document, model, context)] : actions;
      return fixes.length === 0 && here.length === 0 && !isNetwork ? [] : [...fixes, ...views(model, here)];
    });
  }
}

function layerFixes(document: TextDocument, verdict: LineVerdict, context: CodeActionContext): CodeAction[] {
  const text = document.getText();
  const { definition, breaches } = verdict;
  const fixes: CodeAction[] = [];
  const changes = wrapInSpectralNorm(text, definition);
  if (changes !== undefined) {
    const wrap = fix(l10n.t('Wrap in {0} and train again', wrapperName(text, verdict)), context, 'layer-norm');
    wrap.edit = new WorkspaceEdit();
    for (const change of changes) wrap.edit.replace(document.uri, rangeOf(change.range), change.text);
    // Its norm becomes 1: that is a fix only of a limit of at least 1.
    wrap.isPreferred = breaches.every(({ limit }) => limit >= 1);
    fixes.push(wrap);
  }
  const rescale = rescaling(document, verdict.breaches, context, 'layer-norm');
  return rescale === undefined ? fixes : [...fixes, rescale];
}

const wrapperName = (text: string, { definition }: LineVerdict): string =>
  frameworkOf(definition, text) === 'keras' ? 'SpectralNormalization' : 'spectral_norm';

/** The one layer whose rescaling brings the network within its limit, where the layers form a chain. */
function networkFixes(document: TextDocument, model: AnnotatedModel, context: CodeActionContext): CodeAction[] {
  const { inspection, judgements, links } = model;
  const limits = judgements.filter(({ verdict, subject }) => verdict !== 'kept' && subject.kind === 'network');
  const [strictest] = limits.toSorted((a, b) => a.limit - b.limit);
  if (strictest === undefined || strictest.budget.question.norm !== inspection.norm) return [];
  const { single } = coupling(inspection, { noise: 1, scale: 1, target: strictest.limit }).target ?? {};
  const link = links.find(({ layer }) => layer.id === single?.id);
  if (single === undefined || link === undefined) return [];
  const layer: PlacedJudgement = {
    ...strictest,
    subject: { kind: 'layer', layer: link.layer },
    limit: single.norm,
    known: { lower: 0, upper: single.norm / single.factor, rigor: 'certified' },
  };
  const rescale = rescaling(document, [layer], context, 'network-constant');
  return rescale === undefined ? [] : [rescale];
}

/** Appends a function: what has to change are trained weights, which no line of the class holds. */
function rescaling(
  document: TextDocument,
  breaches: readonly PlacedJudgement[],
  context: CodeActionContext,
  code: string,
): CodeAction | undefined {
  const text = document.getText();
  const layers = breaches.flatMap(({ subject, known, limit, budget }): Rescaled[] => {
    if (subject.kind !== 'layer' || known?.upper == null || known.upper <= limit || limit === 0) return [];
    const { layer } = subject;
    // A parametrised weight is computed anew at every call, and behind a folded normalisation a bias would no longer fit.
    if (layer.applied !== undefined || layer.folded !== undefined || layer.hints?.stateName === undefined) return [];
    return [{ name: layer.hints.stateName, upper: known.upper, limit, norm: normWord[budget.question.norm] }];
  });
  const [first] = layers;
  if (first === undefined) return undefined;
  const framework = /^(?:import|from)\s+(?:tensorflow|keras)\b/m.test(text) ? 'keras' : 'pytorch';
  const title =
    layers.length === 1
      ? l10n.t('Rescale {0} by {1}: add a function that multiplies its trained weight', first.name, factorOf(first))
      : l10n.t('Rescale {0} layers: add a function that multiplies their trained weights', layers.length);
  const rescale = fix(title, context, code);
  rescale.edit = new WorkspaceEdit();
  rescale.edit.insert(document.uri, new Position(document.lineCount, 0), rescaleFunction(layers, framework, text));
  return rescale;
}

function views({ file }: AnnotatedModel, here: readonly LineVerdict[]): CodeAction[] {
  const view = (title: string, name: string, argument: unknown): CodeAction => {
    const action = new CodeAction(title, CodeActionKind.QuickFix);
    action.command = { title, command: name, arguments: [argument] };
    return action;
  };
  const subject = here[0]?.breaches[0]?.subject;
  return [
    view(l10n.t('Open the coupling view of {0}', baseName(file)), command.showCoupling, file),
    ...(subject?.kind === 'layer'
      ? [
          view(l10n.t('Show {0} in Lipschitz Inspector', subject.layer.name), command.revealLayer, {
            file,
            layer: subject.layer.id,
          }),
        ]
      : []),
  ];
}

function fix(title: string, { diagnostics }: CodeActionContext, code: string): CodeAction {
  const action = new CodeAction(title, CodeActionKind.QuickFix);
  action.diagnostics = diagnostics.filter((one) => one.source === problemSource && one.code === code);
  return action;
}
