import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { PreparedNetwork } from '../../passes/prepare.ts';
import { mapFindings, type MapCells, type MapConstant, type MapFinding } from '../../report/map.ts';
import type { CellBlock, CellGrid } from './cell-grid.ts';
import type { PointProof } from './point-proof.ts';

/** What every way of filling cells is told. */
export interface CellQuestion {
  readonly prepared: PreparedNetwork;
  readonly norm: Norm;
  readonly constant: MapConstant;
  readonly grid: CellGrid;
  readonly cells: MapCells;
  readonly samples: number;
  readonly seed: number;
  /** Proves what was seen at points, where the network is of a kind that allows it. */
  readonly proof: PointProof | undefined;
}

/** One way of filling the cells of a map, block after block. */
export interface CellMethod extends AsyncDisposable {
  /** Cells along a side of a block: about a tenth of a second's work. */
  readonly side: number;
  /** `with time`: a block gets better for as long as it is worked on, so each gets an equal share of what is left. */
  readonly ends: 'by itself' | 'with time';
  /** A first look at the block's cells, for methods that have a cheap one. */
  glance?(block: CellBlock, work: Work): Promise<void>;
  /** Improves the intervals of the block's cells in place. */
  fill(block: CellBlock, work: Work): Promise<void>;
}

const place = (finding: MapFinding): number => mapFindings.indexOf(finding);

/**
 * A lower end that was computed again takes the place of an estimate, also when it is less: float32 overshoots. Otherwise the larger one stays.
 */
export function raiseLower(cells: MapCells, k: number, value: number, finding: MapFinding, u: number, v: number): void {
  const old = mapFindings[cells.lowerFound[k]!]!;
  const estimated = old.endsWith('float32') && !finding.endsWith('float32');
  if (!Number.isFinite(value) || (!(value > cells.lower[k]!) && !estimated)) return;
  cells.lower[k] = value;
  cells.lowerFound[k] = place(finding);
  cells.at[2 * k] = u;
  cells.at[2 * k + 1] = v;
}

/** What another method saw at a first look has no place in the answer of this one. */
export function forgetLower(cells: MapCells, k: number): void {
  cells.lower[k] = 0;
  cells.lowerFound[k] = 0;
  cells.at.fill(Number.NaN, 2 * k, 2 * k + 2);
}

export function sinkUpper(cells: MapCells, k: number, value: number, finding: MapFinding): void {
  if (!(value < cells.upper[k]!)) return;
  cells.upper[k] = value;
  cells.upperFound[k] = place(finding);
}
