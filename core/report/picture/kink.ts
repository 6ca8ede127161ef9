import { profileAt, type Profile } from '../../operators/smoothings/profile.ts';
import { digits } from '../digits.ts';
import { element, ink, label, picture } from './svg.ts';

/** To either side of the kink, in widths. */
const reach = 4;
const steps = 96;
const small = { 'font-size': 11, fill: ink.faint };

/** A kink before (dashed) and after, in units of the width, so that both curves can be told apart however narrow it is. */
export function kinkPicture(profile: Profile, nu: number, width: number, height: number): string {
  const points = Array.from({ length: steps + 1 }, (_, k) => {
    const z = reach * ((2 * k) / steps - 1);
    return { z, ...profileAt(profile, z) };
  });
  const all = points.flatMap(({ before, after }) => [before, after]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const [left, right, top, bottom] = [8, width - 8, 18, height - 18];
  const x = (z: number): number => left + ((z + reach) / (2 * reach)) * (right - left);
  const y = (value: number): number => bottom - ((value - low) / (high - low || 1)) * (bottom - top);
  const curve = (which: 'before' | 'after'): string =>
    points.map((point, k) => `${k === 0 ? 'M' : 'L'}${x(point.z).toFixed(1)} ${y(point[which]).toFixed(1)}`).join('');
  const apart = Math.max(...points.map(({ before, after }) => Math.abs(before - after)));
  const title = `${kinkWords(profile)}, before and after: at most ${digits(apart * nu, 'up')} apart`;
  return picture(
    { width, height, title, role: 'image' },
    element('path', { d: `M${left} ${bottom}H${right}`, stroke: ink.grid }),
    element('path', { d: curve('before'), fill: 'none', stroke: ink.faint, 'stroke-dasharray': '3 3' }),
    element('path', { d: curve('after'), fill: 'none', stroke: ink.line, 'stroke-width': 1.5 }),
    label(kinkWords(profile), { x: left, y: 12, ...small }),
    label(`−${digits(reach * nu, 'nearest')}`, { x: left, y: height - 4, ...small }),
    label(digits(reach * nu, 'nearest'), { x: right, y: height - 4, 'text-anchor': 'end', ...small }),
  );
}

export function kinkWords(profile: Profile): string {
  switch (profile.kind) {
    case 'corner':
      return `The kink at ${profile.at === 0 ? '0' : digits(profile.at, 'nearest')}`;
    case 'extreme':
      return `The ${profile.sign === 1 ? 'larger' : 'smaller'} of two numbers`;
    case 'length':
      return 'The length near zero';
  }
}
