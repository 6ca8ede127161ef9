import type { Norm } from '../../bound.ts';
import type { Inspection } from '../../report/inspection.ts';
import { trainingHistory, type CheckpointFinding, type TrainingHistory } from '../../report/training/history.ts';
import { identityOf } from '../fingerprint.ts';
import type { OrderedCheckpoint } from './checkpoint-order.ts';
import type { FoundCheckpoints } from './find-checkpoints.ts';

/** What reading one checkpoint came to: the inspection, or a sentence about the file. */
export type CheckpointAnswer = { readonly ok: Inspection } | { readonly sentence: string };

export interface SeriesQuestion {
  readonly folder: string;
  readonly norm: Norm;
  readonly region: string;
  /** once: every file is read as it is now. watching: files that training is still writing get time to settle. */
  readonly pace: 'once' | 'watching';
  find(): Promise<FoundCheckpoints>;
  inspect(file: string, signal: AbortSignal): Promise<CheckpointAnswer>;
}

/** A file that was written to a moment ago is left alone: training writes a checkpoint in many pieces. */
const quietMs = 700;
/** A file that could not be read may still be under way although nothing moved for a moment: so often it is tried. */
const mostTries = { once: 1, watching: 4 } as const;

interface Known {
  readonly identity: string;
  readonly tries: number;
  readonly answer: CheckpointAnswer;
}

/**
 * The checkpoints of one training and what is known of each. `update` looks at the folder again and reads what is new; files that stayed
 * as they were are not touched.
 */
export class CheckpointSeries {
  readonly #question: SeriesQuestion;
  readonly #known = new Map<string, Known>();
  #unsettled = false;

  constructor(question: SeriesQuestion) {
    this.#question = question;
  }

  get #mostTries(): number {
    return mostTries[this.#question.pace];
  }

  /** True when a file was still being written: another update is due in a moment. */
  get unsettled(): boolean {
    return this.#unsettled;
  }

  /** The history as it stands, at first and after each file that was read. */
  async *update(signal: AbortSignal): AsyncGenerator<TrainingHistory, void> {
    const found = await this.#question.find();
    const waiting: (readonly [OrderedCheckpoint, string])[] = [];
    this.#unsettled = false;
    for (const checkpoint of found.checkpoints) {
      const identity = await identityOf(checkpoint.path).catch(() => undefined);
      if (identity === undefined) continue;
      const known = this.#known.get(checkpoint.path);
      const stale = known?.identity !== identity;
      const again = known !== undefined && 'sentence' in known.answer && known.tries < this.#mostTries;
      if (!stale && !again) continue;
      if (this.#question.pace === 'watching' && Date.now() - checkpoint.modifiedMs < quietMs) this.#unsettled = true;
      else waiting.push([checkpoint, identity]);
    }
    yield this.#history(found);
    for (const [{ path }, identity] of waiting) {
      if (isOver(signal)) return;
      const before = this.#known.get(path);
      const tries = before?.identity === identity ? before.tries + 1 : 1;
      const answer = await this.#question.inspect(path, signal);
      // A cancel is no answer about the file.
      if (isOver(signal)) return;
      this.#known.set(path, { identity, tries, answer: 'ok' in answer ? { ok: lean(answer.ok) } : answer });
      if ('sentence' in answer && tries < this.#mostTries) this.#unsettled = true;
      yield this.#history(found);
    }
  }

  #history({ order, checkpoints, notes }: FoundCheckpoints): TrainingHistory {
    const { folder, norm, region } = this.#question;
    return trainingHistory({
      ...{ folder, norm, region, order, notes },
      findings: checkpoints.map((checkpoint) => ({ name: nameOf(checkpoint), outcome: this.#outcome(checkpoint) })),
    });
  }

  #outcome({ path }: OrderedCheckpoint): CheckpointFinding['outcome'] {
    const known = this.#known.get(path);
    if (known === undefined) return { kind: 'waiting' };
    if ('ok' in known.answer) return { kind: 'read', inspection: known.answer.ok };
    const later = known.tries < this.#mostTries ? ' It may still be being written and is read again.' : '';
    return { kind: 'failed', message: `${known.answer.sentence}${later}` };
  }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted;

/** Without points and certificates, of which a thousand checkpoints would be much to keep. */
const lean = (inspection: Inspection): Inspection => ({
  ...inspection,
  bounds: [],
  lipschitz: Object.fromEntries(
    Object.entries(inspection.lipschitz).map(([norm, { lower, upper }]) => [
      norm,
      {
        lower: { value: lower.value, method: lower.method, rigor: lower.rigor },
        upper: upper.value === null ? upper : { value: upper.value, method: upper.method, rigor: upper.rigor },
      },
    ]),
  ),
});

const nameOf = ({ name, step, modifiedMs }: OrderedCheckpoint): CheckpointFinding['name'] => ({
  file: name,
  step,
  modified: new Date(modifiedMs).toISOString(),
});
