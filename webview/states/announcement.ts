import { intervalText, ofNetwork, unquantisedMark } from '../../core/report/words.ts';
import type { PanelState } from '../contract.ts';
import { l10n } from '../l10n.ts';

/** What screen readers hear of a state, in a few words. */
export function announcement(state: PanelState | undefined): string {
  if (state === undefined) return '';
  if (state.kind === 'failed') return state.message;
  if (state.kind === 'loading') return state.activity;
  const { inspection } = state;
  const interval = inspection?.lipschitz[inspection.norm];
  return interval === undefined
    ? ''
    : l10n.t('The constant{0} is {1}', unquantisedMark(inspection!), intervalText(ofNetwork(interval)));
}
