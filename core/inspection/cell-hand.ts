import type { CellMethod, CellQuestion } from '../estimators/maps/cell-method.ts';
import { CellGrid, type CellBlock } from '../estimators/maps/cell-grid.ts';
import { ExactCells } from '../estimators/maps/exact-cells.ts';
import { exactMap, type ExactMap } from '../estimators/maps/exact-map.ts';
import { ExactPoints } from '../estimators/maps/exact-points.ts';
import { openJacobians } from '../estimators/maps/jacobians.ts';
import { openPairs } from '../estimators/maps/pairs.ts';
import { PieceJacobians } from '../estimators/maps/piece-jacobians.ts';
import { PiecePairs } from '../estimators/maps/piece-pairs.ts';
import { SplitCells } from '../estimators/maps/split-cells.ts';
import { tangentBounds } from '../estimators/maps/tangents/tangent-bounds.ts';
import { elementCount } from '../network/tensor.ts';
import type { MapCells } from '../report/map.ts';
import { emptyCells, putBlock, takeBlock } from '../report/map-progress.ts';
import { UserError } from '../sentence.ts';
import { BoxesAroundParts, openBoxBounds } from './box-bounds.ts';
import type { Hand, Hire } from './crew.ts';
import { planeOf } from './map-plane.ts';
import type { MapRequest } from './map-request.ts';
import type { OpenModel } from './open-model.ts';
import type { Pace } from './pace.ts';

/** look: a coarse picture. bound: a first upper end. fill: what the method is for. */
export interface CellTask {
  readonly stage: 'look' | 'bound' | 'fill';
  readonly block: CellBlock;
  /** What is known of the block's cells. */
  readonly cells: MapCells;
  /** An anytime method stops after so long. */
  readonly seconds: number;
}

/** Other threads, on their way. */
export type CellHands = ReturnType<Hire<CellTask, MapCells>>;

/** Of the budget, for norms of layers. */
const normShare = 0.2;

/** Works on cells in this thread. Methods are opened when their first task comes. */
export class CellHand implements Hand<CellTask, MapCells> {
  readonly question: CellQuestion;
  readonly #request: MapRequest;
  readonly #model: OpenModel;
  readonly #pace: Pace;
  readonly #exact: ExactMap | undefined;
  #look: CellMethod | 'none' | undefined;
  #method: CellMethod | undefined;

  constructor(request: MapRequest, model: OpenModel, pace: Pace) {
    const { prepared } = model;
    const { norm, constant, samples, seed } = request;
    const size = elementCount(prepared.runnable.types.get(prepared.input)!.shape);
    const grid = new CellGrid(planeOf(request, size), request.grid);
    this.#request = request;
    this.#model = model;
    this.#pace = pace;
    // Pairs lie in the plane; whoever names a GPU wants it to compute what it can.
    const inPlane = request.method === 'pairs' ? 'slice' : constant;
    this.#exact = exactMap(prepared, grid.plane, norm, inPlane);
    const proof = this.#exact === undefined ? undefined : new ExactPoints(this.#exact);
    const cells = emptyCells(request.grid.rows * request.grid.columns);
    this.question = { prepared, norm, constant, samples, seed, grid, cells, proof };
  }

  /** Undefined where there is no derivative to look at. */
  async look(): Promise<CellMethod | undefined> {
    this.#look ??= (await this.#openLook()) ?? 'none';
    return this.#look === 'none' ? undefined : this.#look;
  }

  async method(): Promise<CellMethod> {
    return (this.#method ??= await this.#openMethod());
  }

  async work({ stage, block, cells, seconds }: CellTask): Promise<MapCells> {
    const { grid } = this.question;
    const work = this.#pace.until(this.#pace.seconds() + seconds);
    putBlock(this.question.cells, grid.columns, block, cells);
    if (stage === 'look') await (await this.look())?.glance?.(block, work);
    else if (stage === 'bound') await (await this.method()).glance?.(block, work);
    else await (await this.method()).fill(block, work);
    return takeBlock(this.question.cells, grid.columns, block);
  }

  /** The pieces of the network, unless a GPU was named to compute what it can. */
  get #pieces(): ExactMap | undefined {
    return this.#request.provider === 'auto' || this.#request.provider === 'cpu' ? this.#exact : undefined;
  }

  async #openLook(): Promise<CellMethod | undefined> {
    if (this.#pieces !== undefined) return new PieceJacobians(this.question, this.#pieces);
    const opened = await openJacobians(this.question, this.#pace.until(this.#request.budgetSeconds));
    if (!('missing' in opened)) return opened;
    const { op, node, reason } = opened.missing;
    if (this.#request.method === 'jacobian')
      throw new UserError(`The Jacobian cannot be sampled at ${op} "${node}": ${reason}. Draw the map with pairs instead.`); // prettier-ignore
    return undefined;
  }

  async #openMethod(): Promise<CellMethod> {
    const { question } = this;
    const { method, budgetSeconds, norm } = this.#request;
    switch (method) {
      case 'jacobian':
        return (await this.look())!;
      case 'pairs': {
        if (this.#pieces !== undefined) return new PiecePairs(question, this.#pieces);
        const opened = await openPairs(question, this.#pace.until(budgetSeconds));
        if ('missing' in opened) throw new Error(opened.missing.reason);
        return opened;
      }
      case 'certified': {
        if (this.#exact !== undefined) return new ExactCells(question, this.#exact);
        const tangents = tangentBounds(question);
        if (tangents !== undefined) return new SplitCells(question, tangents, await this.look());
        const norms = this.#pace.until(this.#pace.seconds() + normShare * budgetSeconds);
        const boxes = await openBoxBounds(this.#model.prepared, norm, norms);
        return new SplitCells(question, new BoxesAroundParts(boxes, question.grid.plane), await this.look());
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#look !== undefined && this.#look !== 'none') await this.#look[Symbol.asyncDispose]();
    if (this.#method !== this.#look) await this.#method?.[Symbol.asyncDispose]();
  }
}
