import { l10n } from 'vscode';
import type { FromPanel } from '../webview/contract.ts';
import { saveAs } from './save-as.ts';

/** Beside the model, named after it and after what the picture shows. */
export const savePicture = (
  file: string,
  { what, format, picture }: Extract<FromPanel, { kind: 'save-picture' }>,
): Promise<void> =>
  saveAs({
    name: `${file.replace(/\.[^./\\]+$/, '')}-${what.replaceAll(/[^\p{L}\p{N}]+/gu, '-')}.${format}`,
    format,
    content: picture,
    title: l10n.t('Save the Picture'),
  });
