import type { MapEvent } from '../core/report/map-progress.ts';
import type { BesideState } from '../webview/map/map-state.ts';
import { Signal, type Disposable } from './disposable.ts';
import type { ModelMap } from './model-map.ts';
import { baseName } from './names.ts';

export type BesideChange =
  | { readonly kind: 'beside'; readonly beside: BesideState | undefined }
  | { readonly kind: 'beside-event'; readonly event: MapEvent };

/** The map of another model that stands beside a model's own; it is that model's map, drawn with this one's plane. */
export class BesideMap {
  readonly changes = new Signal<BesideChange>();
  #other: { readonly file: string; readonly map: ModelMap; readonly listening: Disposable } | undefined;

  get file(): string | undefined {
    return this.#other?.file;
  }

  get map(): ModelMap | undefined {
    return this.#other?.map;
  }

  get shown(): BesideState | undefined {
    return this.#other === undefined ? undefined : { file: baseName(this.#other.file), state: this.#other.map.state };
  }

  choose(file: string, map: ModelMap): void {
    this.#other?.listening.dispose();
    const listening = map.changes.listen((change) => {
      if (change.kind === 'map') this.changes.emit({ kind: 'beside', beside: this.shown });
      else this.changes.emit({ kind: 'beside-event', event: change.event });
    });
    this.#other = { file, map, listening };
    this.changes.emit({ kind: 'beside', beside: this.shown });
  }

  alone(): void {
    this.#other?.listening.dispose();
    this.#other = undefined;
    this.changes.emit({ kind: 'beside', beside: undefined });
  }

  dispose(): void {
    this.#other?.listening.dispose();
    this.changes.dispose();
  }
}
