import type { Work } from '../../compute/work.ts';
import { above } from '../../rounding.ts';
import type { Expansion } from '../absolute-values/expansion.ts';
import { forwardSums } from '../absolute-values/path-sums.ts';
import type { Layout } from './places.ts';

/**
 * What rounding, and entries known up to an error, may add to each row, per unit of the largest change of an input: the expansion's relative error times the sum of all paths to
 * it, each with its absolute value. It holds for any order of summation, by rows as by columns.
 */
export async function roundingErrors(expansion: Expansion, layout: Layout, work: Work): Promise<Float64Array> {
  const { steps, input, inputSize, output, outputSize, error } = expansion;
  const lazily = steps.map((step) => ({ ...step, lanes: step.lanes.map(({ from, map }) => ({ from, map: () => map })) })); // prettier-ignore
  const paths = await forwardSums(lazily, input, inputSize, work);
  const errors = new Float64Array(layout.arguments + outputSize);
  for (const [name, { elements, start }] of layout.argumentsOf) {
    const own = paths.get(name)!;
    elements.forEach((element, k) => (errors[start + k] = above(error * own[element]!)));
  }
  const last = paths.get(output)!;
  for (let o = 0; o < outputSize; o++) errors[layout.arguments + o] = above(error * last[o]!);
  return errors;
}
