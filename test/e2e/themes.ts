import type { Page } from 'playwright-core';
import { pick, runCommand } from './quick-input.ts';
import { until } from './waiting.ts';

export type Theme = 'light' | 'dark' | 'high-contrast-dark' | 'high-contrast-light';

interface ThemeMarks {
  /** The id in the setting, and the label in the list that the command shows; VS Code has changed these before. */
  readonly setting: string;
  readonly label: string;
  /** The class that the workbench carries. */
  readonly workbench: string;
  /** What `data-vscode-theme-kind` says in a webview's body. */
  readonly webview: string;
}

const THEMES: Readonly<Record<Theme, ThemeMarks>> = {
  light: { setting: 'Light Modern', label: 'Light Modern', workbench: 'vs', webview: 'vscode-light' },
  dark: { setting: 'Dark Modern', label: 'Dark Modern', workbench: 'vs-dark', webview: 'vscode-dark' },
  'high-contrast-dark': {
    setting: 'Default High Contrast',
    label: 'Dark High Contrast',
    workbench: 'hc-black',
    webview: 'vscode-high-contrast',
  },
  'high-contrast-light': {
    setting: 'Default High Contrast Light',
    label: 'Light High Contrast',
    workbench: 'hc-light',
    webview: 'vscode-high-contrast-light',
  },
};

export function themeSetting(theme: Theme): Readonly<Record<string, string>> {
  return { 'workbench.colorTheme': THEMES[theme].setting };
}

/** By the command, as a user would: the server's workbench overlooks most changes of the settings file on disk. */
export async function chooseTheme(page: Page, theme: Theme): Promise<void> {
  await runCommand(page, 'Preferences: Color Theme');
  await pick(page, THEMES[theme].label);
  await untilThemed(page, theme);
}

/** Waits until the workbench and every open webview have taken the theme. */
async function untilThemed(page: Page, theme: Theme): Promise<void> {
  const { workbench, webview } = THEMES[theme];
  await until(
    async () => {
      if (!(await page.locator(`.monaco-workbench.${workbench}`).isVisible())) return undefined;
      for (const frame of page.frames()) {
        const body = frame.locator('body[data-vscode-theme-kind]');
        const kind = await body.getAttribute('data-vscode-theme-kind', { timeout: 100 }).catch(() => null);
        if (kind !== null && kind !== webview) return undefined;
      }
      return true;
    },
    () => `the workbench and its webviews have not all taken the theme ${theme}.`,
  );
}
