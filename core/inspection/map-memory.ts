import type { CellBlock, CellGrid } from '../estimators/maps/cell-grid.ts';
import type { ModelSummary } from '../report/inspection.ts';
import type { MapCells } from '../report/map.ts';
import { emptyCells } from '../report/map-progress.ts';
import { toolVersion } from '../version.ts';
import { canonical, digest } from './content-key.ts';
import type { MapRequest } from './map-request.ts';

/** Finished cells of maps, found by the model's content, the question and the cell's place in the plane; the path plays no part. */
export interface CellMemory {
  recall(request: MapRequest, model: ModelSummary, grid: CellGrid): Promise<RememberedCells>;
}

export interface RememberedCells {
  /** Undefined unless every cell of the block is known. */
  of(block: CellBlock): MapCells | undefined;
  keep(block: CellBlock, cells: MapCells): void;
  /** For later processes. */
  write(): Promise<void>;
}

/** Where questions' cells are kept between processes; text in, text out. */
export interface CellShelf {
  read(key: string): Promise<string | undefined>;
  write(key: string, text: string): Promise<void>;
}

/** lower, upper, how both were found, and where the lower end was seen. */
const numbersPerCell = 6;
type KeptCell = Float64Array;
type KeptCells = Map<string, KeptCell>;

/** Of one question; 3 MB. */
const mostCells = 2 ** 16;
/** Questions held in memory at once. */
const mostQuestions = 8;

export function createCellMemory(shelf: CellShelf | undefined): CellMemory {
  const held = new Map<string, KeptCells>();
  return {
    async recall(request, model, grid) {
      const key = keyOf(request, model, grid);
      const cells = held.get(key) ?? decoded(await shelf?.read(key));
      held.delete(key);
      held.set(key, cells);
      for (const oldest of held.keys()) if (held.size > mostQuestions) held.delete(oldest);
      return new Remembered(grid, cells, (text) => shelf?.write(key, text));
    },
  };
}

/** All that a cell's answer depends on, except where it lies: not the file's name, the part of the plane on screen, or the threads. */
function keyOf(request: MapRequest, model: ModelSummary, { plane }: CellGrid): string {
  const { norm, constant, method, samples, seed, input, output, set, dims, provider, budgetSeconds } = request;
  const { origin, first, second } = plane;
  const directions = [origin, first, second].map((vector) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')); // prettier-ignore
  return digest(canonical([toolVersion, model.sha256, { norm, constant, method, samples, seed, input, output, set, dims, provider, budgetSeconds }, directions])); // prettier-ignore
}

class Remembered implements RememberedCells {
  readonly #grid: CellGrid;
  readonly #cells: KeptCells;
  readonly #store: (text: string) => Promise<void> | undefined;
  /** Power of two that edges are told apart by. It belongs to the place: the same number of other units is another place. */
  readonly #exponent: number;
  #fresh = false;

  constructor(grid: CellGrid, cells: KeptCells, store: (text: string) => Promise<void> | undefined) {
    const [across, along] = grid.plane.range;
    this.#grid = grid;
    this.#cells = cells;
    this.#store = store;
    // Moving by whole cells and back rounds: edges closer than this are one. Certified methods cover a hair's breadth more than that.
    this.#exponent = Math.floor(Math.log2(Math.max(across[1] - across[0], along[1] - along[0]))) - 42;
  }

  of(block: CellBlock): MapCells | undefined {
    const found = emptyCells(block.rows * block.columns);
    let to = 0;
    for (const k of this.#grid.cellsOf(block)) {
      const kept = this.#cells.get(this.#placeOf(k));
      if (kept === undefined) return undefined;
      [found.lower[to], found.upper[to], found.lowerFound[to], found.upperFound[to]] = kept as unknown as [number, number, number, number]; // prettier-ignore
      found.at.set(kept.subarray(4), 2 * to++);
    }
    return found;
  }

  keep(block: CellBlock, { lower, upper, lowerFound, upperFound, at }: MapCells): void {
    let from = 0;
    for (const k of this.#grid.cellsOf(block)) {
      const kept = Float64Array.of(lower[from]!, upper[from]!, lowerFound[from]!, upperFound[from]!, at[2 * from]!, at[2 * from + 1]!); // prettier-ignore
      from++;
      this.#cells.set(this.#placeOf(k), kept);
      this.#fresh = true;
    }
    for (const oldest of this.#cells.keys()) {
      if (this.#cells.size <= mostCells) break;
      this.#cells.delete(oldest);
    }
  }

  async write(): Promise<void> {
    if (this.#fresh) await this.#store(encoded(this.#cells));
    this.#fresh = false;
  }

  #placeOf(k: number): string {
    const { left, right, low, high } = this.#grid.box(k);
    const unit = 2 ** this.#exponent;
    return [this.#exponent, ...[left, right, low, high].map((edge) => Math.round(edge / unit))].join(' ');
  }
}

function encoded(cells: KeptCells): string {
  const numbers = new Float64Array(cells.size * numbersPerCell);
  let at = 0;
  for (const cell of cells.values()) numbers.set(cell, numbersPerCell * at++);
  return JSON.stringify({ places: [...cells.keys()], numbers: Buffer.from(numbers.buffer).toString('base64') });
}

function decoded(text: string | undefined): KeptCells {
  if (text === undefined) return new Map();
  const { places, numbers } = JSON.parse(text) as { readonly places: readonly string[]; readonly numbers: string };
  const bytes = Buffer.from(numbers, 'base64');
  const all = new Float64Array(places.length * numbersPerCell);
  new Uint8Array(all.buffer).set(bytes.subarray(0, all.byteLength));
  return new Map(places.map((place, i) => [place, all.slice(numbersPerCell * i, numbersPerCell * (i + 1))]));
}
