import type { Engine } from './engine.ts';

/** Thrown by `breathe` once the user has cancelled. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor() {
    super('The inspection was cancelled.');
  }
}

/** What every long computation is given, so that it can be stopped at any moment and knows how long it may run. */
export interface Work {
  readonly engine: Engine;
  /**
   * To be awaited between pieces of at most some 50 ms: lets messages in (a cancel among them) and throws Cancelled after one.
   * Cheap enough to call in every iteration.
   */
  breathe(): Promise<void>;
  /** Of the budget of the running step; an anytime method stops with what it has when this reaches 0. */
  remainingSeconds(): number;
}
