/** Rows of a long table that are in the page: those on screen and some on either side. */
export interface DrawnRows {
  readonly from: number;
  readonly to: number;
}

/** Below this all rows are drawn. */
export const few = 60;
/** How many rows come into the page in one task, which holds no key and no click for long. */
export const slice = 10;
/** Rows come and go in groups of this many: a table that is scrolled by a row is not drawn anew. */
const group = 10;

/** `above` is how far the table's first row has been scrolled out of the screen, in pixels. */
export function drawnRows(count: number, rowHeight: number, above: number, screen: number): DrawnRows {
  if (count <= few) return { from: 0, to: count };
  const first = Math.max(0, Math.min(count - 1, Math.floor(above / rowHeight)));
  const last = Math.max(first, Math.min(count, Math.ceil((above + screen) / rowHeight)));
  return {
    from: Math.max(0, group * Math.floor(first / group) - group),
    to: Math.min(count, group * Math.ceil(last / group) + group),
  };
}

/** A slice of rows on the way from those that are drawn to those that should be: nothing else goes in one task with it. */
export function towards(drawn: DrawnRows, goal: DrawnRows): DrawnRows {
  const [from, to] = [Math.max(drawn.from, goal.from), Math.min(drawn.to, goal.to)];
  // None of them stays: from the top of the screen.
  if (from >= to) return { from: goal.from, to: Math.min(goal.to, goal.from + slice) };
  const below = Math.min(goal.to, to + slice);
  return { from: Math.max(goal.from, from - (slice - (below - to))), to: below };
}

export const sameRows = (a: DrawnRows, b: DrawnRows): boolean => a.from === b.from && a.to === b.to;
