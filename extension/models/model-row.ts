import { intervalText, intervalWords, normWord, ofNetwork, unquantisedMark } from '../../core/report/words.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import type { PanelState } from '../../webview/contract.ts';

/** How far a model of the workspace is, as its row in the tree shows it. */
export type RowState = 'not-inspected' | 'running' | 'done' | 'stale' | 'failed' | 'stopped';

export interface ModelRow {
  readonly state: RowState;
  /** Beside the name: the interval, or how far it is. */
  readonly description: string;
  /** The interval in words, for the tooltip and screen readers. */
  readonly words: string | undefined;
  /** Why it failed. */
  readonly problem: string | undefined;
}

/** The words of this file, translated by the host. */
export interface RowWords {
  readonly state: Readonly<Record<RowState, string>>;
  percent(percent: number): string;
}

export function rowOf(state: PanelState | undefined, words: RowWords): ModelRow {
  const bare = (kind: RowState, description = words.state[kind]): ModelRow => ({
    state: kind,
    description,
    words: undefined,
    problem: undefined,
  });
  switch (state?.kind) {
    case undefined:
      return bare('not-inspected', '');
    case 'loading':
      return bare('running', words.percent(0));
    case 'running':
      return bare('running', words.percent(Math.round(100 * state.fraction)));
    case 'finished':
      return { ...bare('done', intervalOf(state.inspection)), words: wordsOf(state.inspection) };
    case 'stale':
      return {
        ...bare('stale', `${intervalOf(state.inspection)} · ${words.state.stale}`),
        words: wordsOf(state.inspection),
      };
    case 'stopped':
      return state.inspection === undefined
        ? bare('stopped')
        : {
            ...bare('stopped', `${intervalOf(state.inspection)} · ${words.state.stopped}`),
            words: wordsOf(state.inspection),
          };
    case 'failed':
      return { ...bare('failed'), problem: state.message };
  }
}

/** The interval of the network in the norm that was asked about, "0.998 … 1.02 l2". */
export function intervalOf(inspection: Inspection): string {
  const interval = inspection.lipschitz[inspection.norm];
  if (interval === undefined) return '';
  return `${intervalText(ofNetwork(interval))} ${normWord[inspection.norm]}${unquantisedMark(inspection)}`;
}

function wordsOf(inspection: Inspection): string | undefined {
  const interval = inspection.lipschitz[inspection.norm];
  if (interval === undefined) return undefined;
  return `${normWord[inspection.norm]}: ${intervalWords(ofNetwork(interval))}${unquantisedMark(inspection)}`;
}
