import type { MapConstant, MapMethod, MapRange } from '../report/map.ts';
import { defaultRequest, type InspectionRequest } from './request.ts';

/** Which plane the map shows. Points are in the syntax of POINT. */
export type MapPlaneRequest =
  /** Two coordinates of the flattened input; the others stay as they are at the base point. */
  | { readonly kind: 'coordinates'; readonly axes: readonly [number, number] }
  /** The two principal directions of data in a .npy file, one point per row. */
  | { readonly kind: 'principal'; readonly data: string }
  /** Two random orthogonal directions, drawn with the seed. */
  | { readonly kind: 'random' }
  | { readonly kind: 'points'; readonly points: readonly [string, string, string] };

/** A question about one model, as the command line and the editor both ask it. Plain data: it crosses processes. */
export interface MapRequest extends Pick<
  InspectionRequest,
  'file' | 'norm' | 'budgetSeconds' | 'provider' | 'threads' | 'input' | 'output' | 'set' | 'dims'
> {
  readonly plane: MapPlaneRequest;
  /** The base point, as POINT. Left out: zeros; the mean of the data; the first of three points. */
  readonly at?: string;
  /**
   * Along both axes: values of the coordinates; lengths from the base point along directions. Left out: -3 to 3; or around the
   * data or the three points.
   */
  readonly range?: readonly [MapRange, MapRange];
  readonly grid: { readonly rows: number; readonly columns: number };
  readonly method: MapMethod;
  readonly constant: MapConstant;
  /** Random pairs, or sampled points, in each cell. */
  readonly samples: number;
  readonly seed: number;
  /** Data to be shown with the map. */
  readonly data?: MapDataRequest;
  /** Points of the plane to be looked at closely. */
  readonly pins?: readonly (readonly [u: number, v: number])[];
}

/** .npy files: one point per row, one whole number per point. */
export interface MapDataRequest {
  readonly data: string;
  readonly labels?: string;
}

export const samplesPerCell: Readonly<Record<MapMethod, number>> = { pairs: 2500, jacobian: 100, certified: 16 };

export function defaultMapRequest(file: string, method: MapMethod = 'jacobian'): MapRequest {
  const { norm, provider, threads, set, dims } = defaultRequest(file);
  return {
    ...{ file, norm, provider, threads, set, dims },
    budgetSeconds: 60,
    plane: { kind: 'coordinates', axes: [0, 1] },
    grid: { rows: 50, columns: 50 },
    method,
    constant: 'full input',
    samples: samplesPerCell[method],
    seed: 0,
  };
}
