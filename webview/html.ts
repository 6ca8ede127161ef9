import { wordsElement, type Words } from './translation.ts';

/** Where the packed files of the panel lie, as the webview may load them. */
export interface PanelAddresses {
  readonly scriptUri: string;
  readonly styleUri: string;
  /** codicon.css; the icon elements look for it by the id of its link. */
  readonly codiconUri: string;
  readonly cspSource: string;
  /** From crypto, new for every page. */
  readonly nonce: string;
  /** undefined in English, which the sentences are written in. */
  readonly translation?: { readonly language: string; readonly words: Words };
}

/** The page around the panel. Nothing but our script, our styles, the icon font and our own pictures can load or run in it. */
export function panelHtml({ scriptUri, styleUri, codiconUri, cspSource, nonce, translation }: PanelAddresses): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    // Pictures that the panel itself made, on their way to becoming PNGs.
    'img-src blob:',
  ].join('; ');
  return `<!doctype html>
<html lang="${attribute(translation?.language ?? 'en')}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lipschitz Inspector</title>
<link rel="stylesheet" href="${attribute(codiconUri)}" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="${attribute(styleUri)}">
</head>
<body>
${translation === undefined ? '' : wordsIn(translation.words)}<script type="module" nonce="${attribute(nonce)}" src="${attribute(scriptUri)}"></script>
</body>
</html>
`;
}

/** Data, which no policy for scripts is about. Nothing in it can end its element. */
const wordsIn = (words: Words): string =>
  `<script type="application/json" id="${wordsElement}">${JSON.stringify(words).replaceAll('<', '\\u003c')}</script>\n`;

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
