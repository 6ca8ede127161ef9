import type { Norm, Rigor } from '../bound.ts';
import type { MapPin } from './map-pin.ts';
import type { EngineSummary, ModelSummary } from './inspection.ts';

/**
 * pairs: Rosca's procedure, the largest difference quotient of random pairs of points in each cell. jacobian: the largest norm of sampled
 * Jacobians. certified: a proved interval for every cell.
 */
export type MapMethod = 'pairs' | 'jacobian' | 'certified';

/**
 * Two different constants of one cell. `full input`: the points lie in the cell, the change of the input goes anywhere. `slice`: the
 * change stays in the plane, which can only be less.
 */
export type MapConstant = 'full input' | 'slice';

export type MapRange = readonly [from: number, to: number];

/**
 * A map of local constants: every cell of a grid in a plane through input space is an interval. `mapJson` writes it as other programs
 * read it (docs/maps.md); in memory the cells lie in flat arrays, row by row from the lower end of the second axis.
 */
export interface LipschitzMap {
  readonly format: 'lipschitz-map';
  readonly version: 1;
  readonly tool: { readonly name: 'lipschitz-inspector'; readonly version: string };
  readonly model: ModelSummary;
  readonly engine: EngineSummary;
  readonly norm: Norm;
  readonly method: MapMethod;
  readonly constant: MapConstant;
  readonly samples: number;
  readonly seed: number;
  readonly plane: MapPlane;
  readonly grid: { readonly rows: number; readonly columns: number };
  readonly cells: MapCells;
  /** Of all cells together: the weakest. */
  readonly rigor: { readonly lower: Rigor; readonly upper: Rigor | null };
  readonly corners: MapCorners | null;
  /** Data that are shown with the map. */
  readonly points: MapPoints | null;
  /** Points that were looked at closely. */
  readonly pins: readonly MapPin[];
  /** Cells that the method is through with. */
  readonly done: number;
  readonly seconds: number;
  readonly notes: readonly string[];
}

/** Points are origin + u first + v second. */
export interface MapPlane {
  readonly kind: 'coordinates' | 'principal' | 'random' | 'points';
  /** What the axes are called. */
  readonly names: readonly [string, string];
  /** Of the flattened input, where the plane follows two coordinates of it. */
  readonly axes: readonly [number, number] | null;
  readonly range: readonly [MapRange, MapRange];
  readonly origin: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Points of the input, each as its nearest point in the plane. */
export interface MapPoints {
  readonly u: Float64Array;
  readonly v: Float64Array;
  /** How far each lies from the plane, in l2. */
  readonly distance: Float64Array;
  readonly labels: Int32Array | null;
}

export interface MapCells {
  readonly lower: Float64Array;
  /** Infinity where there is no upper end (yet). */
  readonly upper: Float64Array;
  /** How each end was found: places in `mapFindings`. */
  readonly lowerFound: Uint8Array;
  readonly upperFound: Uint8Array;
  /** u and v of the point where the lower end was seen, two numbers a cell; NaN where none was. */
  readonly at: Float64Array;
}

/** How an end of a cell's interval was found. */
export const mapFindings = [
  'nothing',
  'pairs in float32',
  'pairs',
  'proved pairs',
  'Jacobians in float32',
  'Jacobians',
  'proved Jacobians',
  'exact partition',
  'bounds on boxes',
  'linear models',
] as const;
export type MapFinding = (typeof mapFindings)[number];

/** 0 is a lower end that needs no proof. Quotients in float32 may be a percent too large: an estimate until they are computed again. */
export const rigorOfFinding: Readonly<Record<MapFinding, Rigor>> = {
  nothing: 'certified',
  'pairs in float32': 'estimate',
  pairs: 'numerical',
  'proved pairs': 'certified',
  'Jacobians in float32': 'estimate',
  Jacobians: 'numerical',
  'proved Jacobians': 'certified',
  'exact partition': 'certified',
  'bounds on boxes': 'certified',
  'linear models': 'certified',
};

/** What the network gives on the corners of the cells, for contours and the decision boundary. */
export interface MapCorners {
  /** How many outputs the network has; of many only the first ones are kept. */
  readonly outputs: number;
  readonly kept: number;
  /** Output after output; each (rows + 1) x (columns + 1), row by row. */
  readonly values: Float64Array;
  /** The place of the largest output on every corner; of a single output whether it is above 0. */
  readonly decision: Uint32Array;
}

/** A rectangle of cells. */
export interface MapTile {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  readonly cells: MapCells;
  /** `coarse` ones are only a first look: a better tile of the same cells follows. */
  readonly stage: 'coarse' | 'done';
}
