import type { Inspection, LayerEntry } from '../core/report/inspection.ts';
import { orderedRows, type RowChoice } from './row-order.ts';

/** The rows of the table in an order that only the user, or the end of the inspection, changes: no value that arrives moves a row. */
export class SteadyRows {
  #layers: readonly LayerEntry[] = [];
  #ordered: readonly LayerEntry[] = [];
  #key = '';
  #order: readonly LayerEntry['id'][] = [];
  #places = new Map<LayerEntry['id'], number>();
  #rows: readonly LayerEntry[] = [];

  /** `settled` is false while results stream in. */
  of({ layers, norm }: Inspection, choice: Omit<RowChoice, 'norm'>, settled: boolean): readonly LayerEntry[] {
    const { sort, filter, layerKind } = choice;
    const key = JSON.stringify([sort, filter, layerKind, norm, settled, layers.length]);
    const anew = key !== this.#key || (settled && layers !== this.#ordered);
    if (!anew && layers === this.#layers) return this.#rows;
    if (anew) {
      this.#key = key;
      this.#ordered = layers;
      this.#order = orderedRows(layers, { sort, filter, layerKind, norm }).map(({ id }) => id);
      this.#places = new Map(this.#order.map((id, place) => [id, place]));
    }
    this.#layers = layers;
    const byId = new Map(layers.map((layer) => [layer.id, layer]));
    this.#rows = this.#order.flatMap((id) => byId.get(id) ?? []);
    return this.#rows;
  }

  get count(): number {
    return this.#order.length;
  }

  idAt(place: number): LayerEntry['id'] | undefined {
    return this.#order[place];
  }

  /** -1 for a layer that is filtered out. */
  placeOf(id: LayerEntry['id']): number {
    return this.#places.get(id) ?? -1;
  }
}
