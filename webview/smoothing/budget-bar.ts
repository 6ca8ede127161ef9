import { element, ink, picture } from '../../core/report/picture/svg.ts';

const size = { width: 72, height: 11 };

/** A layer's part of the budget, filled from the left of a frame that stands for the whole. */
export function budgetBar(share: number): string {
  const { width, height } = size;
  const inner = Math.min(1, Math.max(0, share)) * (width - 2);
  return picture(
    { ...size, title: '', role: 'beside text' },
    element('rect', { x: 1, y: 1, width: inner, height: height - 2, fill: ink.bar }),
    element('rect', { x: 0.5, y: 0.5, width: width - 1, height: height - 1, fill: 'none', stroke: ink.grid }),
  );
}
