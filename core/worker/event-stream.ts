import type { LayerEntry } from '../report/inspection.ts';
import type { InspectionEvent } from '../report/progress.ts';

/**
 * Thins out an inspection's events on their way across the process border. A network of a thousand layers reports each of them, but
 * nobody sees more than 20 pictures a second: `layers` wait up to 50 ms and travel together, of `activity` the newest travels.
 * All others pass at once; `advance` gives the same result when `layers` arrive after a `bound` that was sent later.
 */
export class EventStream {
  readonly #send: (event: InspectionEvent) => void;
  readonly #layers = new Map<string, LayerEntry>();
  #activity: InspectionEvent | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushedAt = -Infinity;

  constructor(send: (event: InspectionEvent) => void) {
    this.#send = send;
  }

  push(event: InspectionEvent): void {
    switch (event.kind) {
      case 'layers':
        for (const layer of event.layers) this.#layers.set(layer.id, layer);
        this.#flushSoon();
        break;
      case 'activity':
        this.#activity = event;
        this.#flushSoon();
        break;
      case 'opened':
      case 'bound':
      case 'note':
        this.#send(event);
        break;
      case 'finished':
        // It says everything that waits, and better.
        this.#forget();
        this.#send(event);
        break;
    }
  }

  /** Sends what waits; to be called before an answer that is not `finished`, so that nothing found so far is lost. */
  flush(): void {
    const { layers, activity } = { layers: [...this.#layers.values()], activity: this.#activity };
    this.#forget();
    this.#flushedAt = performance.now();
    if (layers.length > 0) this.#send({ kind: 'layers', layers });
    if (activity !== undefined) this.#send(activity);
  }

  /** By the clock first: a computation that holds the event loop never lets a timer fire. */
  #flushSoon(): void {
    if (performance.now() - this.#flushedAt >= intervalMs) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), intervalMs);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#layers.clear();
    this.#activity = undefined;
  }
}

const intervalMs = 50;
