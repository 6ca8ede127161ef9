import type { CheckpointSeries } from '../core/inspection/training/checkpoint-series.ts';
import { UserError } from '../core/sentence.ts';
import type { TrainingHistory } from '../core/report/training/history.ts';
import type { HistoryState } from '../webview/history/contract.ts';
import { Signal } from './disposable.ts';

/** Until a folder in which something was written is looked at; and until it is looked at again for files that were not ready then. */
const quietMs = 500;
const againMs = 1000;

/** The words of this file, translated by the host. */
export interface HistoryWords {
  reading(file: string, done: number, of: number): string;
  internal(message: string): string;
}

/** The history of a folder while training writes into it. Knows neither the editor nor how files are watched. */
export class LiveHistory {
  readonly changes = new Signal<HistoryState>();
  readonly #series: CheckpointSeries;
  readonly #words: HistoryWords;
  #state: HistoryState;
  #running: AbortController | undefined;
  #due: NodeJS.Timeout | undefined;
  /** How often something was written below the folder. */
  #touches = 0;

  constructor(series: CheckpointSeries, words: HistoryWords) {
    this.#series = series;
    this.#words = words;
    this.#state = { kind: 'reading', history: undefined, activity: '' };
  }

  get state(): HistoryState {
    return this.#state;
  }

  /** Something was written below the folder: it is looked at when nothing more has been for a moment. */
  touched(): void {
    this.#touches++;
    if (this.#running === undefined) this.#later(quietMs);
  }

  async read(): Promise<void> {
    if (this.#running !== undefined) return;
    clearTimeout(this.#due);
    const running = new AbortController();
    this.#running = running;
    const touches = this.#touches;
    try {
      for await (const history of this.#series.update(running.signal)) this.#become(this.#reading(history));
      const { history } = this.#state;
      if (isOver(running) || history === undefined) this.#become({ kind: 'stopped', history });
      else this.#become({ kind: 'watching', history });
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      const message = error instanceof UserError ? said : this.#words.internal(said);
      this.#become({ kind: 'failed', history: this.#state.history, message });
    } finally {
      this.#running = undefined;
    }
    if (!isOver(running) && (this.#touches !== touches || this.#series.unsettled)) this.#later(againMs);
  }

  cancel(): void {
    clearTimeout(this.#due);
    this.#running?.abort();
  }

  dispose(): void {
    this.cancel();
    this.changes.dispose();
  }

  #later(ms: number): void {
    clearTimeout(this.#due);
    this.#due = setTimeout(() => void this.read(), ms);
  }

  #reading(history: TrainingHistory): HistoryState {
    const next = history.checkpoints.find(({ state }) => state === 'waiting');
    const done = history.checkpoints.filter(({ state }) => state !== 'waiting').length;
    const activity = this.#words.reading(next?.file ?? '', done, history.checkpoints.length);
    return { kind: 'reading', history, activity };
  }

  #become(state: HistoryState): void {
    this.#state = state;
    this.changes.emit(state);
  }
}

const isOver = ({ signal }: AbortController): boolean => signal.aborted;
