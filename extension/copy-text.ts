import { env, l10n, window } from 'vscode';

export async function copyText(text: string): Promise<void> {
  await env.clipboard.writeText(text);
  sayCopied();
}

/** A click on "Copy" changes nothing on screen: the status bar says for a moment that it has been done. */
export function sayCopied(): void {
  window.setStatusBarMessage(l10n.t('Copied to the clipboard.'), 3000);
}
