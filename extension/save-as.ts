import { writeFile } from 'node:fs/promises';
import { Uri, commands, l10n, window } from 'vscode';
import { baseName } from './names.ts';

export interface FileToSave {
  /** Suggested, with its folder. */
  readonly name: string;
  /** The ending of the file, which is its format. */
  readonly format: string;
  readonly content: string | Uint8Array;
  readonly title: string;
}

/** Writes a file where the user says, and offers to open it. */
export async function saveAs({ name, format, content, title }: FileToSave): Promise<void> {
  const filters = { [format.toUpperCase()]: [format] };
  const target = await window.showSaveDialog({ defaultUri: Uri.file(name), filters, title });
  if (target === undefined) return;
  try {
    await writeFile(target.fsPath, content);
  } catch (error) {
    void window.showErrorMessage(l10n.t('{0} could not be written: {1}', target.fsPath, String(error)));
    return;
  }
  const open = l10n.t('Open');
  const said = l10n.t('Written to {0}.', baseName(target.fsPath));
  if ((await window.showInformationMessage(said, open)) === open) await commands.executeCommand('vscode.open', target);
}
