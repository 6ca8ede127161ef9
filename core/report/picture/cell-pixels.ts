import { coloured } from '../map-cell.ts';
import type { LipschitzMap } from '../map.ts';
import { colourAt, extremesOf, type ColourScale, type Extremes, type MapColour } from './colour-scale.ts';

/** Lines of the picture, the last one not included. */
export interface Lines {
  readonly from: number;
  readonly to: number;
}

/** More shades than the eye, or a screen's 8 bits between two steps of the scale, can tell apart. */
const shades = 4096;
const shadeColours = ((): Uint32Array => {
  const bytes = new Uint8Array(4 * shades);
  for (let k = 0; k < shades; k++) bytes.set([...colourAt(k / (shades - 1)), 255], 4 * k);
  return new Uint32Array(bytes.buffer);
})();

/**
 * A map as one pixel a cell, transparent where nothing is known yet. It remembers what each pixel stands for, so that a tile which comes
 * in costs the colours of its own cells and not those of the whole map.
 */
export class CellPixels {
  readonly bytes: Uint8ClampedArray<ArrayBuffer>;
  readonly #pixels: Uint32Array;
  readonly #values: Float64Array;
  readonly #changed: Uint8Array;
  readonly #grid: LipschitzMap['grid'];
  #scale: ColourScale | undefined;

  constructor(grid: LipschitzMap['grid']) {
    const cells = grid.rows * grid.columns;
    this.#grid = grid;
    this.bytes = new Uint8ClampedArray(4 * cells);
    this.#pixels = new Uint32Array(this.bytes.buffer);
    this.#values = new Float64Array(cells).fill(Number.NaN);
    this.#changed = new Uint8Array(cells);
  }

  /** Takes over the map's numbers; colours follow with `paint`, when the scale is known. */
  take(map: LipschitzMap, colour: MapColour, kind: ColourScale['kind']): Extremes {
    for (let i = 0; i < this.#values.length; i++) {
      const value = coloured(map, i, colour);
      if (Object.is(value, this.#values[i])) continue;
      this.#values[i] = value;
      this.#changed[i] = 1;
    }
    return extremesOf(this.#values, kind);
  }

  /** Gives the cells that changed, or all when the scale did, their colours. Which lines of the picture are new; undefined for none. */
  paint(scale: ColourScale): Lines | undefined {
    const { rows, columns } = this.#grid;
    const before = this.#scale;
    const all = before?.kind !== scale.kind || before.from !== scale.from || before.to !== scale.to;
    this.#scale = scale;
    const shadeOf = shadeOn(scale);
    let [from, to] = [rows, 0];
    for (let row = 0; row < rows; row++) {
      // The picture's first line is the map's last row.
      const line = rows - 1 - row;
      for (let column = 0; column < columns; column++) {
        const cell = row * columns + column;
        if (!all && this.#changed[cell] === 0) continue;
        const value = this.#values[cell]!;
        this.#pixels[line * columns + column] = Number.isNaN(value) ? 0 : shadeColours[shadeOf(value)]!;
        from = Math.min(from, line);
        to = Math.max(to, line + 1);
      }
    }
    this.#changed.fill(0);
    return from < to ? { from, to } : undefined;
  }
}

/** `placeOn`, with the logarithms of the scale's ends taken once. */
function shadeOn(scale: ColourScale): (value: number) => number {
  const of = scale.kind === 'log' ? Math.log : (value: number): number => value;
  const [start, end] = [of(scale.from), of(scale.to)];
  const factor = (shades - 1) / (end - start);
  return (value) => {
    if (value === Number.POSITIVE_INFINITY) return shades - 1;
    if (scale.kind === 'log' && !(value > 0)) return 0;
    return Math.min(shades - 1, Math.max(0, Math.round((of(value) - start) * factor)));
  };
}
