import type { Remainder } from '../absolute-values/step.ts';

/**
 * A network around the middle of all slopes as small matrices. For any two points of the region, with x the change of the input:
 *   y_t = (direct x)_t + (crossing w)_t + e_t,  |e_t| <= error_t |x| (the largest entry of x, and so any norm of it)
 * for every argument t of a nonlinear unit and, the last rows, every output; w are what the units deviate from their middle slope, the groups say by how much. A crossing
 * is not 0 only where its unit comes before the argument.
 */
export interface CentreForm {
  readonly inputs: number;
  /** How many w there are. */
  readonly deviations: number;
  /** Rows in front are arguments of units; the outputs follow. */
  readonly arguments: number;
  readonly outputs: number;
  /** (arguments + outputs) x inputs, row-major. */
  readonly direct: Float64Array;
  /** (arguments + outputs) x deviations, row-major. */
  readonly crossing: Float64Array;
  readonly error: Float64Array;
  /** In the order of the network. */
  readonly groups: readonly Group[];
}

/** The units of one tensor: |w| <= remainder of |y|. */
export interface Group {
  readonly remainder: Remainder;
  /** Of each tensor that the remainder looks at. */
  readonly arguments: readonly Place[];
  readonly deviations: Place;
}

/** Elements of a tensor that are rows (or columns) of the form from `start` on; the others do not matter. */
export interface Place {
  readonly size: number;
  readonly elements: Int32Array;
  readonly start: number;
}

/** The numbers of some rows as the tensor that they are elements of, zero elsewhere. */
export function spreadOut({ size, elements, start }: Place, numbers: Float64Array): Float64Array {
  const tensor = new Float64Array(size);
  elements.forEach((element, k) => (tensor[element] = numbers[start + k]!));
  return tensor;
}

/** The numbers of a tensor's elements into their rows. */
export const gather = ({ elements, start }: Place, tensor: Float64Array, numbers: Float64Array): void =>
  elements.forEach((element, k) => (numbers[start + k] = tensor[element]!));

export const rowOf = (matrix: Float64Array, row: number, length: number): Float64Array =>
  matrix.subarray(row * length, (row + 1) * length);

/** The form as far as it concerns one output. */
export function formOfOutput(form: CentreForm, output: number): CentreForm {
  const row = form.arguments + output;
  const own = (matrix: Float64Array, width: number): Float64Array => {
    const rows = new Float64Array((form.arguments + 1) * width);
    rows.set(matrix.subarray(0, form.arguments * width));
    rows.set(rowOf(matrix, row, width), form.arguments * width);
    return rows;
  };
  return {
    ...form,
    outputs: 1,
    error: Float64Array.of(...form.error.subarray(0, form.arguments), form.error[row]!),
    direct: own(form.direct, form.inputs),
    crossing: own(form.crossing, form.deviations),
  };
}
