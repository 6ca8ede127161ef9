import { digits } from '../../core/report/digits.ts';
import { element, ink, label, picture } from '../../core/report/picture/svg.ts';

/** The smoothness constant for one accuracy; null where there is none. */
export interface CurveAt {
  readonly epsilon: number;
  readonly smoothness: number | null;
}

const margin = { left: 8, right: 8, top: 18, bottom: 18 };

/** L against epsilon, both on a scale of powers; a ring where the slider stands. */
export function smoothnessCurve(points: readonly CurveAt[], here: CurveAt, width: number, height: number): string {
  const known = points.filter((point): point is CurveAt & { smoothness: number } => (point.smoothness ?? 0) > 0);
  if (known.length < 2) return '';
  const [xs, ys] = [
    known.map(({ epsilon }) => Math.log10(epsilon)),
    known.map(({ smoothness }) => Math.log10(smoothness)),
  ];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const x = (epsilon: number): number =>
    margin.left + ((Math.log10(epsilon) - left) / (right - left)) * (width - margin.left - margin.right);
  const y = (smoothness: number): number =>
    height -
    margin.bottom -
    ((Math.log10(smoothness) - low) / (high - low || 1)) * (height - margin.top - margin.bottom);
  const path = known
    .map((point, k) => `${k === 0 ? 'M' : 'L'}${x(point.epsilon).toFixed(1)} ${y(point.smoothness).toFixed(1)}`)
    .join('');
  const now = here.smoothness;
  return picture(
    {
      width,
      height,
      title: 'The smoothness constant against the allowed deviation, both on scales of powers',
      role: 'image',
    },
    element('path', { d: `M${margin.left} ${height - margin.bottom}H${width - margin.right}`, stroke: ink.grid }),
    element('path', { d: path, fill: 'none', stroke: ink.bar, 'stroke-width': 1.5 }),
    ...(now === null || now <= 0
      ? []
      : [
          element('circle', {
            cx: x(here.epsilon),
            cy: y(now),
            r: 4,
            fill: 'none',
            stroke: ink.line,
            'stroke-width': 1.5,
          }),
        ]),
    label(`L up to ${digits(10 ** high, 'up')}`, { x: margin.left, y: 12, 'font-size': 11, fill: ink.faint }),
    label(`ε = ${digits(10 ** left, 'nearest')}`, { x: margin.left, y: height - 4, 'font-size': 11, fill: ink.faint }),
    label(digits(10 ** right, 'nearest'), { x: width - margin.right, y: height - 4, 'font-size': 11, fill: ink.faint, 'text-anchor': 'end' }), // prettier-ignore
  );
}
