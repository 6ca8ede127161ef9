import { advance } from '../../core/report/progress.ts';
import type { PanelState, ToPanel } from '../contract.ts';

/** The state after one more event of the inspection that is running; the same one where there is nothing to show yet. */
export function advanceState(state: PanelState, event: Extract<ToPanel, { kind: 'event' }>['event']): PanelState {
  const before = 'inspection' in state ? state.inspection : undefined;
  const inspection = advance(before, event);
  if (inspection === undefined) return state;
  const { file } = state;
  if (event.kind === 'finished') return { kind: 'finished', file, inspection };
  if (event.kind === 'activity')
    return { kind: 'running', file, inspection, activity: event.activity, fraction: event.fraction };
  if (state.kind === 'running') return { ...state, inspection };
  return { kind: 'running', file, inspection, activity: '', fraction: 0 };
}
