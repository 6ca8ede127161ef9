import {
  imageOf,
  secondAt,
  slopesOn,
  thirdOn,
  type ActivationFunction,
} from '../../../operators/activation-function.ts';
import type { Interval } from '../../../operators/interval.ts';
import { emptyModels, outward, type LinearModels } from './linear-models.ts';

export interface Bent {
  readonly values: LinearModels;
  /** f'(x), by which every tangent is multiplied. */
  readonly slopes: LinearModels;
}

/** Slopes that are known to so much are not looked at a second time. */
const fine = 0.2;

/**
 * f(x) and f'(x) for models of x: by Taylor's theorem around the middle, f(x) = f(c) + f'(c) (x - c) + f''(.) (x - c)^2 / 2 and
 * f'(x) = f'(c) + f''(c) (x - c) + f'''(.) (x - c)^2 / 2; where f has no such derivatives, or where the box is wide, by the range of its slopes.
 */
export function bentModels(f: ActivationFunction, x: LinearModels): Bent {
  const count = x.c.length;
  const [values, slopes] = [emptyModels(count), emptyModels(count)];
  for (let i = 0; i < count; i++) {
    const [c, a, b, r] = [x.c[i]!, x.a[i]!, x.b[i]!, x.r[i]!];
    const reach = outward * (Math.abs(a) + Math.abs(b) + r);
    // A little wider than the box: what bends at its very end counts.
    const around = reach + 2 ** -45 * Math.abs(c) + 2 ** -1000;
    const range: Interval = [c - around, c + around];
    const bent = f.curvature === undefined ? undefined : taylor(f, f.curvature, c, reach, range);
    const tilt = bent === undefined ? Number.POSITIVE_INFINITY : Math.abs(bent.second) * reach + bent.slopeError;
    if (bent !== undefined && tilt <= fine) {
      put(slopes, i, bent.slope, bent.second * a, bent.second * b, Math.abs(bent.second) * r + bent.slopeError);
      put(values, i, bent.value, bent.slope * a, bent.slope * b, Math.abs(bent.slope) * r + bent.valueError);
      continue;
    }
    const [low, high] = slopesOn(f, range);
    const [middle, half] = [0.5 * (low + high), 0.5 * (high - low)];
    if (bent !== undefined && tilt < half)
      put(slopes, i, bent.slope, bent.second * a, bent.second * b, Math.abs(bent.second) * r + bent.slopeError); // prettier-ignore
    else put(slopes, i, middle, 0, 0, half);
    const chord = half * reach;
    if (bent !== undefined && bent.valueError < chord)
      put(values, i, bent.value, bent.slope * a, bent.slope * b, Math.abs(bent.slope) * r + bent.valueError); // prettier-ignore
    else {
      const at = imageOf(f, [c, c]);
      put(values, i, 0.5 * (at[0] + at[1]), middle * a, middle * b, Math.abs(middle) * r + chord + (at[1] - at[0]));
    }
  }
  return { values, slopes };
}

interface Taylor {
  readonly value: number;
  readonly valueError: number;
  readonly slope: number;
  readonly slopeError: number;
  readonly second: number;
}

function taylor(
  f: ActivationFunction,
  curvature: NonNullable<ActivationFunction['curvature']>,
  c: number,
  reach: number,
  range: Interval,
): Taylor {
  const [value, slope] = [f.value(c), f.derivative(c, 'right')];
  const { value: second, error: secondError } = secondAt(curvature, c);
  const third = thirdOn(curvature, range);
  const computed = (number: number): number => (f.error ?? 2 ** -49) * Math.abs(number) + (f.cancellation ?? 0) + 2 ** -1000; // prettier-ignore
  const slopeWrong = computed(slope);
  // f'' on the range is within `spread` of f''(c): half the square is between 0 and reach^2 / 2.
  const spread = secondError + third * reach;
  const [least, most] = [Math.min(0, second - spread), Math.max(0, second + spread)];
  const square = 0.5 * reach * reach;
  return {
    value: value + 0.5 * (least + most) * square,
    valueError: outward * (0.5 * (most - least) * square + computed(value) + slopeWrong * reach + 2 ** -50 * Math.abs(most - least) * square), // prettier-ignore
    slope,
    slopeError: outward * (third * square + secondError * reach + slopeWrong),
    second,
  };
}

/** With the rounding of the numbers themselves. */
function put(models: LinearModels, i: number, c: number, a: number, b: number, r: number): void {
  models.c[i] = c;
  models.a[i] = a;
  models.b[i] = b;
  models.r[i] = outward * r + 2 ** -51 * (Math.abs(c) + Math.abs(a) + Math.abs(b)) + 2 ** -1000;
}
