import { type MatrixProducts, matrixProducts } from '../matrix-products.ts';
import { type ScratchRoom, scratchOf } from '../scratch.ts';
import type { Work } from '../work.ts';

/** Thrown inside an anytime method when its budget is spent; whoever started the method keeps what it has. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
  constructor() {
    super('The budget of this step is spent.');
  }
}

/** Some 20 ms of plain loops; a cancel must be heard within 50. */
const productsBetweenRests = 12e6;

/** Counts the products that a long loop has done, so that it rests often enough but pays for it rarely. */
export class Pace {
  private readonly work: Work;
  private readonly budget: 'limited' | 'unlimited';
  private done = 0;

  constructor(work: Work, budget: 'limited' | 'unlimited' = 'limited') {
    this.work = work;
    this.budget = budget;
  }

  /** Notes `products` more multiplications; when it answers true, the caller awaits `rest`. */
  due(products: number): boolean {
    this.done += products;
    return this.done >= productsBetweenRests;
  }

  async rest(): Promise<void> {
    this.done = 0;
    await this.work.breathe();
    if (this.budget === 'limited' && this.work.remainingSeconds() <= 0) throw new OutOfTime();
  }

  /** Whether so many products can be expected to finish within the budget; plain loops do a billion a second. */
  affords(products: number, perSecond = 1e9): boolean {
    return this.budget === 'unlimited' || products < perSecond * this.work.remainingSeconds();
  }

  /** Products by ONNX Runtime. One of them may be as long as a breath: rest after each. */
  get products(): MatrixProducts {
    return matrixProducts(this.work.engine);
  }

  /** Memory for the large arrays of one piece of work. */
  room(): ScratchRoom {
    return scratchOf(this.work.engine).open();
  }
}
