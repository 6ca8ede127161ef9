import type { CentreForm } from '../centre-form/form.ts';
import { rowOf } from '../centre-form/form.ts';
import { rangeOfRow } from '../jacobian-relaxation/adjoint-ranges.ts';
import { largestSizes } from '../local-expansion/absolute-sums.ts';
import { isBounded, type Part } from './parts.ts';

/**
 * The coordinate to halve: units that bend count as much as they change the largest output, and each coordinate as much as it takes part in where the unit's argument
 * can be.
 */
export function mostInfluential(form: CentreForm, part: Part): number {
  const { lower, upper } = part;
  if (!isBounded(part)) return lower.findIndex((low, i) => !(Number.isFinite(low) && Number.isFinite(upper[i]!)));
  const { rows } = largestSizes(form, 'linf');
  let worst = 0;
  for (let o = 1; o < form.outputs; o++) if (rows[form.arguments + o]! > rows[form.arguments + worst]!) worst = o;
  const { beyond } = rangeOfRow(form, worst);
  const widths = lower.map((low, i) => upper[i]! - low);
  const scores = new Float64Array(form.inputs);
  for (let t = 0; t < form.arguments; t++) {
    const reach = rowOf(form.direct, t, form.inputs).map((entry, i) => Math.abs(entry) * widths[i]!);
    const whole = reach.reduce((sum, value) => sum + value, 0);
    if (whole > 0) for (let i = 0; i < reach.length; i++) scores[i]! += (beyond[t]! * rows[t]! * reach[i]!) / whole;
  }
  // Where no unit says anything the widest is halved.
  const says = scores.some((score) => score > 0);
  return largestIndex(says ? scores : widths);
}

function largestIndex(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
