import { norms, type Norm, type NormInterval } from '../bound.ts';
import type { LayerEntry, LayerNorm } from '../report/inspection.ts';

/** The layers of an inspection as far as they are known: by id, in the order of the network. */
export class KnownLayers {
  readonly #entries: Map<string, LayerEntry>;

  constructor(entries: readonly LayerEntry[]) {
    this.#entries = new Map(entries.map((entry) => [entry.id, entry]));
  }

  get all(): LayerEntry[] {
    return [...this.#entries.values()];
  }

  find(id: string): LayerEntry | undefined {
    return this.#entries.get(id);
  }

  /** One that is there. */
  entry(id: string): LayerEntry {
    return this.#entries.get(id)!;
  }

  replace(entry: LayerEntry): void {
    this.#entries.set(entry.id, entry);
  }

  /** Keeps the better of the old and the new interval. */
  setNorm(id: string, norm: Norm, { lower, upper, rigor, method, failure }: NormInterval): void {
    if (!Number.isFinite(upper)) return;
    const found: LayerNorm = { lower, upper, rigor, method, ...(failure === undefined ? {} : { failure }) };
    const entry = this.entry(id);
    const old = entry.norms[norm];
    if (old?.upper != null && old.upper <= upper && old.lower >= lower) return;
    this.replace({ ...entry, norms: { ...entry.norms, [norm]: found } });
  }

  /** Constants by closed forms; those on the whole space beside them where a region has others. */
  setClosed(id: string, closed: LayerEntry['norms'], everywhere: LayerEntry['norms'] | undefined): void {
    const widened = everywhere !== undefined && differ(closed, everywhere) ? { everywhere } : {};
    this.replace({ ...this.entry(id), norms: closed, ...widened });
  }

  /** By id, every upper end that is known. */
  upperEnds(norm: Norm): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.all.flatMap(({ id, norms: { [norm]: own } }) => (own?.upper == null ? [] : [[id, own.upper]])),
    );
  }
}

const differ = (one: LayerEntry['norms'], other: LayerEntry['norms']): boolean =>
  norms.some((norm) => one[norm]?.upper !== other[norm]?.upper);
