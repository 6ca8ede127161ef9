import { counted, digits } from '../digits.ts';
import type { TableCell } from '../layer-table.ts';
import { comparedPair } from '../comparison/ratio.ts';
import { changeWord, ratioText, shown } from '../comparison/words.ts';
import { regionWords } from '../region-words.ts';
import { intervalNumbers, intervalText, normWord } from '../words.ts';
import type { Checkpoint, LayerSeries, TrainingHistory } from './history.ts';

type Read = Extract<Checkpoint, { state: 'read' }>;

export const orderWords = {
  step: 'steps, from the names of the files',
  epoch: 'epochs, from the names of the files',
  number: 'the number in the names of the files',
  time: 'the time when the files were written',
} as const;

/** What the series says, first to last, in sentences that can be quoted. */
export function historySentences(history: TrainingHistory): readonly string[] {
  const { checkpoints } = history;
  const read = checkpoints.filter((checkpoint): checkpoint is Read => checkpoint.state === 'read');
  const failed = checkpoints.filter(({ state }) => state === 'failed').length;
  const waiting = checkpoints.filter(({ state }) => state === 'waiting').length;
  const found =
    checkpoints.length === 0
      ? 'No checkpoints were found.'
      : `${counted(checkpoints.length, 'checkpoint')}, by ${orderWords[history.order]}${failed === 0 ? '' : `; ${failed} could not be read`}${waiting === 0 ? '' : `; ${waiting} not read yet`}.`;
  return [found, ...networkSentence(history, read), ...layerSentence(history)];
}

function networkSentence({ norm, region }: TrainingHistory, read: readonly Read[]): readonly string[] {
  const whole = read.flatMap(({ network, ...name }) => (network === null ? [] : [{ ...name, network }]));
  const [first, last] = [whole.at(0), whole.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const pair = comparedPair(first.network, last.network);
  const ends = `${intervalText(shown(first.network))} at ${place(first)}, ${intervalText(shown(last.network))} at ${place(last)}`;
  const where = `${normWord[norm]} constant${region === 'all' ? '' : ` ${regionWords(region)}`}`;
  return [
    pair.change === 'undecided'
      ? `Whether the network's ${where} grew from the first to the last is not decided, since the intervals meet (${ends}).`
      : `From the first to the last the network is ${changeWord(pair)} in its ${where}: ${ratioText(pair.ratio)} (${ends}).`,
  ];
}

export const place = ({ step, file }: Pick<Checkpoint, 'step' | 'file'>): string =>
  step === null ? file : String(step);

function layerSentence({ layers, norm }: TrainingHistory): readonly string[] {
  const grown = layers.flatMap((layer) => {
    const known = layer.constants.filter((constant) => constant !== null);
    const [first, last] = [known.at(0), known.at(-1)];
    if (first === undefined || last === undefined || first === last) return [];
    const pair = comparedPair(first, last);
    return pair.change === 'rougher' ? [{ layer, pair }] : [];
  });
  const most = grown.toSorted((a, b) => b.pair.ratio.lower - a.pair.ratio.lower)[0];
  return most === undefined
    ? []
    : [`The ${normWord[norm]} norm that grew most is that of the layer ${most.layer.name}: ${ratioText(most.pair.ratio)}, ${most.pair.rigor === 'certified' ? 'proved' : (most.pair.rigor ?? 'estimate')}.`]; // prettier-ignore
}

/** Layers worth a line: those with weights, and those whose constant is not always the same. */
export const tellingLayers = ({ layers }: TrainingHistory): readonly LayerSeries[] =>
  layers.filter(({ parameters, constants }) => {
    const known = constants.filter((constant) => constant !== null);
    return parameters > 0 || known.some(({ upper, lower }) => upper !== known[0]!.upper || lower !== known[0]!.lower);
  });

/** A row for each checkpoint: the table twin of the picture. */
export function historyRows(history: TrainingHistory): readonly (readonly TableCell[])[] {
  const layers = tellingLayers(history);
  return history.checkpoints.map((checkpoint, at) => [
    [history.order === 'time' ? 'written' : history.order, checkpoint.step === null ? checkpoint.modified.replace('T', ' ').slice(0, 19) : String(checkpoint.step)],
    ['file', checkpoint.file],
    ['network', networkCell(checkpoint)],
    ...layers.map(({ name, constants }): TableCell => {
      const own = constants[at];
      return [name, own == null ? '' : intervalNumbers(shown(own))];
    }),
  ]); // prettier-ignore
}

function networkCell(checkpoint: Checkpoint): string {
  switch (checkpoint.state) {
    case 'read':
      return checkpoint.network === null ? '' : intervalText(shown(checkpoint.network));
    case 'waiting':
      return 'not read yet';
    case 'failed':
      return checkpoint.message;
  }
}

/** For screen readers: the picture's name. */
export const historyTitle = (history: TrainingHistory): string => {
  const layers = tellingLayers(history);
  const last = layers.flatMap(({ name, constants }) => {
    const own = constants.findLast((constant) => constant !== null);
    return own?.upper == null ? [] : [`${name} ${digits(own.upper, 'up')}`];
  });
  return `${normWord[history.norm]} norms of ${counted(layers.length, 'layer')} over ${counted(history.checkpoints.length, 'checkpoint')}; at the last: ${last.join(', ')}`;
};
