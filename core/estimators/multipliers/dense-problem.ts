import { type Dense, type DenseProducts, zeros } from '../../compute/linear-algebra/dense-products.ts';
import { factorOf, part } from '../../compute/linear-algebra/dense-factor.ts';
import { powerOfTwoNear } from '../../compute/linear-algebra/euclidean.ts';
import type { LinearForm, NormalForm, UnitLaw, WindowsLaw } from './normal-form.ts';

/** A linear form with its parts written out. */
export type DenseForm = ReadonlyMap<number, Dense>;

export interface DenseUnit {
  readonly block: number;
  readonly rows: number;
  readonly input: DenseForm;
  /** The interior point method has no equations for windows. */
  readonly law: Exclude<UnitLaw, WindowsLaw>;
}

/**
 * The normal form in numbers near 1, for searching: every block is measured in a power of two of its own (`scales`; a block of the
 * normal form is its scale times the block here), and the input is replaced by as few numbers as the network sees of it.
 */
export interface DenseProblem {
  readonly sizes: readonly number[];
  readonly units: readonly DenseUnit[];
  readonly output: DenseForm;
  readonly outputs: number;
  readonly scales: readonly number[];
  readonly outputScale: number;
}

export async function denseProblem(form: NormalForm, products: DenseProducts): Promise<DenseProblem> {
  const { scales, outputScale } = scalesOf(form);
  const units = form.units.map((unit): DenseUnit => ({
    block: unit.block,
    rows: unit.input.rows,
    input: denseForm(unit.input, form.sizes, scales, scales[unit.block]!),
    law: withoutWindows(unit.law),
  }));
  const output = denseForm(form.output, form.sizes, scales, outputScale);
  const problem = { sizes: form.sizes, units, output, outputs: form.output.rows, scales, outputScale };
  return withFewerInputs(problem, products);
}

function withoutWindows(law: UnitLaw): Exclude<UnitLaw, WindowsLaw> {
  if (law.kind === 'windows') throw new RangeError('A problem with windows is for the descent only.');
  return law;
}

/** Powers of two that bring every unit's input near 1 when what feeds it is near 1. */
export function scalesOf({ sizes, units, output }: NormalForm): { scales: number[]; outputScale: number } {
  const scales = sizes.map(() => 1);
  for (const { block, input, law } of units) {
    const gain = law.kind === 'ball' ? law.gain : law.kind === 'slopes' ? largestSlope(law.lower, law.upper) : 1;
    const size = largestRow(input, scales) * gain;
    scales[block] = powerOfTwoNear(size === 0 ? 1 : size);
  }
  return { scales, outputScale: powerOfTwoNear(largestRow(output, scales)) };
}

const largestSlope = (lower: Float64Array, upper: Float64Array): number =>
  lower.reduce((most, low, i) => Math.max(most, Math.abs(low), Math.abs(upper[i]!)), 0);

/** Length of the longest row, in units of the scales. */
function largestRow({ rows, parts }: LinearForm, scales: readonly number[]): number {
  const lengths = new Float64Array(rows);
  for (const [block, { starts, values }] of parts)
    for (let i = 0; i < rows; i++) {
      let sum = lengths[i]!;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) sum = Math.hypot(sum, values[at]! * scales[block]!);
      lengths[i] = sum;
    }
  return lengths.reduce((most, value) => Math.max(most, value), 0);
}

function denseForm(
  { rows, parts }: LinearForm,
  sizes: readonly number[],
  scales: readonly number[],
  scale: number,
): DenseForm {
  return new Map(
    [...parts].map(([block, { starts, indices, values }]) => {
      const dense = zeros(rows, sizes[block]!);
      for (let i = 0; i < rows; i++)
        for (let at = starts[i]!; at < starts[i + 1]!; at++)
          dense.entries[i * dense.columns + indices[at]!] = values[at]! * (scales[block]! / scale);
      return [block, dense];
    }),
  );
}

/**
 * Where m linear forms are all that is seen of n > m inputs, they are R x = L u with L the Cholesky factor of R R' and |u| <= |x|.
 * What is added to the diagonal so that the factor exists only makes the bound that is found a little larger.
 */
async function withFewerInputs(problem: DenseProblem, products: DenseProducts): Promise<DenseProblem> {
  const forms = [...problem.units.map(({ input }) => input), problem.output];
  const seen = forms.flatMap((form) => form.get(0) ?? []);
  const rows = seen.reduce((sum, matrix) => sum + matrix.rows, 0);
  const inputs = problem.sizes[0]!;
  if (rows >= inputs || rows === 0) return problem;
  const stacked = zeros(rows, inputs);
  let at = 0;
  for (const { entries } of seen) {
    stacked.entries.set(entries, at);
    at += entries.length;
  }
  const gram = await products.timesTransposed(stacked, stacked);
  let trace = 0;
  for (let i = 0; i < rows; i++) trace += gram.entries[i * rows + i]!;
  for (let i = 0; i < rows; i++) gram.entries[i * rows + i]! += 1e-12 * trace + Number.MIN_VALUE;
  const factor = await factorOf(gram, products);
  if (factor === undefined) return problem;
  let row = 0;
  const reduced = (form: DenseForm): DenseForm => {
    const own = form.get(0);
    if (own === undefined) return form;
    const short = part(factor.lower, row, row + own.rows, 0, rows);
    row += own.rows;
    return new Map([...form, [0, short]]);
  };
  const units = problem.units.map((unit) => ({ ...unit, input: reduced(unit.input) }));
  return { ...problem, sizes: [rows, ...problem.sizes.slice(1)], units, output: reduced(problem.output) };
}
