import { expect, test } from 'vitest';
import { panelHtml } from '../../webview/html.ts';

const addresses = {
  scriptUri: 'https://host/main.js?a=1&b="2"',
  styleUri: 'https://host/main.css',
  codiconUri: 'https://host/codicon.css',
  cspSource: 'https://host',
  nonce: 'abc',
};
const page = panelHtml(addresses);

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

test('a translation is data in the page, and no word of it can end its element', () => {
  const words = { 'No layer matches.': '</script><script>alert(1)</script>' };
  const translated = panelHtml({ ...addresses, translation: { language: 'de', words } });
  const data = /<script type="application\/json" id="words">(.*?)<\/script>/.exec(translated)?.[1];
  expect(JSON.parse(data ?? '')).toEqual(words);
  expect(translated).toContain('<html lang="de">');
});
