import { l10n } from 'vscode';
import type { Failure } from '../core/worker/protocol.ts';

/** What a panel says where an answer should stand. */
export function failureSentence(failure: Failure): string {
  if (failure.kind === 'cancelled') return l10n.t('It was cancelled.');
  return failure.kind === 'internal'
    ? l10n.t('Lipschitz Inspector made a mistake of its own: {0}', failure.message)
    : failure.message;
}
