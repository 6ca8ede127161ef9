import type { Work } from '../../compute/work.ts';
import type { Region } from '../../region.ts';
import { startPoints } from '../exact/branch-and-bound.ts';
import { CellRows, type Cell } from '../exact/cell.ts';
import { frameOf, type Frame } from '../exact/frame.ts';
import { leastStretch, normOf, type Small } from '../exact/jacobian-norm.ts';
import type { PiecewiseLinearProgram } from '../exact/program.ts';
import { RegionSearch } from '../exact/region-search.ts';
import { WitnessPoints, type WitnessPair } from '../exact/witness-points.ts';
import { preimages, turnedBy } from './orientation.ts';
import { provedByRegions } from './proved-regions.ts';

/** What the activation regions of a small piecewise-linear network say about how far it keeps points apart; true up to rounding where nothing else is said. */
export interface RegionStretch {
  readonly regions: number;
  /** The least singular value of a Jacobian: points of that region are kept apart by no more. */
  readonly least: number;
  readonly pair: WitnessPair | undefined;
  /**
   * exactly: the network is one to one and onto, and `least` is the answer. folds: some regions are turned over and some are not. covers-twice: none is turned over, and yet points share an
   * image. In both, and where a region collapses, the answer is 0. locally: it is no more than `least`.
   */
  readonly verdict: 'exactly' | 'folds' | 'covers-twice' | 'collapses' | 'locally';
  /** Where the verdict `exactly` is proved: points are kept apart by no less, roundings counted. */
  readonly proved?: number;
}

const mostRegions = 20_000;
/** Of the largest singular value of the same region: rounding. */
const nothing = 1e-12;

/**
 * All regions, one after the other; undefined where they are too many. Within a region |f(x) - f(y)| >= s |x - y|, s the least singular value of its Jacobian. With as many outputs as
 * inputs and all determinants of one sign the network is open and onto (Rheinboldt, Vandergraft, SIAM J. Appl. Math. 29, 1975), and every image has as many preimages as a
 * generic one. If that is one, the inverse is piecewise linear too, and along the line between two images no steeper than 1 over the least s of all.
 */
export async function stretchByRegions(
  program: PiecewiseLinearProgram,
  region: Region,
  work: Work,
): Promise<RegionStretch | undefined> {
  const frame = frameOf(program, region);
  const inputs = frame.columns - 1;
  // An input that nothing looks at, or that the region fixes, is no matter of regions.
  if (inputs < program.inputs || inputs === 0 || frame.outputs < inputs) return undefined;
  const found = await allRegions(frame, work);
  if (found === undefined) return undefined;
  const { cells, areAll } = found;
  const shortest = {
    value: (jacobian: Small) => 1 / leastStretch(jacobian).value,
    direction: (jacobian: Small) => leastStretch(jacobian).direction,
  };
  const points = new WitnessPoints(frame, shortest, region);
  const rows = new CellRows(frame);
  let least = Number.POSITIVE_INFINITY;
  const turns = new Set<number>();
  for (const cell of cells) {
    await work.breathe();
    const jacobian = jacobianOn(frame, rows, cell);
    const { value } = leastStretch(jacobian);
    const own = value > nothing * normOf('l2', jacobian) ? value : 0;
    least = Math.min(least, own);
    for (const z of cell.witnesses) points.visit(z);
    if (frame.outputs === inputs && own > 0) turns.add(turnedBy(jacobian));
  }
  const shared = { regions: cells.length, least, pair: points.pair() };
  if (least === 0) return { ...shared, verdict: 'collapses' };
  if (frame.outputs > inputs || region.kind !== 'all') return { ...shared, verdict: 'locally' };
  if (turns.size > 1) return { ...shared, verdict: 'folds' };
  const times = preimages(frame, rows, cells);
  if (times !== 1) return { ...shared, verdict: times === undefined ? 'locally' : 'covers-twice' };
  const proved = areAll ? await provedByRegions(frame, cells, work) : undefined;
  return { ...shared, verdict: 'exactly', ...(proved === undefined ? {} : { proved }) };
}

/**
 * Every region that has an inside. What is too thin to tell is left out, and then nobody knows that these are all; everywhere else cells are only given up where a Farkas certificate
 * proves them empty.
 */
async function allRegions(
  frame: Frame,
  work: Work,
): Promise<{ readonly cells: readonly Cell[]; readonly areAll: boolean } | undefined> {
  const search = new RegionSearch(frame, 'l2');
  const open = [search.root(startPoints(frame).slice(0, 12))];
  const cells: Cell[] = [];
  let areAll = true;
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    await work.breathe();
    if (work.remainingSeconds() <= 0 || open.length + cells.length > mostRegions) return undefined;
    const halves = search.split(cell);
    if (halves !== undefined) open.push(...halves);
    else if (cell.witnesses.length > 0) cells.push(cell);
    else areAll = false;
    areAll &&= search.doubtful.length === 0;
    search.found.length = 0;
    search.doubtful.length = 0;
  }
  return { cells, areAll };
}

function jacobianOn({ units, outputs, columns, scale }: Frame, rows: CellRows, cell: Cell): Small {
  for (let r = 0; r < units.length + outputs; r++) rows.compute(r, cell);
  const entries = new Float64Array(outputs * (columns - 1));
  for (let i = 0; i < outputs; i++)
    for (let c = 0; c < columns - 1; c++)
      entries[i * (columns - 1) + c] = rows.values[(units.length + i) * columns + c]! / scale[c]!;
  return { rows: outputs, columns: columns - 1, entries };
}
