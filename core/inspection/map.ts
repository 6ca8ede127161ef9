import type { Rigor } from '../bound.ts';
import type { Engine } from '../compute/engine.ts';
import type { Work } from '../compute/work.ts';
import { CellGrid, type CellBlock } from '../estimators/maps/cell-grid.ts';
import type { CellMethod, CellQuestion } from '../estimators/maps/cell-method.ts';
import { cornersOf } from '../estimators/maps/corners.ts';
import { ExactCells } from '../estimators/maps/exact-cells.ts';
import { exactMap } from '../estimators/maps/exact-map.ts';
import { ExactPoints } from '../estimators/maps/exact-points.ts';
import { openJacobians } from '../estimators/maps/jacobians.ts';
import { openPairs } from '../estimators/maps/pairs.ts';
import { elementCount } from '../network/tensor.ts';
import { mapFindings, rigorOfFinding, type LipschitzMap, type MapCells, type MapCorners, type MapTile } from '../report/map.ts'; // prettier-ignore
import { emptyCells, type MapEvent } from '../report/map-progress.ts';
import { RequestError, UserError } from '../sentence.ts';
import { toolVersion } from '../version.ts';
import { openBoxBounds } from './box-bounds.ts';
import { BoxCells } from './box-cells.ts';
import { planeOf } from './map-plane.ts';
import type { MapRequest } from './map-request.ts';
import { openModel, type OpenModel } from './open-model.ts';
import { startPace, type Pace } from './pace.ts';

/**
 * Draws a map: an event stream that begins with the empty grid and ends with the finished map. A coarse picture of the whole comes first,
 * then tile after tile from the middle outward. Ends at the budget with what there is by then.
 */
export async function* drawMap(
  request: MapRequest,
  engine: Engine,
  signal: AbortSignal,
): AsyncGenerator<MapEvent, void> {
  checkSizes(request);
  const pace = startPace(engine, signal, request.budgetSeconds);
  using model = await openModel(request, engine);
  yield* new Drawing(request, engine, model, pace).events();
}

const mostCells = 2 ** 20;

function checkSizes({ grid: { rows, columns }, samples, seed }: MapRequest): void {
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 1;
  if (!whole(rows) || !whole(columns) || rows * columns > mostCells)
    throw new RequestError(
      `A grid of ${rows}x${columns} cannot be drawn: take whole numbers, and at most ${mostCells} cells.`,
    );
  if (!whole(samples))
    throw new RequestError(`${samples} samples in each cell cannot be taken: write a whole number of at least 1.`);
  if (!Number.isInteger(seed)) throw new RequestError(`The seed ${seed} is not a whole number.`);
}

class Drawing {
  readonly #request: MapRequest;
  readonly #engine: Engine;
  readonly #model: OpenModel;
  readonly #pace: Pace;
  readonly #grid: CellGrid;
  readonly #cells: MapCells;
  readonly #notes: string[];
  #corners: MapCorners | null = null;
  #done = 0;

  constructor(request: MapRequest, engine: Engine, model: OpenModel, pace: Pace) {
    const { runnable, input } = model.prepared;
    this.#request = request;
    this.#engine = engine;
    this.#model = model;
    this.#pace = pace;
    this.#notes = [...model.notes];
    this.#grid = new CellGrid(planeOf(request, elementCount(runnable.types.get(input)!.shape)), request.grid);
    this.#cells = emptyCells(request.grid.rows * request.grid.columns);
  }

  async *events(): AsyncGenerator<MapEvent, void> {
    yield { kind: 'opened', map: this.#snapshot() };
    const work = this.#pace.until(this.#request.budgetSeconds);
    const { prepared } = this.#model;
    const { norm, constant, samples, seed, method } = this.#request;
    const exact = exactMap(prepared, this.#grid.plane, norm, constant);
    const proof = exact === undefined ? undefined : new ExactPoints(exact);
    const question: CellQuestion = { prepared, norm, constant, samples, seed, grid: this.#grid, cells: this.#cells, proof }; // prettier-ignore
    this.#corners = await cornersOf(question, work);
    yield { kind: 'corners', corners: this.#corners };

    const jacobians = await openJacobians(question, work);
    if ('missing' in jacobians) {
      const { op, node, reason } = jacobians.missing;
      if (method === 'jacobian')
        throw new UserError(`The Jacobian cannot be sampled at ${op} "${node}": ${reason}. Draw the map with pairs instead.`); // prettier-ignore
    }
    await using sampling = 'missing' in jacobians ? undefined : jacobians;
    if (sampling !== undefined) {
      yield { kind: 'activity', activity: 'A first look at every cell', fraction: 0 };
      for (const block of this.#grid.blocks(glanceSide)) {
        await sampling.glance(block, work);
        yield { kind: 'tile', tile: this.#tile(block, 'coarse') };
      }
    }
    if (method === 'jacobian') yield* this.#fill(sampling!, work);
    else if (method === 'pairs') {
      const opened = await openPairs(question, work);
      if ('missing' in opened) throw new Error(opened.missing.reason);
      await using pairs = opened;
      yield* this.#fill(pairs, work);
    } else if (exact !== undefined) yield* this.#fill(new ExactCells(question, exact), work);
    else yield* this.#boxes(question, sampling, work);
    yield { kind: 'finished', map: this.#snapshot() };
  }

  async *#fill(method: CellMethod, work: Work): AsyncGenerator<MapEvent> {
    const total = this.#grid.rows * this.#grid.columns;
    const blocks = this.#grid.blocks(method.side);
    for (const [i, block] of blocks.entries()) {
      if (work.remainingSeconds() <= 0) {
        yield this.#note(`The budget of ${this.#request.budgetSeconds} s was over after ${this.#done} of ${total} cells; the others show a first look.`); // prettier-ignore
        return;
      }
      const share = work.remainingSeconds() / (blocks.length - i);
      await method.fill(block, method.ends === 'with time' ? this.#pace.until(this.#pace.seconds() + share) : work);
      this.#done += block.rows * block.columns;
      yield { kind: 'tile', tile: this.#tile(block, 'done') };
      yield { kind: 'activity', activity: 'Filling cells', fraction: this.#done / total };
    }
  }

  /** A bound for every cell first, then splitting, for which each block gets its share of the time. */
  async *#boxes(question: CellQuestion, sampling: CellMethod | undefined, work: Work): AsyncGenerator<MapEvent> {
    yield { kind: 'activity', activity: 'Norms of all layers', fraction: 0 };
    const bounds = await openBoxBounds(this.#model.prepared, question.norm, this.#pace.until(normShare * this.#request.budgetSeconds)); // prettier-ignore
    const boxes = new BoxCells(question, bounds, sampling);
    for (const block of this.#grid.blocks(boxes.side)) {
      if (work.remainingSeconds() <= 0) break;
      await boxes.glance(block, work);
      yield { kind: 'tile', tile: this.#tile(block, 'coarse') };
    }
    yield* this.#fill(boxes, work);
  }

  #note(note: string): MapEvent {
    this.#notes.push(note);
    return { kind: 'note', note };
  }

  #tile(block: CellBlock, stage: MapTile['stage']): MapTile {
    const cells = emptyCells(block.rows * block.columns);
    let to = 0;
    for (const k of this.#grid.cellsOf(block)) {
      cells.lower[to] = this.#cells.lower[k]!;
      cells.upper[to] = this.#cells.upper[k]!;
      cells.lowerFound[to] = this.#cells.lowerFound[k]!;
      cells.upperFound[to] = this.#cells.upperFound[k]!;
      cells.at.set(this.#cells.at.subarray(2 * k, 2 * k + 2), 2 * to++);
    }
    return { ...block, cells, stage };
  }

  #snapshot(): LipschitzMap {
    const { norm, method, constant, samples, seed, grid } = this.#request;
    const { lower, upper, lowerFound, upperFound, at } = this.#cells;
    return {
      format: 'lipschitz-map',
      version: 1,
      tool: { name: 'lipschitz-inspector', version: toolVersion },
      model: this.#model.summary,
      engine: this.#engine.summary,
      ...{ norm, method, constant, samples, seed, grid },
      plane: this.#grid.plane,
      cells: {
        lower: lower.slice(),
        upper: upper.slice(),
        lowerFound: lowerFound.slice(),
        upperFound: upperFound.slice(),
        at: at.slice(),
      },
      rigor: {
        lower: weakest(lowerFound),
        upper: upper.every((value) => value === Infinity) ? null : weakest(upperFound),
      },
      corners: this.#corners,
      done: this.#done,
      seconds: this.#pace.seconds(),
      notes: this.#notes.slice(),
    };
  }
}

/** Of the budget, for norms of layers. */
const normShare = 0.2;

/** Cells along a side of a block of first looks. */
const glanceSide = 50;

const weakestFirst: readonly Rigor[] = ['estimate', 'probabilistic', 'numerical', 'certified'];

function weakest(found: Uint8Array): Rigor {
  const seen = new Set([...new Set(found)].map((place) => rigorOfFinding[mapFindings[place]!]));
  return weakestFirst.find((rigor) => seen.has(rigor)) ?? 'certified';
}
