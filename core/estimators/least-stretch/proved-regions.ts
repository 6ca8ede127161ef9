import type { Work } from '../../compute/work.ts';
import { above, gamma } from '../../rounding.ts';
import { atBend, CellRows, type Cell } from '../exact/cell.ts';
import type { Frame } from '../exact/frame.ts';
import { provedInverse, type ProvedInverse } from './proved-inverse.ts';

/** Images tried before nothing is said. */
const mostTries = 8;

/** The affine map of a cell: J x + b, of which J and b are known up to the errors of their rows. */
interface Piece extends ProvedInverse {
  readonly cell: Cell;
}

/**
 * A number m with |f(x) - f(y)| >= m |x - y| everywhere, proved; undefined where that cannot be shown. `cells` cover the whole space, some of them may be empty. If all of their Jacobians
 * are regular with determinants of one sign, the network is open and onto (Rheinboldt, Vandergraft, SIAM J. Appl. Math. 29, 1975) and every image has as many preimages as a
 * generic one; if one image is shown to have exactly one, strictly inside of its cell, the network is one to one, and its inverse no steeper than 1 over the least singular value of
 * all. For the whole space, where the coordinates are those of the network.
 */
export async function provedByRegions(frame: Frame, cells: readonly Cell[], work: Work): Promise<number | undefined> {
  const { columns, outputs, scale, bounded } = frame;
  if (bounded || outputs !== columns - 1 || scale.some((own) => own !== 1)) return undefined;
  const rows = new CellRows(frame);
  const pieces: Piece[] = [];
  for (const cell of cells) {
    await work.breathe();
    if (cell.flags.some((flags) => (flags & atBend) !== 0)) return undefined;
    const proved = provedInverse(...jacobianOn(frame, rows, cell));
    if (proved === undefined || proved.turn !== (pieces[0]?.turn ?? proved.turn)) return undefined;
    pieces.push({ ...proved, cell });
  }
  for (const { cell } of pieces.slice(0, mostTries)) {
    await work.breathe();
    const inside = cell.witnesses.at(-1);
    const times = inside && preimagesOf(frame, rows, pieces, imageOf(frame, rows, cell, inside));
    if (times !== undefined)
      return times === 1 ? pieces.reduce((least, piece) => Math.min(least, piece.least), Infinity) : undefined;
  }
  return undefined;
}

function jacobianOn(
  { units, outputs, columns }: Frame,
  rows: CellRows,
  cell: Cell,
): [{ rows: number; columns: number; entries: Float64Array }, number] {
  for (let r = 0; r < units.length + outputs; r++) rows.compute(r, cell);
  const n = columns - 1;
  const entries = new Float64Array(outputs * n);
  let error = 0;
  for (let i = 0; i < outputs; i++) {
    const own = units.length + i;
    entries.set(rows.values.subarray(own * columns, own * columns + n), i * n);
    error = Math.max(error, rows.slopeError[own]!);
  }
  return [{ rows: outputs, columns: n, entries }, error];
}

/** Near the image of a point: any vector will do that is the same for all cells. */
function imageOf(frame: Frame, rows: CellRows, cell: Cell, z: Float64Array): Float64Array {
  const { units, outputs, columns } = frame;
  for (let r = 0; r < units.length + outputs; r++) rows.compute(r, cell);
  const point = z.map((value) => value / z[columns - 1]!);
  return Float64Array.from({ length: outputs }, (_, i) => rows.at(units.length + i, point));
}

/** How many cells hold a point that is taken to the image; undefined where one of these points is too near to its cell's border to tell. */
function preimagesOf(frame: Frame, rows: CellRows, pieces: readonly Piece[], image: Float64Array): number | undefined {
  const { units, outputs, columns } = frame;
  const n = columns - 1;
  let count = 0;
  for (const { cell, inverse, least } of pieces) {
    for (let r = 0; r < units.length + outputs; r++) rows.compute(r, cell);
    const right = image.map((value, i) => value - rows.values[(units.length + i + 1) * columns - 1]!);
    const point = new Float64Array(columns).fill(1, n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) point[i]! += inverse[i * n + j]! * right[j]!;
    // |x* - x| <= |J* x + b* - image| / least.
    const residuals = image.map((value, i) => {
      const { middle, error } = valueAt(rows, units.length + i, point);
      return above(Math.abs(middle - value) + above(error + 2 ** -52 * (Math.abs(middle) + Math.abs(value))));
    });
    const length = residuals.reduce((sum, own) => above(sum + above(own * own)), 0);
    const where = standing(frame, rows, cell, point, above(above(Math.sqrt(length)) / least));
    if (where === 'near') return undefined;
    if (where === 'inside') count++;
  }
  return count;
}

/** The exact row at the point, up to the error. */
function valueAt(rows: CellRows, r: number, point: Float64Array): { readonly middle: number; readonly error: number } {
  const { columns } = rows.frame;
  let [middle, size, far] = [0, 0, 0];
  for (let c = 0; c < columns; c++) {
    const product = rows.values[r * columns + c]! * point[c]!;
    middle += product;
    size += Math.abs(product);
    if (c < columns - 1) far += Math.abs(point[c]!);
  }
  const unknown = above(above(rows.slopeError[r]! * 1.01 * far) + rows.shiftError[r]!);
  return { middle, error: above(unknown + above(1.01 * gamma(columns + 3) * size)) };
}

/** Where every point within `reach` of one lies, with respect to a cell whose rows are computed. */
function standing(
  { units, columns }: Frame,
  rows: CellRows,
  cell: Cell,
  point: Float64Array,
  reach: number,
): 'inside' | 'near' | 'outside' {
  let isNear = false;
  for (const [k, { pieces }] of units.entries()) {
    const { middle, error } = valueAt(rows, k, point);
    const spread = above(error + above(above(rows.slopeSize[k]! * Math.sqrt(columns)) * reach));
    for (const [side, bend] of [
      [1, pieces.breaks[cell.low[k]! - 1]],
      [-1, pieces.breaks[cell.low[k]!]],
    ] as const) {
      if (bend === undefined) continue;
      const past = side * (middle - bend);
      const doubt = above(spread + 2 ** -52 * (Math.abs(middle) + Math.abs(bend)));
      if (past < -doubt) return 'outside';
      // Written so that what is no number is near.
      if (!(past > doubt)) isNear = true;
    }
  }
  return isNear ? 'near' : 'inside';
}
