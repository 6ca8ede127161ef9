/** A label on a line that leads up (or down) to it from an axis. */
export interface Flag {
  /** Where its line stands. */
  readonly x: number;
  /** How wide its words are. */
  readonly wide: number;
}

export interface PlacedFlag {
  /** 0 is next to the axis. */
  readonly row: number;
  readonly left: number;
  /** The end of the words that is sure to be where it should: how wide letters are is a guess. */
  readonly anchor: 'start' | 'middle' | 'end';
}

/** Between two labels of one row, and between a label and a line that passes it. */
const gap = 8;
const passing = 2;
/** Between a line and a label that stands beside it. */
const beside = 3;

/**
 * Labels that do not touch, and through which as few lines as possible pass: the line of a label in a higher row passes all rows below
 * it. Labels that begin at their lines, placed from the right, never stand in the way of those that follow, unless the edge moves
 * them; so do labels that end at their lines, placed from the left. Which way is better depends on where the lines stand: the best
 * of them is taken, of equal ones that with the fewest rows.
 */
export function placeFlags(flags: readonly Flag[], width: number): readonly PlacedFlag[] {
  const fromLeft = flags.map((_, k) => k).sort((a, b) => flags[a]!.x - flags[b]!.x);
  const layouts = [
    layout(flags, fromLeft, 'middle', width),
    layout(flags, fromLeft.toReversed(), 'middle', width),
    layout(flags, fromLeft.toReversed(), 'right of it', width),
    layout(flags, fromLeft, 'left of it', width),
  ];
  const cost = (placed: readonly PlacedFlag[]): number =>
    100 * crossings(flags, placed) + placed.reduce((rows, { row }) => Math.max(rows, row + 1), 0);
  return layouts.reduce((best, next) => (cost(next) < cost(best) ? next : best));
}

/** Where a label stands by its line. At the edges of the picture it goes to the side where there is room. */
type Side = 'middle' | 'right of it' | 'left of it';

function standing({ x, wide }: Flag, side: Side, width: number): Pick<PlacedFlag, 'left' | 'anchor'> {
  const [right, left] = [x + beside, x - beside - wide];
  const fits = (from: number): boolean => from >= 2 && from + wide <= width - 2;
  if (side === 'right of it' && fits(right)) return { left: right, anchor: 'start' };
  if (side !== 'middle' && fits(left)) return { left, anchor: 'end' };
  if (side !== 'middle' && fits(right)) return { left: right, anchor: 'start' };
  const middle = x - wide / 2;
  if (middle < 2) return { left: 2, anchor: 'start' };
  return fits(middle) ? { left: middle, anchor: 'middle' } : { left: Math.max(2, width - wide - 2), anchor: 'end' };
}

/** Each in the lowest row where it hits nothing and no line passes it, else in a row of its own. */
function layout(flags: readonly Flag[], order: readonly number[], side: Side, width: number): readonly PlacedFlag[] {
  const placed = new Map<number, PlacedFlag>();
  for (const k of order) {
    const flag = flags[k]!;
    const at = standing(flag, side, width);
    const rows = [...placed.values()].reduce((most, { row }) => Math.max(most, row + 1), 0);
    const free = Array.from({ length: rows }, (_, row) => row).find((row) =>
      [...placed].every(([other, its]) => fitsBeside({ ...flag, ...at, row }, { ...flags[other]!, ...its })),
    );
    placed.set(k, { row: free ?? rows, ...at });
  }
  return flags.map((_, k) => placed.get(k)!);
}

type Standing = Flag & PlacedFlag;

const fitsBeside = (one: Standing, other: Standing): boolean =>
  (one.row !== other.row || apart(one, other)) && !crosses(one, other) && !crosses(other, one);

const apart = (one: Standing, other: Standing): boolean =>
  one.left + one.wide + gap <= other.left || other.left + other.wide + gap <= one.left;

/** Whether the line of the one passes through the words of the other. */
const crosses = (line: Standing, words: Standing): boolean =>
  line.row > words.row && line.x > words.left - passing && line.x < words.left + words.wide + passing;

/** How many labels a line passes through, counted for each line. */
export function crossings(flags: readonly Flag[], placed: readonly PlacedFlag[]): number {
  const all = flags.map((flag, k) => ({ ...flag, ...placed[k]! }));
  return all.reduce((sum, line) => sum + all.filter((words) => crosses(line, words)).length, 0);
}
