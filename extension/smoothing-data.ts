import { dirname } from 'node:path';
import { Uri, l10n, window } from 'vscode';
import type { SmoothingRequest } from '../core/inspection/smooth-request.ts';

/** Examples on which a network and its smoothed ones are compared, and their labels. */
export type SmoothingData = Required<Pick<SmoothingRequest, 'data'>> & Pick<SmoothingRequest, 'labels'>;

/** Asks for both; undefined where the user wants none after all. Labels may be left out: then there are distances only. */
export async function chooseSmoothingData(model: string): Promise<SmoothingData | undefined> {
  const data = await chooseArray(dirname(model), l10n.t('Examples, one per row of a .npy file'), l10n.t('Compare'));
  if (data === undefined) return undefined;
  const labels = await chooseArray(dirname(data), l10n.t('Labels of these examples (Cancel: there are none)'), l10n.t('Use as Labels')); // prettier-ignore
  return labels === undefined ? { data } : { data, labels };
}

async function chooseArray(folder: string, title: string, openLabel: string): Promise<string | undefined> {
  const chosen = await window.showOpenDialog({
    ...{ title, openLabel, defaultUri: Uri.file(folder) },
    filters: { [l10n.t('NumPy arrays')]: ['npy'], [l10n.t('All files')]: ['*'] },
  });
  return chosen?.[0]?.fsPath;
}
