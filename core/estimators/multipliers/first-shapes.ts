import type { Dense } from '../../compute/linear-algebra/dense-products.ts';
import type { Front } from './front.ts';
import type { SearchLaw, SearchProblem, SearchUnit } from './search-problem.ts';

/** What the law allows each group when F is about its diagonal; where A is known, exactly. */
export function variances(unit: SearchUnit, law: SearchLaw, before: Front, spread: Dense | undefined): Float64Array {
  if (spread !== undefined)
    return law.each.map((each, i) => each * Math.max(0, spread.entries[i * (spread.rows + 1)]!));
  const inverse = inverseDiagonals(before);
  const sums = new Float64Array(unit.groups);
  for (const [block, { kind, matrix }] of unit.rows) {
    const own = inverse.get(block)!;
    for (let i = 0; i < matrix.rows; i++) {
      const [from, to] =
        kind === 'dense' ? [i * matrix.columns, (i + 1) * matrix.columns] : [matrix.starts[i]!, matrix.starts[i + 1]!];
      let sum = 0;
      for (let at = from; at < to; at++)
        sum +=
          kind === 'dense'
            ? matrix.entries[at]! ** 2 * own[at - from]!
            : matrix.values[at]! ** 2 * own[matrix.indices[at]!]!;
      sums[unit.groupOfRow[i]!]! += law.each[i]! * sum;
    }
  }
  return sums;
}

/** 1 / F_jj, but for what segments share. */
function inverseDiagonals(front: Front): Map<number, Float64Array> {
  const columns = front.segments.map(({ size, factor }): Dense => {
    const entries = new Float64Array(size);
    if (factor.kind === 'diagonal') factor.roots.forEach((root, i) => (entries[i] = 1 / (root * root)));
    else {
      const { entries: lower } = factor.own.lower;
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let j = 0, at = i * size; j <= i; j++, at++) sum += lower[at]! * lower[at]!;
        entries[i] = 1 / sum;
      }
    }
    return { rows: size, columns: 1, entries };
  });
  return new Map([...front.byBlock(columns)].map(([block, { entries }]) => [block, entries]));
}

/** How long the columns are through which each variable is seen further on. */
export function outgoingLengths({ units, output, sizes }: SearchProblem): Float64Array[] {
  const squares = sizes.map((size) => new Float64Array(size));
  for (const form of [...units.map(({ rows }) => rows), output])
    for (const [block, { kind, matrix }] of form) {
      const own = squares[block]!;
      if (kind === 'dense')
        for (let at = 0; at < matrix.entries.length; at++) own[at % matrix.columns]! += matrix.entries[at]! ** 2;
      else matrix.indices.forEach((j, at) => (own[j]! += matrix.values[at]! ** 2));
    }
  return squares.map((own) => own.map(Math.sqrt));
}

/** The logarithm of deviation / |outgoing column|, kept within four digits for neurons that nothing feeds or nobody reads. */
export function shapeOf(deviations: Float64Array, outgoing: Float64Array): Float64Array {
  const most = deviations.reduce((a, b) => Math.max(a, b), 0);
  const farthest = outgoing.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return new Float64Array(deviations.length);
  return deviations.map((value, i) =>
    Math.log(Math.max(value, 1e-4 * most) / (farthest === 0 ? 1 : Math.max(outgoing[i]!, 1e-4 * farthest))),
  );
}
