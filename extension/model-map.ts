import type { MapRequest } from '../core/inspection/map-request.ts';
import type { LipschitzMap } from '../core/report/map.ts';
import type { MapPin } from '../core/report/map-pin.ts';
import type { MapEvent } from '../core/report/map-progress.ts';
import type { Answer, Failure } from '../core/worker/protocol.ts';
import { advanceMapState, mapOf, type MapState } from '../webview/map/map-state.ts';
import { Signal } from './disposable.ts';

/** Whoever computes maps: the worker's client, or a play of it in tests. */
export interface MapMaker {
  map(
    request: MapRequest,
    options: { readonly onEvent: (event: MapEvent) => void; readonly signal: AbortSignal },
  ): Promise<Answer<LipschitzMap>>;
  pin(request: MapRequest, at: MapPin['at']): Promise<Answer<MapPin>>;
}

export type MapChange =
  { readonly kind: 'map'; readonly state: MapState } | { readonly kind: 'map-event'; readonly event: MapEvent };

/** One model's map. It outlives its panels; every view of the model listens to this one object. */
export class ModelMap {
  readonly changes = new Signal<MapChange>();
  readonly #maker: MapMaker;
  readonly #internal: (message: string) => string;
  #state: MapState = { kind: 'none' };
  #running: AbortController | undefined;
  #request: MapRequest | undefined;

  /** `internal` says in the user's language that the fault is ours. */
  constructor(maker: MapMaker, internal: (message: string) => string) {
    this.#maker = maker;
    this.#internal = internal;
  }

  get state(): MapState {
    return this.#state;
  }

  /** A map that is still being drawn is cancelled first. Resolves when this one has ended, however it does. */
  async draw(request: MapRequest): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#request = request;
    // The old picture stays until the new one has its first cells.
    this.#become({ kind: 'running', map: mapOf(this.#state), activity: '', fraction: 0 });
    const answer = await this.#maker.map(request, {
      signal: running.signal,
      onEvent: (event) => {
        if (this.#running !== running) return;
        this.#state = advanceMapState(this.#state, event);
        this.changes.emit({ kind: 'map-event', event });
      },
    });
    // Another map has taken over.
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#become('ok' in answer ? { kind: 'finished', map: answer.ok } : this.#ended(answer.err));
  }

  /** Looks closely at a point; what comes of it belongs to the map that was on screen when it was asked for. */
  async pin(at: MapPin['at']): Promise<void> {
    const [request, map] = [this.#request, mapOf(this.#state)];
    if (request === undefined || map === undefined) return;
    const answer = await this.#maker.pin(request, at);
    if (!('ok' in answer) || this.#request !== request || this.#state.kind === 'none') return;
    const event = { kind: 'pin', pin: answer.ok } as const;
    this.#state = advanceMapState(this.#state, event);
    this.changes.emit({ kind: 'map-event', event });
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** The file has other bytes than those of the map. */
  forget(): void {
    this.cancel();
    this.#running = undefined;
    this.#become({ kind: 'none' });
  }

  dispose(): void {
    this.cancel();
    this.changes.dispose();
  }

  #become(state: MapState): void {
    this.#state = state;
    this.changes.emit({ kind: 'map', state });
  }

  #ended(failure: Failure): MapState {
    const map = mapOf(this.#state);
    if (failure.kind === 'cancelled') return { kind: 'stopped', map };
    const message = failure.kind === 'internal' ? this.#internal(failure.message) : failure.message;
    return { kind: 'failed', message, map };
  }
}
