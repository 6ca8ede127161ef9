import type { Work } from '../../compute/work.ts';
import type { Expansion } from '../absolute-values/expansion.ts';
import { rowOf, type CentreForm } from './form.ts';
import { layoutOf, type Layout } from './places.ts';
import { roundingErrors } from './rounding-errors.ts';

/**
 * Every argument of a unit and every output is pulled back through the adjoints of the linear lanes to the input; on its way, what arrives at a deviation is noted. undefined when time
 * runs out.
 */
export async function centreFormByRows(expansion: Expansion, work: Work): Promise<CentreForm | undefined> {
  const layout = layoutOf(expansion);
  const { inputSize: inputs, outputSize: outputs, output } = expansion;
  const rows = layout.arguments + outputs;
  const direct = new Float64Array(rows * inputs);
  const crossing = new Float64Array(rows * layout.deviations);
  for (const [name, { elements, start, size }] of [
    ...layout.argumentsOf,
    [
      output,
      { size: outputs, elements: Int32Array.from({ length: outputs }, (_, i) => i), start: layout.arguments },
    ] as const,
  ])
    // prettier-ignore
    for (const [k, element] of elements.entries()) {
      await work.breathe();
      if (work.remainingSeconds() <= 0) return undefined;
      const unit = new Float64Array(size);
      unit[element] = 1;
      const row = start + k;
      pullBack(
        expansion,
        layout,
        name,
        unit,
        rowOf(direct, row, inputs),
        rowOf(crossing, row, layout.deviations),
      );
    }
  const error = await roundingErrors(expansion, layout, work);
  const { groups, deviations } = layout;
  return { inputs, outputs, arguments: layout.arguments, deviations, direct, crossing, error, groups };
}

function pullBack(
  { steps, input }: Expansion,
  { deviationsOf }: Layout,
  target: string,
  unit: Float64Array,
  direct: Float64Array,
  crossing: Float64Array,
): void {
  const rows = new Map([[target, unit]]);
  for (let at = steps.findLastIndex(({ to }) => to === target); at >= 0; at--) {
    const { to, lanes } = steps[at]!;
    const row = rows.get(to);
    if (row === undefined) continue;
    rows.delete(to);
    const place = deviationsOf.get(to);
    if (place !== undefined)
      for (let k = 0; k < place.elements.length; k++) crossing[place.start + k] = row[place.elements[k]!]!;
    for (const { from, map } of lanes) {
      const pulled = map.applyTransposed(row);
      const old = rows.get(from);
      if (old === undefined) rows.set(from, pulled);
      else for (let i = 0; i < old.length; i++) old[i]! += pulled[i]!;
    }
  }
  direct.set(rows.get(input) ?? []);
}
