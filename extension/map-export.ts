import { writeFile } from 'node:fs/promises';
import { Uri, commands, l10n, window } from 'vscode';
import type { LipschitzMap } from '../core/report/map.ts';
import { renderMap } from '../core/report/render-map.ts';
import type { FromPanel, MapFormat } from '../webview/contract.ts';
import { baseName } from './names.ts';

const formatNames: Readonly<Record<MapFormat, string>> = {
  png: 'PNG',
  svg: 'SVG',
  html: 'HTML',
  csv: 'CSV',
  json: 'JSON',
};

/** Saves a model's map where the user says. */
export async function exportMap(
  file: string,
  map: LipschitzMap,
  beside: LipschitzMap | undefined,
  asked: Extract<FromPanel, { kind: 'export-map' }>,
): Promise<void> {
  const { format } = asked;
  const target = await window.showSaveDialog({
    defaultUri: Uri.file(`${file.replace(/\.\w+$/, '')}.map.${format}`),
    filters: { [formatNames[format]]: [format] },
    title: l10n.t('Save the Map'),
  });
  if (target === undefined) return;
  try {
    await writeFile(
      target.fsPath,
      asked.format === 'png' ? asked.picture : renderMap(map, asked.format, undefined, beside),
    );
  } catch (error) {
    void window.showErrorMessage(l10n.t('The map could not be written to {0}: {1}', target.fsPath, String(error)));
    return;
  }
  const open = l10n.t('Open');
  const written = l10n.t('The map was written to {0}.', baseName(target.fsPath));
  if ((await window.showInformationMessage(written, open)) === open)
    await commands.executeCommand('vscode.open', target);
}
