import type { Rigor } from '../bound.ts';
import type { Engine } from '../compute/engine.ts';
import type { CellBlock } from '../estimators/maps/cell-grid.ts';
import { cornersOf } from '../estimators/maps/corners.ts';
import { mapFindings, rigorOfFinding, type LipschitzMap, type MapCells, type MapCorners, type MapPoints, type MapTile } from '../report/map.ts'; // prettier-ignore
import type { MapPin } from '../report/map-pin.ts';
import { emptyCells, putBlock, takeBlock, type MapEvent } from '../report/map-progress.ts';
import { RequestError } from '../sentence.ts';
import { toolVersion } from '../version.ts';
import { CellHand, type CellHands, type CellTask } from './cell-hand.ts';
import { Crew } from './crew.ts';
import type { CellMemory, RememberedCells } from './map-memory.ts';
import { pinAt, secondsPerPin } from './map-pin.ts';
import { mapPoints } from './map-points.ts';
import type { MapRequest } from './map-request.ts';
import { openModel, type OpenModel } from './open-model.ts';
import { startPace, type Pace } from './pace.ts';

/** What a map can do without: it then computes in this thread alone, and all anew. */
export interface MapHelp {
  /** Other threads, for maps that take long enough. */
  readonly hire?: (request: MapRequest, signal: AbortSignal) => CellHands;
  readonly memory?: CellMemory;
}

/**
 * Draws a map: an event stream that begins with the empty grid and ends with the finished map. A coarse picture of the whole comes first,
 * then tile after tile from the middle outward. Ends at the budget with what there is by then.
 */
export async function* drawMap(
  request: MapRequest,
  engine: Engine,
  signal: AbortSignal,
  help: MapHelp = {},
): AsyncGenerator<MapEvent, void> {
  checkSizes(request);
  const pace = startPace(engine, signal, request.budgetSeconds);
  using model = await openModel(request, engine);
  await using hand = new CellHand(request, model, pace);
  await using drawing = new Drawing(request, engine, signal, { model, pace, hand, help });
  yield* drawing.events();
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

interface Parts {
  readonly model: OpenModel;
  readonly pace: Pace;
  readonly hand: CellHand;
  readonly help: MapHelp;
}

class Drawing implements AsyncDisposable {
  readonly #request: MapRequest;
  readonly #engine: Engine;
  readonly #signal: AbortSignal;
  readonly #parts: Parts;
  readonly #cells: MapCells;
  readonly #notes: string[];
  readonly #remembered: Promise<RememberedCells | undefined>;
  readonly #pins: MapPin[] = [];
  readonly #crew: Crew<CellTask, MapCells>;
  readonly #points: MapPoints | null;
  #corners: MapCorners | null = null;
  #done = 0;
  #over = false;

  constructor(request: MapRequest, engine: Engine, signal: AbortSignal, parts: Parts) {
    this.#request = request;
    this.#engine = engine;
    this.#signal = signal;
    this.#parts = parts;
    this.#notes = [...parts.model.notes];
    const { hire } = parts.help;
    const light = parts.model.summary.parameters <= mostParametersPerHand;
    this.#crew = new Crew(parts.hand, hire !== undefined && light ? () => hire(request, signal) : undefined);
    this.#points = request.data === undefined ? null : mapPoints(request.data, parts.hand.question.grid.plane);
    this.#cells = emptyCells(request.grid.rows * request.grid.columns);
    const recalled = parts.help.memory?.recall(request, parts.model.summary, parts.hand.question.grid);
    // A memory that cannot be read costs time, never the answer.
    this.#remembered = Promise.resolve(recalled).catch(() => undefined);
  }

  async *events(): AsyncGenerator<MapEvent, void> {
    yield { kind: 'opened', map: this.#snapshot() };
    const { pace, hand } = this.#parts;
    const work = pace.until(this.#request.budgetSeconds);
    this.#corners = await cornersOf(hand.question, work);
    yield { kind: 'corners', corners: this.#corners };
    const { grid } = hand.question;
    const known = await this.#remembered;
    const whole = { row: 0, column: 0, rows: grid.rows, columns: grid.columns };
    const all = known?.of(whole);
    if (all !== undefined) {
      yield this.#finish(whole, all);
      yield* this.#pinned();
      yield { kind: 'finished', map: this.#snapshot() };
      return;
    }
    if ((await hand.look()) !== undefined) {
      yield { kind: 'activity', activity: 'A first look at every cell', fraction: 0 };
      for (const block of grid.blocks(glanceSide)) yield this.#put(block, await hand.work(this.#task('look', block, work.remainingSeconds())), 'coarse'); // prettier-ignore
    }
    yield { kind: 'activity', activity: 'Preparing the method', fraction: 0 };
    const method = await hand.method();
    const blocks = grid.blocks(method.side);
    const open: CellBlock[] = [];
    for (const block of blocks) {
      const cells = known?.of(block);
      if (cells === undefined) open.push(block);
      else yield this.#finish(block, cells);
    }
    if (method.glance !== undefined && this.#request.method === 'certified')
      for await (const { block, cells } of this.#shared('bound', open, () => work.remainingSeconds()))
        yield this.#put(block, cells, 'coarse');
    const share = (left: number): number => (method.ends === 'by itself' ? work.remainingSeconds() : work.remainingSeconds() * Math.min(1, this.#crew.size / left)); // prettier-ignore
    for await (const { block, cells } of this.#shared('fill', open, share)) {
      yield this.#finish(block, cells);
      known?.keep(block, cells);
      yield { kind: 'activity', activity: 'Filling cells', fraction: this.#done / (grid.rows * grid.columns) };
    }
    if (this.#over) yield this.#note(`The budget of ${this.#request.budgetSeconds} s was over after ${this.#done} of ${grid.rows * grid.columns} cells; the others show a first look.`); // prettier-ignore
    yield* this.#pinned();
    yield { kind: 'finished', map: this.#snapshot() };
  }

  async *#pinned(): AsyncGenerator<MapEvent> {
    const { hand } = this.#parts;
    for (const [u, v] of this.#request.pins ?? []) {
      const pin = await pinAt(hand.question, u, v, startPace(this.#engine, this.#signal, secondsPerPin).until(secondsPerPin)); // prettier-ignore
      this.#pins.push(pin);
      yield { kind: 'pin', pin };
    }
  }

  /** Block after block, from the middle outward; when it turns out to be a matter of seconds, others are hired. */
  async *#shared(
    stage: CellTask['stage'],
    blocks: readonly CellBlock[],
    secondsFor: (blocksLeft: number) => number,
  ): AsyncGenerator<{ readonly block: CellBlock; readonly cells: MapCells }> {
    const { pace } = this.#parts;
    const start = pace.seconds();
    const work = pace.until(this.#request.budgetSeconds);
    const shared = this.#crew.share(blocks, (block, left) => {
      this.#over ||= work.remainingSeconds() <= 0;
      return this.#over ? undefined : this.#task(stage, block, secondsFor(left));
    });
    for await (const { item: block, result: cells, begun } of shared) {
      yield { block, cells };
      const spent = pace.seconds() - start;
      if (spent > worthHiring && (spent / begun) * (blocks.length - begun) > worthHiring) this.#crew.hire();
    }
  }

  #task(stage: CellTask['stage'], block: CellBlock, seconds: number): CellTask {
    return { stage, block, cells: takeBlock(this.#cells, this.#request.grid.columns, block), seconds };
  }

  #note(note: string): MapEvent {
    this.#notes.push(note);
    return { kind: 'note', note };
  }

  #put(block: CellBlock, cells: MapCells, stage: MapTile['stage']): MapEvent {
    putBlock(this.#cells, this.#request.grid.columns, block, cells);
    return { kind: 'tile', tile: { ...block, cells, stage } };
  }

  #finish(block: CellBlock, cells: MapCells): MapEvent {
    this.#done += block.rows * block.columns;
    return this.#put(block, cells, 'done');
  }

  #snapshot(): LipschitzMap {
    const { norm, method, constant, samples, seed, grid } = this.#request;
    const { model, pace, hand } = this.#parts;
    const { lowerFound, upper, upperFound } = this.#cells;
    return {
      format: 'lipschitz-map',
      version: 1,
      tool: { name: 'lipschitz-inspector', version: toolVersion },
      model: model.summary,
      engine: this.#engine.summary,
      ...{ norm, method, constant, samples, seed, grid },
      plane: hand.question.grid.plane,
      cells: takeBlock(this.#cells, grid.columns, { row: 0, column: 0, ...grid }),
      rigor: {
        lower: weakest(lowerFound),
        upper: upper.every((value) => value === Infinity) ? null : weakest(upperFound),
      },
      corners: this.#corners,
      points: this.#points,
      pins: this.#pins.slice(),
      done: this.#done,
      seconds: pace.seconds(),
      notes: this.#notes.slice(),
    };
  }

  /** Also after a cancel what was found is kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#crew[Symbol.asyncDispose]();
    await (await this.#remembered)?.write().catch(() => undefined);
  }
}

/** Cells along a side of a block of first looks. */
const glanceSide = 50;

/** A thread needs half a second to begin. */
const worthHiring = 1;
/** Every hand holds the model once more. */
const mostParametersPerHand = 2 ** 24;

const weakestFirst: readonly Rigor[] = ['estimate', 'probabilistic', 'numerical', 'certified'];

function weakest(found: Uint8Array): Rigor {
  const seen = new Set([...new Set(found)].map((place) => rigorOfFinding[mapFindings[place]!]));
  return weakestFirst.find((rigor) => seen.has(rigor)) ?? 'certified';
}
