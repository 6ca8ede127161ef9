import { gamma } from '../../rounding.ts';
import { above } from '../../rounding.ts';
import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import { rowOf, spreadOut, type CentreForm, type Group } from '../centre-form/form.ts';

/**
 * The l2 question as one matrix. With positive numbers s, one for each variable, and l for the square of the bound,
 *   F = diag(kappa_i s(i); l on the outputs) - sum over deviations k of c_k s(k) v_k v_k' - X X'
 * where row i of X and V is what the input and the deviations do to an argument of a unit (a row for each unit that looks at it) or to an output. If F is positive
 * semidefinite, then |f|^2 <= l |x|^2: by the Schur complement |(X V)(x w)|^2 weighted by the inverse diagonal is at most |x|^2 + sum of w_k^2 / (c_k s(k)), and
 * sum of w_k^2 / c_k <= sum of y_i^2 / kappa_i over the units of each variable (LipSDP-Neuron of Fazlyab et al. 2019 around the middle slopes, with inverse multipliers, in
 * which it is linear).
 */
export interface Problem {
  /** Rows of the form: arguments as the units look at them, then the outputs. */
  readonly rows: Int32Array;
  /** Of each row but the outputs. */
  readonly kappa: Float64Array;
  readonly rowVariable: Int32Array;
  readonly outputs: number;
  /** Of each deviation. */
  readonly share: Float64Array;
  readonly deviationVariable: Int32Array;
  readonly variables: number;
}

/** A point at which F is positive definite, or nearly so. */
export interface Start {
  readonly s: Float64Array;
  readonly square: number;
}

/**
 * Sums of absolute values give a start (F is diagonally dominant there): s = size of the deviation / what it adds up to at the outputs. Units with a spread over several
 * arguments (softmax, windows) share one variable in these proportions. undefined where a unit obeys no law of squares.
 */
export function problemOf(form: CentreForm): { readonly problem: Problem; readonly start: Start } | undefined {
  const { deviations: n, outputs } = form;
  const squares: (readonly (readonly Entry[])[])[] = [];
  for (const group of form.groups) {
    const own = entriesOf(group);
    if (own === undefined) return undefined;
    squares.push(own);
  }
  const { sizes, weights, total } = absoluteSums(form);
  const share = new Float64Array(n);
  const deviationVariable = new Int32Array(n);
  const [s, rows, kappa, rowVariable]: number[][] = [[], [], [], []];
  form.groups.forEach((group, g) => {
    const { start, elements } = group.deviations;
    const entries = squares[g]!;
    const alone = entries.every((own) => own.length === 1) && new Set(entries.map(([one]) => one!.row)).size === entries.length; // prettier-ignore
    const inverse = new Map<number, number>();
    if (!alone) s!.push(total);
    for (let k = 0; k < elements.length; k++) {
      const ratio = sizes[start + k]! / weights[start + k]!;
      if (alone) s!.push(total * ratio);
      share[start + k] = alone ? 1 : ratio;
      deviationVariable[start + k] = s!.length - 1;
      for (const { row, factor } of entries[k]!) {
        const part = above(factor / share[start + k]!);
        if (alone) {
          rows!.push(row);
          kappa!.push((1 / part) * (1 - 2 ** -50));
          rowVariable!.push(s!.length - 1);
        } else inverse.set(row, above((inverse.get(row) ?? 0) + part));
      }
    }
    for (const [row, value] of inverse) {
      rows!.push(row);
      kappa!.push((1 / value) * (1 - 2 ** -50));
      rowVariable!.push(s!.length - 1);
    }
  });
  for (let o = 0; o < outputs; o++) rows!.push(form.arguments + o);
  return {
    problem: {
      rows: Int32Array.from(rows!),
      kappa: Float64Array.from(kappa!),
      rowVariable: Int32Array.from(rowVariable!),
      outputs,
      share,
      deviationVariable,
      variables: s!.length,
    },
    start: { s: Float64Array.from(s!), square: total },
  };
}

interface Entry {
  readonly row: number;
  /** w^2 <= sum of factor y^2. */
  readonly factor: number;
}

/** For each deviation of a group the arguments that bound it, never too small. */
function entriesOf({ remainder, arguments: places, deviations }: Group): readonly (readonly Entry[])[] | undefined {
  const maps = remainder.squares?.();
  if (maps === undefined) return undefined;
  const entries: Entry[][] = Array.from(deviations.elements, () => []);
  const at = new Map(Array.from(deviations.elements, (element, k) => [element, k]));
  for (const [which, { elements, start, size }] of places.entries()) {
    const map = maps[which]!;
    const inflate = 1 + gamma(map.terms + 8) + 2 * map.entryError;
    if (map.structure.kind === 'diagonal') {
      const { entries: factors } = map.structure;
      elements.forEach((element, i) => {
        const k = at.get(element);
        if (k !== undefined && factors[element] !== 0)
          entries[k]!.push({ row: start + i, factor: above(factors[element]! * inflate) });
      });
      continue;
    }
    for (const [i, element] of elements.entries()) {
      const unit = new Float64Array(size);
      unit[element] = 1;
      map.apply(unit).forEach((factor, j) => {
        const k = at.get(j);
        if (factor !== 0 && k !== undefined) entries[k]!.push({ row: start + i, factor: above(factor * inflate) });
      });
    }
  }
  return entries.some((own) => own.length === 0) ? undefined : entries;
}

/** A little more than it needs, so that the start lies inside. */
const room = 1.05;

/** Sizes of deviations from the input on, and their weights at the outputs, in l2. */
function absoluteSums(form: CentreForm): { sizes: Float64Array; weights: Float64Array; total: number } {
  const rows = new Float64Array(form.arguments + form.outputs);
  const lengths = rows.map((_, row) => lengthAbove(rowOf(form.direct, row, form.inputs)));
  const sizes = new Float64Array(form.deviations);
  const fill = (row: number): void => {
    const crossing = rowOf(form.crossing, row, form.deviations);
    let sum = lengths[row]! + form.error[row]!;
    for (let k = 0; k < crossing.length; k++) sum += Math.abs(crossing[k]!) * sizes[k]!;
    rows[row] = room * sum;
  };
  for (const { remainder, arguments: places, deviations } of form.groups) {
    for (const { start, elements } of places) for (let k = 0; k < elements.length; k++) fill(start + k);
    const found = remainder.forward(places.map((place) => spreadOut(place, rows)));
    deviations.elements.forEach((element, k) => (sizes[deviations.start + k] = found[element]!));
  }
  for (let o = 0; o < form.outputs; o++) fill(form.arguments + o);
  const largest = rows.subarray(form.arguments).reduce((most, value) => Math.max(most, value), 0);
  const least = 1e-9 * largest + Number.MIN_VALUE;
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  const adjoint = rows.slice().fill(least, 0, form.arguments);
  const weights = new Float64Array(form.deviations);
  for (const { remainder, arguments: places, deviations } of form.groups.toReversed()) {
    const { start, elements } = deviations;
    for (let row = 0; row < adjoint.length; row++) {
      const crossing = rowOf(form.crossing, row, form.deviations);
      for (let k = start; k < start + elements.length; k++) weights[k]! += adjoint[row]! * Math.abs(crossing[k]!);
    }
    for (let k = start; k < start + elements.length; k++) weights[k] = Math.max(weights[k]!, least);
    const back = remainder.backward(spreadOut(deviations, weights));
    for (const [k, place] of places.entries())
      place.elements.forEach((element, i) => (adjoint[place.start + i]! += room * back[k]![element]!));
  }
  const total = adjoint.reduce((sum, weight, row) => sum + weight * lengths[row]!, 0);
  return { sizes: sizes.map((size) => Math.max(size, 1e-12 * most)), weights, total: room * total };
}
