/** Rows of a long table that are in the page: those on screen and some on either side. */
export interface DrawnRows {
  readonly from: number;
  readonly to: number;
}

/** Below this all rows are drawn. */
export const few = 60;
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
