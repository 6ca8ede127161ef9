import { rowOf, type CentreForm } from '../centre-form/form.ts';
import type { Problem, Start } from './problem.ts';

/** A little more than it needs: the norms are estimates from below. */
const room = 1.03;
const iterations = 12;
/** How much of the spread within a group is kept from the sums of absolute values: none, half of it, all. */
const spreads = [0, 0.5, 1];

/**
 * Points at which F is likely positive definite, the least square first: within every group of units the numbers s keep their proportions, and one factor for each group comes from spectral norms of
 * the blocks between groups, in which what cancels between units does not count. With y_g = |X_g| + sum |V_gh| y_h from the input on and a_g = sum |V_hg| a_h from the outputs, the
 * factors y_g / a_g make F block diagonally dominant. Where hundreds of units bend, the square is some thousand times less than that of absolute values.
 */
export function blockStarts(form: CentreForm, problem: Problem, absolute: Start): readonly Start[] {
  return spreads
    .map((spread) =>
      startOf(
        form,
        problem,
        absolute.s.map((value) => value ** spread),
      ),
    ) // prettier-ignore
    .filter(
      ({ s, square }) =>
        square > 0 && Number.isFinite(square) && s.every((value) => value > 0 && Number.isFinite(value)),
    ) // prettier-ignore
    .toSorted((a, b) => a.square - b.square);
}

/** Rows of the problem that belong to a group of units, or to the outputs. */
interface RowGroup {
  readonly first: number;
  readonly last: number;
}

function startOf(form: CentreForm, problem: Problem, shape: Float64Array): Start {
  const { rows, kappa, rowVariable, outputs, share, deviationVariable } = problem;
  const units = rows.length - outputs;
  const rowScales = Float64Array.from(rows, (_, i) =>
    i < units ? 1 / Math.sqrt(kappa[i]! * shape[rowVariable[i]!]!) : 1,
  );
  const columnScales = share.map((part, k) => Math.sqrt(part * shape[deviationVariable[k]!]!));
  const groups = rowGroups(form, problem);
  const blockNorm = (
    { first, last }: RowGroup,
    matrix: Float64Array,
    width: number,
    from: number,
    to: number,
    scales?: Float64Array,
  ): number =>
    // prettier-ignore
    normOf(
      Array.from({ length: last - first }, (_, i) => rowOf(matrix, rows[first + i]!, width).subarray(from, to)),
      rowScales.subarray(first, last),
      scales?.subarray(from, to),
    );
  const direct = groups.map((group) => blockNorm(group, form.direct, form.inputs, 0, form.inputs));
  const crossing = groups.map((group, g) =>
    form.groups
      .slice(0, g)
      .map(({ deviations: { start, elements } }) =>
        blockNorm(group, form.crossing, form.deviations, start, start + elements.length, columnScales),
      ),
  );
  const reach: number[] = [];
  for (const [g, norm] of direct.entries())
    reach.push(room * crossing[g]!.reduce((sum, between, h) => sum + between * reach[h]!, norm));
  const last = groups.length - 1;
  const least = 1e-12 * Math.max(...reach) + Number.MIN_VALUE;
  const weights = groups.map((_, g) => (g === last ? Math.max(reach[last]!, least) : 0));
  for (let g = last; g > 0; g--)
    crossing[g]!.forEach((between, h) => (weights[h]! += room * between * Math.max(weights[g]!, least)));
  const square = room * weights.reduce((sum, weight, g) => sum + Math.max(weight, least) * direct[g]!, 0);
  const factors = reach.map((size, g) => (square * Math.max(size, least)) / Math.max(weights[g]!, least));
  const s = shape.slice();
  form.groups.forEach(({ deviations: { start, elements } }, g) => {
    const own = new Set(deviationVariable.subarray(start, start + elements.length));
    for (const variable of own) s[variable]! *= factors[g]!;
  });
  return { s, square };
}

/** The problem has its rows group by group, the outputs last. */
function rowGroups(form: CentreForm, { rows, outputs, rowVariable, deviationVariable }: Problem): readonly RowGroup[] {
  const units = rows.length - outputs;
  let first = 0;
  const groups = form.groups.map(({ deviations: { start, elements } }) => {
    const own = new Set(deviationVariable.subarray(start, start + elements.length));
    let last = first;
    while (last < units && own.has(rowVariable[last]!)) last++;
    const group = { first, last };
    first = last;
    return group;
  });
  return [...groups, { first: units, last: rows.length }];
}

/** The spectral norm of scaled rows by power iteration: an estimate from below. */
function normOf(
  rows: readonly Float64Array[],
  rowScales: Float64Array,
  columnScales: Float64Array | undefined,
): number {
  const width = rows[0]?.length ?? 0;
  if (width === 0) return 0;
  let x = new Float64Array(width).map((_, j) => 1 + ((j * 0.618034) % 1));
  let norm = 0;
  for (let step = 0; step < iterations; step++) {
    const length = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) return norm;
    const along = x.map((value, j) => (value / length) * (columnScales?.[j] ?? 1));
    const back = new Float64Array(width);
    let square = 0;
    for (const [i, row] of rows.entries()) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += row[j]! * along[j]!;
      sum *= rowScales[i]!;
      square += sum * sum;
      const factor = sum * rowScales[i]!;
      for (let j = 0; j < width; j++) back[j]! += factor * row[j]!;
    }
    norm = Math.max(norm, Math.sqrt(square));
    x = columnScales === undefined ? back : back.map((value, j) => value * columnScales[j]!);
  }
  return norm;
}
