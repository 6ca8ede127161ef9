import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import { above, gamma } from '../../rounding.ts';
import type { BoundQuestion } from '../conductor/method.ts';
import { largestUnit } from '../multipliers/largest-unit.ts';
import { normalForm, type LinearForm, type NormalForm } from '../multipliers/normal-form.ts';
import { sizeAt, type SparseMatrix } from '../multipliers/sparse-matrix.ts';

/** An affine layer, written out, row-major. */
export interface LayerMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
  /** The Frobenius norm of what the entries may be off by. */
  readonly error: number;
}

/** Slopes between two numbers, the same for all neurons of an activation. */
export interface SlopeRange {
  readonly low: number;
  readonly high: number;
}

/** [centre - radius, centre + radius] holds the slopes; for a ReLU's both are 1/2 exactly. */
export function middleOf({ low, high }: SlopeRange): { readonly centre: number; readonly radius: number } {
  if (low === 0 || high === 0) return { centre: (low + high) / 2, radius: Math.abs(high - low) / 2 };
  if (low === -high) return { centre: 0, radius: high };
  const centre = (low + high) / 2;
  return { centre, radius: above(Math.max(high - centre, centre - low)) };
}

/** A network that is one line: matrix, activation, matrix, activation, .., matrix. */
export interface Chain {
  /** One more than there are activations. */
  readonly layers: readonly LayerMatrix[];
  readonly slopes: readonly SlopeRange[];
}

/** The chain read from the output to the input, all matrices transposed: what is proved of one holds for the other. */
export const transposed = ({ layers, slopes }: Chain): Chain => ({
  layers: layers.toReversed().map(({ rows, columns, entries, error }) => ({
    rows: columns,
    columns: rows,
    entries: Float64Array.from(entries, (_, at) => entries[(at % rows) * columns + Math.floor(at / rows)]!),
    error,
  })),
  slopes: slopes.toReversed(),
});

/** Sides of the largest matrices that are factored, and products in all: some seconds. */
const largestSide = 1500;
const mostProducts = 3e10;
/** The check ends in a matrix of the inputs. */
const mostInputs = 4000;

/** Beyond these the squares of entries could leave the doubles. */
const sizes = { least: 1e-70, most: 1e70 };

/** Whether it is worth looking: the constant everywhere in l2, of nothing but affine layers and activations. */
export const mayBeChain = ({ norm, rules, region }: BoundQuestion): boolean =>
  norm === 'l2' && region.kind === 'all' && isAffineAndBent(rules);

/** Nothing but affine layers and activations. */
export function isAffineAndBent(rules: BoundQuestion['rules']): boolean {
  const kinds = [...rules.values()].map(({ kind }) => kind);
  return (
    kinds.includes('elementwise') &&
    kinds.every((kind) => kind === 'affine' || kind === 'constant' || kind === 'elementwise')
  );
}

/** The network as a chain, or undefined where it is none, or one that is too large. */
export function chainOf({
  analysed,
  input,
  output,
  rules,
}: Pick<BoundQuestion, 'analysed' | 'input' | 'output' | 'rules'>): Chain | undefined {
  if (largestUnit(analysed, output, rules) > largestSide) return undefined;
  const form = normalForm(analysed, input, output, rules);
  if ('reason' in form || form.units.length === 0 || !isLine(form) || !isAffordable(form)) return undefined;
  const inputs = [...form.units.map((unit) => unit.input), form.output];
  const layers = inputs.map((own, at) => layerOf(own, at, form.sizes[at]!));
  const slopes = form.units.map(({ law }): SlopeRange | undefined =>
    law.kind !== 'slopes'
      ? undefined
      : {
          low: law.lower.reduce((a, b) => Math.min(a, b)),
          high: law.upper.reduce((a, b) => Math.max(a, b)),
        },
  );
  const chain = {
    layers: layers.filter((one) => one !== undefined),
    slopes: slopes.filter((one) => one !== undefined),
  };
  return chain.layers.length === layers.length && chain.slopes.length === slopes.length ? chain : undefined;
}

/** Every unit, and the output, sees the block before it and nothing else. */
const isLine = ({ units, output }: NormalForm): boolean =>
  [...units.map(({ input }) => input), output].every(({ parts }, at) => parts.size === 1 && parts.has(at)) &&
  units.every(({ block }, at) => block === at + 1);

function isAffordable({ sizes: own, units, output }: NormalForm): boolean {
  const rows = [...units.map(({ input }) => input.rows), output.rows];
  if (own[0]! > mostInputs) return false;
  const products = rows.reduce((sum, m, at) => {
    const n = own[at]!;
    return sum + (at === 0 ? 0 : 4 * n * n * n + m * n * n) + m * m * n;
  }, 0);
  return rows.every((m) => m <= largestSide) && products <= mostProducts;
}

function layerOf({ rows, parts }: LinearForm, block: number, columns: number): LayerMatrix | undefined {
  const part = parts.get(block)!;
  const entries = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let at = part.starts[i]!; at < part.starts[i + 1]!; at++)
      entries[i * columns + part.indices[at]!] = part.values[at]!;
  const size = lengthAbove(entries);
  const error = errorOf(part);
  return size > sizes.least && size < sizes.most && error < size ? { rows, columns, entries, error } : undefined;
}

function errorOf(part: SparseMatrix): number {
  if (part.error === 0) return 0;
  let squares = 0;
  for (let at = 0; at < part.values.length; at++) squares += sizeAt(part, at) ** 2;
  return above(part.error * above(Math.sqrt(above(squares * (1 + 2 * gamma(part.values.length + 1))))));
}
