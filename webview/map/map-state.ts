import type { MapRequest } from '../../core/inspection/map-request.ts';
import type { LipschitzMap } from '../../core/report/map.ts';
import { advanceMap, type MapEvent } from '../../core/report/map-progress.ts';
import type { MapOutput } from './map-output.ts';

/** What the user chose; the rest (provider, threads, inputs held) comes from the settings and the question. */
export interface MapChoice extends Pick<
  MapRequest,
  'norm' | 'plane' | 'grid' | 'method' | 'constant' | 'samples' | 'seed'
> {
  /** Up to where it looks; undefined: up to the output of the question. */
  readonly output?: MapOutput;
  /** undefined: the base point and the range that suit the plane. */
  readonly at: string | undefined;
  readonly range: MapRequest['range'] | undefined;
  /** Data to be shown; undefined: those of the plane, if it has any. */
  readonly data?: MapRequest['data'] | undefined;
}

/** The Map tab's side of a model, known to the host and the panel alike. */
export type MapState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'running';
      readonly map: LipschitzMap | undefined;
      readonly activity: string;
      readonly fraction: number;
    }
  | { readonly kind: 'finished'; readonly map: LipschitzMap }
  /** Cancelled; the cells that were done stand. */
  | { readonly kind: 'stopped'; readonly map: LipschitzMap | undefined }
  | { readonly kind: 'failed'; readonly message: string; readonly map: LipschitzMap | undefined };

/** Another model's map beside the model's own. */
export interface BesideState {
  readonly file: string;
  readonly state: MapState;
}

export const mapOf = (state: MapState): LipschitzMap | undefined => (state.kind === 'none' ? undefined : state.map);

/** The state after one more event of the map that is being drawn. */
export function advanceMapState(state: MapState, event: MapEvent): MapState {
  const map = advanceMap(mapOf(state), event);
  if (event.kind === 'finished') return { kind: 'finished', map: event.map };
  // A pin may come when the map has long ended.
  if (event.kind === 'pin' && map !== undefined && state.kind !== 'none') return { ...state, map };
  const { activity, fraction } =
    event.kind === 'activity' ? event : state.kind === 'running' ? state : { activity: '', fraction: 0 };
  return { kind: 'running', map, activity, fraction };
}
