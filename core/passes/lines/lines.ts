/**
 * Functions of one number that are straight between finitely many points, with arithmetic that is exact: whatever a double cannot hold becomes NaN, and what has one anywhere is not known.
 * They may jump, and conditions are among them: 1 where they hold, 0 elsewhere.
 */
export interface Lines {
  /** Where one piece ends and the next begins, rising. */
  readonly ends: readonly number[];
  /** One more than ends. */
  readonly pieces: readonly Piece[];
  /** The values at the ends, which may be those of neither side. */
  readonly at: readonly number[];
}

/** slope x + offset. */
export interface Piece {
  readonly slope: number;
  readonly offset: number;
}

export const constant = (value: number): Lines => ({ ends: [], pieces: [level(value)], at: [] });

export const identity: Lines = { ends: [], pieces: [{ slope: 1, offset: 0 }], at: [] };

export const level = (offset: number): Piece => ({ slope: 0, offset });

/** What is exactly a + b, or NaN (Knuth's TwoSum tells what was rounded away). */
export function sum(a: number, b: number): number {
  const s = a + b;
  const partOfB = s - a;
  return a - (s - partOfB) + (b - partOfB) === 0 ? s : Number.NaN;
}

/** What is exactly a b, or NaN (Dekker's product). Near the ends of the doubles its remainder is not to be trusted. */
export function product(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  const p = a * b;
  const [[aHigh, aLow], [bHigh, bLow]] = [halves(a), halves(b)];
  const rest = aLow * bLow - (p - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  return rest === 0 && Math.abs(p) > 1e-250 && Math.abs(p) < 1e250 ? p : Number.NaN;
}

/** What is exactly a / b, or NaN. */
export function quotient(a: number, b: number): number {
  const q = a / b;
  return b !== 0 && product(q, b) === a ? q : Number.NaN;
}

function halves(x: number): readonly [number, number] {
  const shifted = (2 ** 27 + 1) * x;
  const high = shifted - (shifted - x);
  return [high, x - high];
}

export const valueOf = ({ slope, offset }: Piece, x: number): number => sum(product(slope, x), offset);

/** Piece by piece; at the ends of pieces with the values there. */
export function combine(parts: readonly Lines[], of: (...pieces: readonly Piece[]) => Piece): Lines {
  const ends = [...new Set(parts.flatMap((part) => part.ends))].sort((a, b) => a - b);
  const refined = parts.map((part) => refine(part, ends));
  return simplified({
    ends,
    pieces: Array.from({ length: ends.length + 1 }, (_, i) => of(...refined.map(({ pieces }) => pieces[i]!))),
    at: ends.map((_, i) => of(...refined.map(({ at }) => level(at[i]!))).offset),
  });
}

function refine({ ends, pieces, at }: Lines, finer: readonly number[]): Lines {
  const behind = (end: number): Piece => pieces[ends.filter((own) => own <= end).length]!;
  return {
    ends: finer,
    pieces: [pieces[0]!, ...finer.map(behind)],
    at: finer.map((end) => (ends.includes(end) ? at[ends.indexOf(end)]! : valueOf(behind(end), end))),
  };
}

/** Without the ends at which nothing ends. */
function simplified({ ends, pieces, at }: Lines): Lines {
  const kept = ends.flatMap((end, i) => {
    const [left, right] = [pieces[i]!, pieces[i + 1]!];
    const same = left.slope === right.slope && left.offset === right.offset && valueOf(left, end) === at[i];
    return same ? [] : [i];
  });
  return {
    ends: kept.map((i) => ends[i]!),
    pieces: [pieces[0]!, ...kept.map((i) => pieces[i + 1]!)],
    at: kept.map((i) => at[i]!),
  };
}

/** -1, 0 and 1 where the function is below, at and above 0. */
export function signOf(lines: Lines): Lines {
  const zeros = lines.pieces.flatMap(({ slope, offset }, i) => {
    if (slope === 0) return [];
    const zero = quotient(-offset, slope);
    // One that no double holds is NaN, and so is then everything.
    return Number.isNaN(zero) || (zero > startOf(lines, i) && zero < endOf(lines, i)) ? [zero] : [];
  });
  if (zeros.some(Number.isNaN)) return constant(Number.NaN);
  const ends = [...new Set([...lines.ends, ...zeros])].sort((a, b) => a - b);
  const refined = refine(lines, ends);
  return simplified({
    ends,
    // Where a piece slopes its zero is not inside it, so that one side of the piece tells which sign it has.
    pieces: refined.pieces.map(({ slope, offset }, i) => {
      if (slope === 0) return level(Math.sign(offset));
      return level(quotient(-offset, slope) <= startOf(refined, i) ? Math.sign(slope) : -Math.sign(slope));
    }),
    at: refined.at.map(Math.sign),
  });
}

const startOf = ({ ends }: Lines, piece: number): number => ends[piece - 1] ?? Number.NEGATIVE_INFINITY;
const endOf = ({ ends }: Lines, piece: number): number => ends[piece] ?? Number.POSITIVE_INFINITY;

/** Known everywhere, and without a jump. */
export const isContinuous = ({ ends, pieces, at }: Lines): boolean =>
  pieces.every(({ slope, offset }) => Number.isFinite(slope) && Number.isFinite(offset)) &&
  ends.every((end, i) => valueOf(pieces[i]!, end) === at[i] && valueOf(pieces[i + 1]!, end) === at[i]);
