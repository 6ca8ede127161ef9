import { randomBytes } from 'node:crypto';
import { env, l10n, type Uri, type Webview } from 'vscode';
import { panelHtml } from '../webview/html.ts';
import type { PackedFiles } from './packed-files.ts';

/** The page that runs one of the packed scripts, in the user's language as far as somebody has translated it. */
export const panelPage = (webview: Webview, script: Uri, { webview: { style, codicon } }: PackedFiles): string =>
  panelHtml({
    scriptUri: webview.asWebviewUri(script).toString(),
    styleUri: webview.asWebviewUri(style).toString(),
    codiconUri: webview.asWebviewUri(codicon).toString(),
    cspSource: webview.cspSource,
    nonce: randomBytes(16).toString('base64url'),
    ...(l10n.bundle === undefined ? {} : { translation: { language: env.language, words: l10n.bundle } }),
  });
