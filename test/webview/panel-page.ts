import { build } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { layOutHere } from '../../core/layout/elk.ts';
import { graphShape } from '../../core/report/graph-boxes.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import type { FromPanel, ToPanel } from '../../webview/contract.ts';
import { panelHtml, type PanelAddresses } from '../../webview/html.ts';
import type { Theme, ThemeName } from './themes.ts';
import { themes } from './themes.ts';

const root = join(import.meta.dirname, '../..');
const origin = 'https://panel.test';

/** Chromium on the PATH, as the container and most Linux machines have it. */
export const browserPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
  .find((file) => existsSync(file));

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox', '--disable-dev-shm-usage'] });

let shared: Promise<Browser> | undefined;

/** One for all test files of a process, with which it ends: each file closes its own pages. */
export const sharedBrowser = (): Promise<Browser> => (shared ??= openBrowser());

const packed = new Map<string, Promise<ReadonlyMap<string, Uint8Array>>>();

/** The files of the panel, or of another page with a script of its own, as the build makes them, in memory. */
export function packedPanel(script = 'main.ts'): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = packed.get(script) ?? pack(script);
  packed.set(script, files);
  return files;
}

async function pack(script: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'webview', script), join(root, 'webview/main.css')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    outdir: root,
  });
  const icons = join(root, 'node_modules/@vscode/codicons/dist');
  return new Map<string, Uint8Array>([
    ...outputFiles.map(({ path, contents }): [string, Uint8Array] => [
      path.endsWith('.css') ? 'main.css' : 'main.js',
      contents,
    ]),
    ['codicon.css', readFileSync(join(icons, 'codicon.css'))],
    ['codicon.ttf', readFileSync(join(icons, 'codicon.ttf'))],
  ]);
}

export type PanelView = PageView<FromPanel, ToPanel>;

export interface PageView<From, To = unknown> {
  readonly page: Page;
  /** Waits until what is sent is drawn. */
  readonly send: (message: To) => Promise<void>;
  /** Everything the panel has posted, oldest first. */
  readonly posted: () => Promise<readonly From[]>;
  /** What broke the content security policy or threw. */
  readonly complaints: readonly string[];
  /** The same page as if it had just been opened, in a fraction of the time that a new one takes. */
  readonly again: (size?: ViewSize) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface ViewSize {
  readonly width: number;
  readonly height?: number;
}

export interface ViewOptions extends ViewSize {
  readonly theme: ThemeName;
  /** undefined: as the panel is written. */
  readonly translation?: PanelAddresses['translation'];
}

/** The panel in a page of its own under the real policy, with a stand-in for the editor. */
export const openPanel = (
  browser: Browser,
  files: ReadonlyMap<string, Uint8Array>,
  options: ViewOptions,
): Promise<PanelView> => openPage<FromPanel, ToPanel>(browser, files, options);

/** The same for any page that speaks another contract. */
export async function openPage<From, To = unknown>(
  browser: Browser,
  files: ReadonlyMap<string, Uint8Array>,
  { theme, width, height = 800, translation }: ViewOptions,
): Promise<PageView<From, To>> {
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1 });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  const html = panelHtml({
    scriptUri: `${origin}/main.js`,
    styleUri: `${origin}/main.css`,
    codiconUri: `${origin}/codicon.css`,
    cspSource: origin,
    nonce: 'dGVzdA',
    ...(translation === undefined ? {} : { translation }),
  });
  await page.route('**/*', (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    const contents = name === '' ? html : files.get(name);
    if (contents === undefined) return route.fulfill({ status: 404 });
    const contentType = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' }[name.split('.').at(-1) ?? ''];
    return route.fulfill({
      body: typeof contents === 'string' ? contents : Buffer.from(contents),
      contentType: contentType ?? 'text/html',
    });
  });
  await page.addInitScript(standIn);
  await page.addInitScript(
    `document.addEventListener('readystatechange', () => (${String(dress)})(${JSON.stringify(themes[theme])}));`,
  );
  const speaking = (): Promise<unknown> =>
    page.waitForFunction(() => 'posted' in window && (window.posted as unknown[]).length > 0);
  await page.goto(`${origin}/`);
  await speaking();
  return {
    page,
    complaints,
    send: async (message) => {
      await page.evaluate(heard, message);
      await drawn(page);
    },
    again: async (size = { width, height }) => {
      await page.setViewportSize({ height, ...size });
      await page.emulateMedia({ reducedMotion: null });
      // What the page keeps is forgotten by the next one as it begins: this one may still write it down, also as it leaves.
      await page.evaluate(() => (window.name = 'forgetful'));
      await page.reload();
      await speaking();
      complaints.length = 0;
    },
    close: () => context.close(),
    posted: () => page.evaluate(() => (window as unknown as { posted: From[] }).posted),
  };
}

/** Opens the Graph tab and answers what it asks, as the host would. */
export const showGraph = async (view: PanelView, inspection: Inspection): Promise<void> =>
  view.send(await layoutAsked(view, inspection));

/** Opens the Graph tab; the answer to what it asks. */
export async function layoutAsked(view: PanelView, { graph, layers }: Inspection): Promise<ToPanel> {
  const earlier = (await view.posted()).length;
  await view.send({ kind: 'show', tab: 'graph' });
  // Drawn in pieces, it asks when it gets there.
  await view.page.waitForFunction(
    (from) =>
      (window as unknown as { posted: FromPanel[] }).posted.slice(from).some(({ kind }) => kind === 'ask-layout'),
    earlier,
  );
  const asked = (await view.posted()).slice(earlier).find((message) => message.kind === 'ask-layout');
  if (asked?.kind !== 'ask-layout' || graph === undefined) throw new Error('The panel did not ask for a layout.');
  return {
    kind: 'layout',
    answer: { kind: 'layout', layout: await layOutHere(graphShape(graph, layers, asked.direction)) },
  };
}

/** Lays a message ready in the page, and gives it to the panel later: how the data gets there is the editor's business, and costs other things there. */
export async function laidInPage(view: PanelView, message: ToPanel): Promise<() => Promise<void>> {
  await view.page.evaluate((data) => Object.assign(window, { laid: data }), message);
  return () => view.page.evaluate(() => window.postMessage((window as unknown as { laid: unknown }).laid, '*'));
}

/** Waits until the page shows what it knows. */
export const drawn = (page: Page): Promise<void> => page.evaluate(allDrawn);

/** Changes the theme of a page that is open, as the editor does when its user chooses another. */
export const wear = (page: Page, theme: ThemeName): Promise<void> => page.evaluate(dress, themes[theme]);

/** Runs in the page: what is drawn a piece at a time is waited for, and what those pieces have put into the page, too. */
async function allDrawn(): Promise<void> {
  // A new size is noticed when the next frame is drawn.
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const drawnIn = (root: Document | ShadowRoot): Promise<unknown>[] =>
    [...root.querySelectorAll('*')].flatMap((element) => [
      ...('updateComplete' in element ? [element.updateComplete as Promise<unknown>] : []),
      ...(element.shadowRoot === null ? [] : drawnIn(element.shadowRoot)),
    ]);
  let known = -1;
  for (let drawn = drawnIn(document); drawn.length !== known; drawn = drawnIn(document)) {
    known = drawn.length;
    await Promise.all(drawn);
  }
}

/** Runs in the page: gives the panel a message, and waits until it has it. */
const heard = (message: unknown): Promise<void> =>
  new Promise((resolve) => {
    window.addEventListener('message', () => resolve(), { once: true });
    window.postMessage(message, '*');
  });

/** Runs in the page: the colours of a theme and of no other. */
function dress({ bodyClass, variables }: Theme): void {
  document.body.className = bodyClass;
  const { style } = document.documentElement;
  style.cssText = '';
  for (const [name, value] of Object.entries(variables)) style.setProperty(`--vscode-${name}`, value);
}

/** Runs in the page before anything else: the editor's side of a webview. */
function standIn(): void {
  if (window.name === 'forgetful') sessionStorage.clear();
  window.name = '';
  const posted: unknown[] = [];
  Object.assign(window, {
    posted,
    acquireVsCodeApi: () => ({
      postMessage: (message: unknown) => posted.push(message),
      getState: (): unknown => JSON.parse(sessionStorage.getItem('kept') ?? 'null'),
      setState: (state: unknown) => sessionStorage.setItem('kept', JSON.stringify(state)),
    }),
  });
}

/** Runs in the page: the text of the focused element, through shadow roots. */
export function focusedText(): string {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused instanceof HTMLElement ? focused.innerText : '';
}
