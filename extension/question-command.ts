import { QuickPickItemKind, commands, l10n, window, type QuickPickItem } from 'vscode';
import { norms } from '../core/bound.ts';
import { readRegion } from '../core/inspection/region-syntax.ts';
import type { Inspection, LayerEntry, ValueSummary } from '../core/report/inspection.ts';
import { Owner } from './disposable.ts';
import { chooseModel, fileOf } from './inspect-command.ts';
import type { InspectionStore } from './inspection-store.ts';
import { baseName, command } from './names.ts';
import type { Panels } from './panels.ts';
import type { Question, Questions } from './questions.ts';
import { requestFor } from './settings.ts';

/** An entry of a list, with what choosing it does to the question. */
interface Choice extends QuickPickItem {
  readonly change?: (question: Question) => Promise<Question> | Question;
}

/**
 * "Lipschitz: Change Question": another norm, a region, from which tensor, to which tensor, logit or pair of logits, with or without
 * the rounding of quantised tensors. The same words as on
 * the command line; what is chosen is remembered for the model and asked at once.
 */
export class QuestionCommand extends Owner {
  readonly #store: InspectionStore;
  readonly #panels: Panels;
  readonly #questions: Questions;

  constructor(store: InspectionStore, panels: Panels, questions: Questions) {
    super();
    this.#store = store;
    this.#panels = panels;
    this.#questions = questions;
    this.track(commands.registerCommand(command.changeQuestion, (given?: unknown) => this.#change(fileOf(given))));
  }

  async #change(given: string | undefined): Promise<void> {
    const file = given ?? this.#panels.current ?? (await chooseModel());
    if (file === undefined) return;
    const inspection = this.#store.find(file)?.inspection;
    let question = this.#questions.of(file);
    for (;;) {
      const chosen = await window.showQuickPick(aspects(file, question, inspection), {
        title: l10n.t('Question about {0}', baseName(file)),
        placeHolder: l10n.t('What to change'),
      });
      if (chosen === undefined) return;
      if (chosen.change === undefined) break;
      question = await chosen.change(question);
    }
    await this.#questions.change(file, question);
    if (this.#panels.current !== file) await this.#panels.openEditor(file);
    await this.#store.inspect(file);
  }
}

function aspects(file: string, question: Question, inspection: Inspection | undefined): Choice[] {
  const { norm, region, input, output, quantisation } = requestFor(file, question);
  const aspect = (label: string, description: string, change: NonNullable<Choice['change']>): Choice => ({
    label,
    description,
    change,
  });
  return [
    { label: l10n.t('$(play) Inspect') },
    { label: '', kind: QuickPickItemKind.Separator },
    aspect(l10n.t('Norm'), norm, chooseNorm),
    aspect(l10n.t('Region'), regionLabel(region), chooseRegion),
    aspect(l10n.t('From'), input ?? inspection?.model.input ?? l10n.t('the first input'), (before) =>
      chooseInput(before, inspection),
    ),
    aspect(l10n.t('To'), output ?? inspection?.model.output ?? l10n.t('the first output'), (before) =>
      chooseOutput(before, inspection),
    ),
    aspect(
      l10n.t('Quantisation'),
      quantisation === undefined ? l10n.t('as in the file') : l10n.t('left out, as if unquantised'),
      ({ quantisation: before, ...rest }) => (before === undefined ? { ...rest, quantisation: 'left out' } : rest),
    ),
    { label: '', kind: QuickPickItemKind.Separator },
    // How the layers follow one another is not asked but said.
    aspect(l10n.t('$(discard) The whole network, everywhere'), '', ({ chain }) =>
      chain === undefined ? {} : { chain },
    ),
  ];
}

async function chooseNorm(question: Question): Promise<Question> {
  const items = norms.map((norm) => ({ label: norm, norm }));
  const chosen = await window.showQuickPick(items, { placeHolder: l10n.t('Distances are measured in this norm') });
  return chosen === undefined ? question : { ...question, norm: chosen.norm };
}

/** Those that are asked about most. */
const offeredRegions = (): readonly (QuickPickItem & { readonly region: string })[] => [
  { label: l10n.t('Everywhere'), region: 'all' },
  { label: l10n.t('Every input between 0 and 1'), description: 'box:0,1', region: 'box:0,1' },
  { label: l10n.t('Every input between -1 and 1'), description: 'box:-1,1', region: 'box:-1,1' },
];

const regionLabel = (region: string): string =>
  offeredRegions().find((offered) => offered.region === region)?.label ?? region;

async function chooseRegion(question: Question): Promise<Question> {
  const items = [...offeredRegions(), { label: l10n.t('Another region…'), region: undefined }];
  const chosen = await window.showQuickPick(items, { placeHolder: l10n.t('Where the constant has to hold') });
  if (chosen === undefined) return question;
  const region = chosen.region ?? (await writeRegion(question));
  return region === undefined ? question : { ...question, region };
}

const writeRegion = (question: Question): Thenable<string | undefined> =>
  window.showInputBox({
    prompt: l10n.t(
      'box:LO,HI | box:POINT:RADIUS | ball:l1|l2|linf:POINT:RADIUS, where POINT is zeros, a .npy file or numbers separated by commas',
    ),
    value: question.region ?? 'ball:l2:zeros:1',
    validateInput: (text) => misreading(text),
  });

/** What is wrong with a region, as far as it can be told without knowing the input's size. */
function misreading(text: string): string | undefined {
  if (text.includes('.npy') || /:[^:]*,[^:]*:/.test(text)) return undefined;
  try {
    readRegion(text, 1);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface TensorItem extends QuickPickItem {
  readonly tensor: string;
}

async function chooseInput(question: Question, inspection: Inspection | undefined): Promise<Question> {
  const items = [...values(inspection?.model.inputs), ...layerOutputs(inspection)];
  const tensor = await chooseTensor(items, l10n.t('What moves: an input, or what a layer gives'));
  return tensor === undefined ? question : { ...question, input: tensor };
}

async function chooseOutput(question: Question, inspection: Inspection | undefined): Promise<Question> {
  const items = [...values(inspection?.model.outputs), ...layerOutputs(inspection)];
  const tensor = await chooseTensor(items, l10n.t('What is looked at: an output, or what a layer gives'));
  if (tensor === undefined) return question;
  const part = await window.showInputBox({
    prompt: l10n.t(
      'Which component of {0}? "3" is one logit, "3-5" decides between two; leave it empty for all.',
      tensor,
    ),
    validateInput: (text) => (/^(\d+(-\d+)?)?$/.test(text.trim()) ? undefined : l10n.t('Write 3, 3-5 or nothing.')),
  });
  if (part === undefined) return question;
  const components = part
    .trim()
    .split('-')
    .filter((place) => place !== '')
    .map((place) => `[${place}]`)
    .join('-');
  return { ...question, output: `${tensor}${components}` };
}

/** Without an inspection nothing is known of the network, and the name has to be written. */
async function chooseTensor(items: readonly TensorItem[], placeHolder: string): Promise<string | undefined> {
  if (items.length === 0) return window.showInputBox({ prompt: placeHolder });
  return (await window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.tensor;
}

const values = (given: readonly ValueSummary[] = []): TensorItem[] =>
  given.map(({ name, shape }) => ({ label: name, description: shape?.join('×') ?? '', tensor: name }));

const layerOutputs = (inspection: Inspection | undefined): TensorItem[] =>
  (inspection?.layers ?? []).flatMap(({ name, outputShape, tensor }: LayerEntry) =>
    tensor === undefined ? [] : [{ label: name, description: outputShape.join('×'), tensor }],
  );
