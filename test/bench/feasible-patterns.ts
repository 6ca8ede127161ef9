import highs from 'highs';
import type { Combination, PiecewiseLinearProgram } from '../../core/estimators/exact/program.ts';

/** Its types describe the CommonJS build, whose default export is one property further. */
const loadHighs = highs as unknown as typeof highs.default;
type Highs = Awaited<ReturnType<typeof loadHighs>>;

/** Its memory only grows. */
const mostSolved = 2000;
let solver: { readonly highs: Highs; solved: number } | undefined;

/**
 * How much room a choice of one piece for every unit leaves, by HiGHS: the largest s with all inequalities, scaled to largest entry 1, at least s, in homogeneous coordinates (x, t) of at most 1.
 * Above 0 the region exists and is full-dimensional; 0 is always possible, at the origin.
 */
export async function roomOf(program: PiecewiseLinearProgram, chosen: readonly number[]): Promise<number> {
  const t = program.inputs;
  const values: number[][] = [];
  const rows: number[][] = [];
  for (const [k, { argument, pieces }] of program.units.entries()) {
    const own = rowOf(program, argument, values);
    const piece = chosen[k]!;
    const [below, above] = [pieces.breaks[piece - 1], pieces.breaks[piece]];
    if (below !== undefined) rows.push(own.map((entry, c) => (c === t ? entry - below : entry)));
    if (above !== undefined) rows.push(own.map((entry, c) => (c === t ? above - entry : -entry)));
    values.push(own.map((entry, c) => pieces.slopes[piece]! * entry + (c === t ? pieces.intercepts[piece]! : 0)));
  }
  rows.push(Array.from({ length: t + 1 }, (_, c) => Number(c === t)));
  const lines = rows.map((row, i) => {
    const size = Math.max(...row.map(Math.abs)) || 1;
    const terms = row.map((entry, c) => `${entry < 0 ? '-' : '+'} ${(Math.abs(entry) / size).toFixed(17)} v${c}`);
    return ` r${i}: ${terms.join(' ')} - s >= 0`;
  });
  const bounds = Array.from({ length: t + 1 }, (_, c) => ` -1 <= v${c} <= 1`);
  const text = `Maximize\n obj: s\nSubject To\n${lines.join('\n')}\nBounds\n${bounds.join('\n')}\n -10 <= s <= 1\nEnd\n`;
  if (solver === undefined || solver.solved >= mostSolved) solver = { highs: await loadHighs(), solved: 0 };
  solver.solved++;
  const { Status, ObjectiveValue } = solver.highs.solve(text, {});
  if (Status !== 'Optimal') throw new Error(`HiGHS: ${Status}`);
  return ObjectiveValue;
}

/** In x and t, with the units before as they are on the chosen pieces. */
function rowOf(
  program: PiecewiseLinearProgram,
  { constant, inputs, units }: Combination,
  values: readonly number[][],
): number[] {
  const row = new Array<number>(program.inputs + 1).fill(0);
  row[program.inputs] = constant.value;
  for (const { index, value } of inputs) row[index]! += value;
  for (const { index, value } of units) values[index]!.forEach((entry, c) => (row[c]! += value * entry));
  return row;
}

/** Every choice of one piece per unit. */
export function* piecePatterns({ units }: PiecewiseLinearProgram): Generator<number[]> {
  const counts = units.map(({ pieces }) => pieces.slopes.length);
  const total = counts.reduce((product, own) => product * own, 1);
  for (let number = 0; number < total; number++) {
    let rest = number;
    yield counts.map((own) => {
      const piece = rest % own;
      rest = Math.floor(rest / own);
      return piece;
    });
  }
}
