import { l10n } from 'vscode';
import type { RowWords } from './model-row.ts';

export const rowWords = (): RowWords => ({
  state: {
    'not-inspected': l10n.t('not inspected'),
    running: l10n.t('running'),
    done: l10n.t('inspected'),
    stale: l10n.t('file changed since'),
    failed: l10n.t('failed'),
    stopped: l10n.t('stopped'),
  },
  percent: (percent) => l10n.t('{0} %', percent),
});
