import { l10n } from 'vscode';
import type { SourceTier } from '../core/report/inspection.ts';

/** What says that a line defines a layer, in the words of hovers, lists and messages. */
export const tierWords = (): Readonly<Record<SourceTier, string>> => ({
  exporter: l10n.t('matched by exporter metadata'),
  names: l10n.t('matched by state-dict name'),
  scopes: l10n.t('matched by module scope'),
  guess: l10n.t('guess by order and shape'),
});
