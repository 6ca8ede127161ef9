import type { CheckpointOrder } from '../../report/training/history.ts';

export interface CheckpointFile {
  /** Absolute. */
  readonly path: string;
  /** Below the folder, with forward slashes. */
  readonly name: string;
  readonly modifiedMs: number;
}

export interface OrderedCheckpoint extends CheckpointFile {
  readonly step: number | null;
}

export interface OrderedCheckpoints {
  readonly order: CheckpointOrder;
  readonly checkpoints: readonly OrderedCheckpoint[];
}

/** Numbers that say how good a checkpoint is, or which run it is from, and not when it was written. */
const notTime =
  /^(?:v?al(?:id)?|loss|acc(?:uracy)?|score|error|err|lr|seed|top|f|fold|rank|auc|miou|map|psnr|fid|bleu|ppl)$/i;
const words: readonly (readonly [CheckpointOrder, RegExp])[] = [
  ['step', /(?:^|_)(?:global_?)?(?:steps?|iter(?:ation)?s?|it|updates?|batch(?:es)?)$/i],
  ['epoch', /(?:^|_)(?:epochs?|ep|e)$/i],
];

/**
 * By the number in their names that counts steps, else epochs, else any number by which they differ; files without it come last. Without
 * any such number by the time they were written.
 */
export function orderCheckpoints(files: readonly CheckpointFile[]): OrderedCheckpoints {
  const numbers = files.map(({ name }) => numbersIn(name));
  const column = countingColumn(numbers);
  const checkpoints = files
    .map((file, i) => ({ ...file, step: column === undefined ? null : (numbers[i]!.get(column) ?? null) }))
    .toSorted(
      (a, b) =>
        (a.step ?? Infinity) - (b.step ?? Infinity) ||
        (column === undefined || a.step === null ? a.modifiedMs - b.modifiedMs : 0) ||
        a.name.localeCompare(b.name, 'en', { numeric: true }),
    );
  const order = column === undefined ? 'time' : (words.find(([, word]) => word.test(wordOf(column)))?.[0] ?? 'number');
  return { order, checkpoints };
}

/** A number goes by the word before it, and by how often that word has had one already: "epoch=3-step=1200" is epoch#0 and step#0. */
function numbersIn(name: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const uses = new Map<string, number>();
  // Endings such as .h5 and .pt2 are no numbers of the training.
  for (const [, letters, number] of name
    .replace(/\.[a-z]\w*$/i, '')
    .matchAll(/([A-Za-z_]*)[^A-Za-z0-9]*?(\d+(?:\.\d+)?)/g)) {
    const word = letters!.replace(/^_+|_+$/g, '').toLowerCase();
    const use = uses.get(word) ?? 0;
    uses.set(word, use + 1);
    found.set(`${word}#${use}`, Number(number));
  }
  return found;
}

const wordOf = (column: string): string => column.replace(/#\d+$/, '');

/** Of the numbers that half of the files have and that differ, the one that counts steps, then epochs, then the last in the name. */
function countingColumn(numbers: readonly ReadonlyMap<string, number>[]): string | undefined {
  const columns = new Map<string, number[]>();
  for (const own of numbers)
    for (const [column, value] of own) columns.set(column, [...(columns.get(column) ?? []), value]);
  const telling = [...columns].filter(
    ([column, values]) =>
      2 * values.length >= numbers.length &&
      new Set(values).size > 1 &&
      !notTime.test(wordOf(column).split('_').at(-1)!),
  );
  for (const [, word] of words) {
    const counting = telling.find(([column]) => word.test(wordOf(column)));
    if (counting !== undefined) return counting[0];
  }
  return telling.at(-1)?.[0];
}
