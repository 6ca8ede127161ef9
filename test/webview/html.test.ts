import { expect, test } from 'vitest';
import { panelHtml } from '../../webview/html.ts';

const page = panelHtml({
  scriptUri: 'https://host/main.js?a=1&b="2"',
  styleUri: 'https://host/main.css',
  codiconUri: 'https://host/codicon.css',
  cspSource: 'https://host',
  nonce: 'abc',
});

test('the page allows one script by its nonce, our styles and font, pictures of its own, and nothing else', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
  expect(policy).toBe(
    "default-src 'none'; script-src 'nonce-abc'; style-src https://host; font-src https://host; img-src blob:",
  );
});

test('an address cannot end its attribute', () => {
  expect(page).toContain('src="https://host/main.js?a=1&amp;b=&quot;2&quot;"');
});

test('the icon font is linked under the id that the icon elements look for', () => {
  expect(page).toContain('href="https://host/codicon.css" id="vscode-codicon-stylesheet"');
});
