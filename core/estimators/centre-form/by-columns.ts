import type { Work } from '../../compute/work.ts';
import type { Expansion } from '../absolute-values/expansion.ts';
import type { CentreForm, Place } from './form.ts';
import { layoutOf } from './places.ts';
import { roundingErrors } from './rounding-errors.ts';

/**
 * The same form from the other side: every element of the input and every deviation is sent forward, and what arrives at arguments and outputs is noted. Shares no product with
 * the way by rows, so one checks the other.
 */
export async function centreFormByColumns(expansion: Expansion, work: Work): Promise<CentreForm> {
  const layout = layoutOf(expansion);
  const { steps, input, inputSize: inputs, outputSize: outputs, output } = expansion;
  const { arguments: count, deviations, groups } = layout;
  const direct = new Float64Array((count + outputs) * inputs);
  const crossing = new Float64Array((count + outputs) * deviations);
  const whole = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);
  const places: (readonly [string, Place])[] = [...layout.argumentsOf];
  places.push([output, { size: outputs, elements: whole(outputs), start: count }]);
  const send = async (name: string, place: Place, after: number, matrix: Float64Array, width: number) => {
    for (const [k, element] of place.elements.entries()) {
      await work.breathe();
      const unit = new Float64Array(place.size);
      unit[element] = 1;
      const arrived = forward(expansion, name, unit, after);
      for (const [target, { elements, start }] of places) {
        const values = arrived.get(target);
        if (values === undefined) continue;
        for (const [t, at] of elements.entries()) matrix[(start + t) * width + place.start + k] = values[at]!;
      }
    }
  };
  await send(input, { size: inputs, elements: whole(inputs), start: 0 }, 0, direct, inputs);
  for (const [at, { to }] of steps.entries()) {
    const place = layout.deviationsOf.get(to);
    if (place !== undefined) await send(to, place, at + 1, crossing, deviations);
  }
  const error = await roundingErrors(expansion, layout, work);
  return { inputs, outputs, arguments: count, deviations, direct, crossing, error, groups };
}

function forward(
  { steps }: Expansion,
  name: string,
  unit: Float64Array,
  after: number,
): ReadonlyMap<string, Float64Array> {
  const values = new Map([[name, unit]]);
  for (let at = after; at < steps.length; at++) {
    const { to, lanes } = steps[at]!;
    let sum: Float64Array | undefined;
    for (const { from, map } of lanes) {
      const value = values.get(from);
      if (value === undefined) continue;
      const image = map.apply(value);
      if (sum === undefined) sum = image;
      else for (let i = 0; i < sum.length; i++) sum[i]! += image[i]!;
    }
    if (sum !== undefined) values.set(to, sum);
  }
  return values;
}
