/** Which side a shortened number may err to: a lower end is never printed larger than it is, an upper end never smaller. */
export type Towards = 'down' | 'up' | 'nearest';

/**
 * Three significant digits. Zeros at the end are dropped only when nothing was rounded away: "1" is exactly one, "1.00" and
 * "1.01" are the two sides of something in between. Beside another number all three digits stand (`zeros: 'kept'`).
 */
export function digits(value: number, towards: Towards, zeros: 'kept' | 'dropped' = 'dropped'): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be shown as a number.`);
  if (value === 0) return '0';
  if (value < 0) return `−${digits(-value, opposite[towards], zeros)}`;
  const [mantissaText, exponentText] = value.toExponential(2).split('e') as [string, string];
  let mantissa = Number(mantissaText.replace('.', ''));
  let exponent = Number(exponentText);
  const rounded = Number(`${mantissaText}e${exponentText}`);
  if (towards === 'up' && rounded < value) mantissa += 1;
  if (towards === 'down' && rounded > value) mantissa -= 1;
  if (mantissa === 1000) [mantissa, exponent] = [100, exponent + 1];
  if (mantissa === 99) [mantissa, exponent] = [999, exponent - 1];
  return written(String(mantissa), exponent, zeros === 'dropped' && rounded === value);
}

const opposite: Readonly<Record<Towards, Towards>> = { down: 'up', up: 'down', nearest: 'nearest' };

/** From the digits themselves, not from a double, so that 1e300 and 1e-300 print as they are. */
function written(mantissa: string, exponent: number, dropZeros: boolean): string {
  const short = dropZeros ? mantissa.replace(/0+$/, '') : mantissa;
  if (exponent < -3 || exponent > 4) return `${pointAfter(short, 1)}e${exponent}`;
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${short}`;
  return pointAfter(short.padEnd(exponent + 1, '0'), exponent + 1);
}

const pointAfter = (text: string, whole: number): string =>
  text.length <= whole ? text : `${text.slice(0, whole)}.${text.slice(whole)}`;

/** Equal at three digits, or so close that only the place where rounding flips tells them apart. */
export const agree = (lower: number, upper: number): boolean =>
  digits(lower, 'nearest') === digits(upper, 'nearest') || Math.abs(upper - lower) <= 1e-5 * Math.abs(upper);

/** "61 %", "−3 %"; small shares keep a digit so that they are not all "0 %". */
export function percent(fraction: number): string {
  const hundredths = Math.abs(fraction) * 100;
  const text = hundredths === 0 ? '0' : hundredths < 0.1 ? '<0.1' : hundredths.toFixed(hundredths < 9.95 ? 1 : 0);
  return `${fraction < 0 ? '−' : ''}${text} %`;
}

export function duration(seconds: number): string {
  if (seconds < 0.001) return '<1 ms';
  if (seconds < 0.9995) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 119.5) return `${seconds.toFixed(0)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  return `${minutes} min ${Math.round(seconds) - 60 * minutes} s`;
}

/** 13310 as "13,310": counts are exact and never shortened. */
export const count = (whole: number): string => String(whole).replace(/\B(?=(\d{3})+$)/g, ',');

export const counted = (whole: number, noun: string): string => `${count(whole)} ${noun}${whole === 1 ? '' : 's'}`;

export const shapeText = (shape: readonly (number | string | null)[]): string =>
  shape.length === 0 ? 'scalar' : shape.map((size) => size ?? '?').join('×');
