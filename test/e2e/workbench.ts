import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { Cleanup } from './cleanup.ts';
import { startDesktopHost } from './desktop-host.ts';
import { chooseFromExplorerMenu, openFromExplorer, untilTabIsActive } from './explorer.ts';
import type { Graphics } from './host.ts';
import { hoverText, type HoverTarget } from './hover.ts';
import { readNotifications, type Notification } from './notifications.ts';
import { Profile, type Settings } from './profile.ts';
import { pick, quickOpenFile, runCommand, untilOffered } from './quick-input.ts';
import { startServerHost } from './server-host.ts';
import { chooseTheme, themeSetting, type Theme } from './themes.ts';
import { PATIENCE, until } from './waiting.ts';
import { findWebview } from './webviews.ts';

export interface WorkbenchRequest {
  /** The packed extension under test, and what else is to be installed. */
  readonly vsix: string | readonly string[];
  /** The folder to open; VS Code works in it, so give a copy if that may change it. */
  readonly workspace: string;
  readonly settings?: Settings;
  readonly theme?: Theme;
  readonly graphics?: Graphics;
}

/** A VS Code window on a fresh profile with the extension installed. */
export interface Workbench {
  /** For everything that has no method here. */
  readonly page: Page;
  /** Runs a command of the palette by its title, with or without its category. */
  runCommand(title: string): Promise<void>;
  /** Waits until the palette offers this command. */
  untilOffered(title: string): Promise<void>;
  /** Chooses an entry of the list that a command has opened. */
  pick(label: string): Promise<void>;
  /** Opens a file of the workspace, `src/model.py`, by clicks in the explorer. */
  openFile(path: string): Promise<void>;
  /** The same through the file search, for files that the explorer would have to scroll to. */
  quickOpen(path: string): Promise<void>;
  /** Chooses an entry of the context menu that a file has in the explorer. */
  chooseFromExplorerMenu(path: string, entry: string): Promise<void>;
  hoverText(target: HoverTarget): Promise<string>;
  /** The frame of the visible webview in which this selector is visible. */
  webview(selector: string): Promise<Frame>;
  setTheme(theme: Theme): Promise<void>;
  /** Saves `test/e2e/artefacts/<name>.png` and returns its path. */
  screenshot(name: string): Promise<string>;
  /** Reloads the window; the extension is activated anew and webviews are restored. */
  reload(): Promise<void>;
  notifications(): Promise<Notification[]>;
  dispose(): Promise<void>;
}

export async function startWorkbench(request: WorkbenchRequest): Promise<Workbench> {
  const { vsix, workspace, settings = {}, theme = 'dark', graphics = 'plain' } = request;
  const profile = await Profile.create({ ...themeSetting(theme), ...settings });
  const cleanup = new Cleanup();
  cleanup.add(() => profile.remove());
  try {
    const desktop = process.env['LIPSCHITZ_E2E_DESKTOP'];
    const asked = { profile, vsix: [vsix].flat(), workspace, graphics };
    const host = await (desktop === undefined ? startServerHost(asked) : startDesktopHost(asked, desktop));
    cleanup.add(() => host.close());
    await untilReady(host.page);
    return workbenchOn(host.page, () => cleanup.run());
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

function workbenchOn(page: Page, dispose: () => Promise<void>): Workbench {
  return {
    page,
    runCommand: (title) => runCommand(page, title),
    untilOffered: (title) => untilOffered(page, title),
    pick: (label) => pick(page, label),
    openFile: (path) => openFromExplorer(page, path),
    chooseFromExplorerMenu: (path, entry) => chooseFromExplorerMenu(page, path, entry),
    quickOpen: async (path) => {
      await quickOpenFile(page, path);
      await untilTabIsActive(page, path.slice(path.lastIndexOf('/') + 1));
    },
    hoverText: (target) => hoverText(page, target),
    webview: (selector) => findWebview(page, selector),
    setTheme: (theme) => chooseTheme(page, theme),
    screenshot: async (name) => {
      const folder = join(import.meta.dirname, 'artefacts');
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${name}.png`);
      await page.screenshot({ path });
      return path;
    },
    reload: () => reload(page),
    notifications: () => readNotifications(page),
    dispose,
  };
}

async function reload(page: Page): Promise<void> {
  await leaveWindow(page);
  const navigated = page.waitForEvent('domcontentloaded', { timeout: PATIENCE });
  await Promise.all([navigated, runCommand(page, 'Developer: Reload Window')]);
  await untilReady(page);
}

/**
 * A browser may close a page before its IndexedDB is written, and VS Code keeps there which editors are open. It writes it when the
 * user turns to another window, as people do before they reload; otherwise only once a minute.
 */
async function leaveWindow(page: Page): Promise<void> {
  // A webview's tab is named at random.
  const files = page.locator('.tab[data-resource-name]:not([data-resource-name^="webview-"])');
  const open = await files.evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('data-resource-name') ?? ''));
  await until(
    async () => {
      await page.evaluate(() => {
        const hasFocus = document.hasFocus.bind(document);
        document.hasFocus = () => false;
        window.dispatchEvent(new Event('blur'));
        document.hasFocus = hasFocus;
      });
      await page.waitForTimeout(500);
      const kept = await page.evaluate(keptEditors);
      return kept === undefined || open.every((name) => kept.includes(name)) ? true : undefined;
    },
    () => `VS Code does not keep which editors are open: ${open.join(', ')}.`,
  );
}

/** What VS Code in a browser has stored of its open editors; undefined on the desktop, which keeps them in a file. Runs in the page. */
async function keptEditors(): Promise<string | undefined> {
  const promised = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => {
        resolve(request.result);
      };
      request.onerror = () => {
        reject(request.error ?? new Error('IndexedDB refuses.'));
      };
    });
  const names = (await indexedDB.databases())
    .map(({ name }) => name ?? '')
    .filter((name) => name.startsWith('vscode-web-state-db-'));
  const ofWorkspaces = names.filter((name) => !/global/.test(name));
  if (ofWorkspaces.length === 0) return undefined;
  const texts = await Promise.all(
    ofWorkspaces.map(async (name) => {
      const database = await promised(indexedDB.open(name));
      try {
        const items = database.transaction('ItemTable').objectStore('ItemTable');
        return String(await promised(items.get('memento/workbench.parts.editor') as IDBRequest<unknown>));
      } finally {
        database.close();
      }
    }),
  );
  return texts.join('\n');
}

/** The explorer's rows come last: they need the workspace's file system. */
async function untilReady(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 2 * PATIENCE });
  await page
    .locator('.explorer-folders-view .monaco-list-row')
    .first()
    .waitFor({ timeout: 2 * PATIENCE });
}
