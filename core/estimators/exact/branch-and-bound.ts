import type { Norm } from '../../bound.ts';
import { seededVector } from '../../compute/linear-algebra/euclidean.ts';
import type { Work } from '../../compute/work.ts';
import type { Region } from '../../region.ts';
import type { Cell } from './cell.ts';
import { CellHeap } from './cell-heap.ts';
import { frameOf, type Frame } from './frame.ts';
import type { PiecewiseLinearProgram } from './program.ts';
import { RegionSearch } from './region-search.ts';
import { steepestIn, WitnessPoints, type WitnessPair } from './witness-points.ts';

export interface ExactInterval {
  /** The norm of the Jacobian at an interior point, as computed; the pair lies inside one activation region. */
  readonly lower: { readonly value: number; readonly pair: WitnessPair | undefined };
  /** No Jacobian of the network on the region is larger; every rounding is accounted for. */
  readonly upper: { readonly value: number; readonly rigor: 'certified' };
  /** The upper end without the cells that are too thin to tell whether they exist. */
  readonly withoutSlivers: number;
  /** Cells looked at. */
  readonly cells: number;
  readonly finished: boolean;
}

export interface SearchLimits {
  /** Cells are kept in memory, a kilobyte or two each. */
  readonly cells?: number;
  /** Relative distance of the ends that counts as closed. */
  readonly gap?: number;
  /** To prove this upper end and no better one: cells below it need no further look. */
  readonly target?: number;
}

/**
 * The Lipschitz constant of a piecewise-linear network: the largest norm of its Jacobian on any full-dimensional activation
 * region, by best-first branch and bound over the pieces of its units. Both ends hold whenever it is stopped, and neither gets worse:
 * what was cut off is below `pruned`, what is open below the top of the heap.
 */
export async function* exactConstant(
  program: PiecewiseLinearProgram,
  norm: Norm,
  region: Region,
  work: Work,
  { cells: limit = 200_000, gap = 1e-9, target = 0 }: SearchLimits = {},
): AsyncGenerator<ExactInterval> {
  const frame = frameOf(program, region);
  const points = new WitnessPoints(frame, steepestIn(norm), region);
  const search = new RegionSearch(frame, norm);
  const [open, thin] = [new CellHeap<Cell>(), new CellHeap<Cell>()];
  // Largest upper ends of what was cut off, among the cells that exist and among those that may not.
  const pruned = new Map([
    [open, 0],
    [thin, 0],
  ]);
  const prune = (heap: CellHeap<Cell>, cell: Cell): void => {
    pruned.set(heap, Math.max(pruned.get(heap)!, cell.upper));
  };
  const above = (heap: CellHeap<Cell>): number => Math.max(pruned.get(heap)!, heap.top);
  let least = Number.POSITIVE_INFINITY;
  let cells = 1;
  const isSettled = (cell: Cell): boolean => cell.upper <= Math.max(points.value * (1 + gap), target);
  const put = (heap: CellHeap<Cell>, cell: Cell): void => {
    if (isSettled(cell)) prune(heap, cell);
    else heap.push(cell);
  };
  const harvest = (): void => {
    for (const z of search.found.splice(0)) points.visit(z);
  };
  const report = (finished: boolean): ExactInterval => {
    least = Math.min(least, Math.max(above(open), above(thin)));
    const withoutSlivers = Math.min(least, above(open));
    return {
      lower: { value: points.value, pair: points.pair() },
      upper: { value: least, rigor: 'certified' },
      withoutSlivers,
      cells,
      finished,
    };
  };

  if (frame.columns === 1) {
    // Nothing that depends on the input arrives, or the region is one point.
    yield report(true);
    return;
  }
  const starts = startPoints(frame);
  for (const z of starts) points.visit(z);
  /** Slivers that a cell was narrowed without: until they are in the heap no report may be made. */
  const collect = (): void => {
    for (const sliver of search.doubtful.splice(0)) {
      search.settle(sliver);
      put(thin, sliver);
    }
  };
  const root = search.root(starts.slice(0, 12));
  harvest();
  put(open, root);
  collect();
  let said = performance.now();
  yield report(open.size === 0 && thin.size === 0);
  while (cells < limit && work.remainingSeconds() > 0) {
    const heap = open.size > 0 ? open : thin;
    const cell = heap.pop();
    if (cell === undefined) break;
    if (isSettled(cell)) {
      // The largest of all: nothing else in this heap can matter.
      prune(heap, cell);
      continue;
    }
    const halves = search.split(cell);
    cells += halves?.length ?? 0;
    harvest();
    if (halves === undefined) prune(heap, cell);
    else for (const half of halves) put(heap, half);
    collect();
    await work.breathe();
    if (performance.now() - said < 200) continue;
    said = performance.now();
    yield report(false);
  }
  yield report(open.size === 0 && thin.size === 0);
}

/** Interior points at many distances: small networks show half of their regions to them. */
export function startPoints(frame: Frame): Float64Array[] {
  const { columns, bounded, lower, upper } = frame;
  const t = columns - 1;
  const count = 200;
  const numbers = seededVector(count * columns, 1);
  return Array.from({ length: count }, (_, i) => {
    const z = numbers.slice(i * columns, (i + 1) * columns);
    if (i === 0) z.fill(0);
    if (bounded)
      for (let c = 0; c < t; c++) z[c] = (lower[c]! + upper[c]! + 0.999 * z[c]! * (upper[c]! - lower[c]!)) / 2;
    z[t] = i === 0 || bounded ? 1 : 10 ** (3 * z[t]! - 1);
    const size = Math.sqrt(z.reduce((sum, value) => sum + value * value, 0));
    return z.map((value) => value / size);
  });
}
