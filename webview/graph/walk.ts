import type { GraphDirection, GraphLayout } from '../../core/report/graph-layout.ts';
import { middleOf } from './view.ts';

type Step = 'forward' | 'back' | 'left' | 'right';

const downward = { ArrowDown: 'forward', ArrowUp: 'back', ArrowLeft: 'left', ArrowRight: 'right' } as const;
const rightward = { ArrowRight: 'forward', ArrowLeft: 'back', ArrowUp: 'left', ArrowDown: 'right' } as const;

const steps: Readonly<Record<GraphDirection, Readonly<Record<string, Step>>>> = {
  down: downward,
  right: rightward,
  rows: rightward,
};

/**
 * The box that a key leads to: along the edges with the arrow in the network's direction and against it, to the branch beside with
 * the other two, to the ends with Home and End. undefined where there is none, or for another key.
 */
export function stepped(layout: GraphLayout, at: number, key: string): number | undefined {
  if (key === 'Home') return 0;
  if (key === 'End') return layout.boxes.length - 1;
  const step = steps[layout.direction][key];
  if (step === undefined) return undefined;
  if (step === 'forward') return nearest(layout, at, followers(layout, at));
  if (step === 'back') return nearest(layout, at, origins(layout, at));
  return beside(layout, at, step);
}

const followers = ({ edges }: GraphLayout, at: number): readonly number[] =>
  edges.flatMap(({ from, to }) => (from === at ? [to] : []));

const origins = ({ edges }: GraphLayout, at: number): readonly number[] =>
  edges.flatMap(({ from, to }) => (to === at ? [from] : []));

/** Across the network's direction. */
const acrossOf = (layout: GraphLayout, i: number): number => {
  const { x, y } = middleOf(layout.boxes[i]!);
  return layout.direction === 'down' ? x : y;
};

const alongOf = (layout: GraphLayout, i: number): number => {
  const { x, y } = middleOf(layout.boxes[i]!);
  return layout.direction === 'down' ? y : x;
};

/** The straightest way, and of two equally straight ones the longer path's: the shorter edge. */
function nearest(layout: GraphLayout, at: number, among: readonly number[]): number | undefined {
  const distance = (i: number): number =>
    4 * Math.abs(acrossOf(layout, i) - acrossOf(layout, at)) + Math.abs(alongOf(layout, i) - alongOf(layout, at));
  return among.toSorted((a, b) => distance(a) - distance(b)).at(0);
}

/** Of the boxes on that side the nearest: branches of the same fork first, then whatever is level with it. */
function beside(layout: GraphLayout, at: number, side: 'left' | 'right'): number | undefined {
  const here = acrossOf(layout, at);
  const sign = side === 'left' ? -1 : 1;
  const onSide = (i: number): boolean => i !== at && sign * (acrossOf(layout, i) - here) > 1;
  const kin = [
    ...origins(layout, at).flatMap((origin) => followers(layout, origin)),
    ...followers(layout, at).flatMap((follower) => origins(layout, follower)),
  ].filter(onSide);
  if (kin.length > 0) return nearest(layout, at, kin);
  const level = layout.boxes.flatMap((_, i) =>
    onSide(i) && Math.abs(alongOf(layout, i) - alongOf(layout, at)) < 60 ? [i] : [],
  );
  return nearest(layout, at, level);
}
