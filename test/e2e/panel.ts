import { expect } from 'vitest';
import type { Frame, Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';
import { findWebview } from './webviews.ts';
import { PATIENCE, happens, until } from './waiting.ts';

/** The inspector's panel as a user reads it. Webviews are thrown away when hidden, so it is looked up anew each time. */
export const panelOf = (workbench: Workbench): Promise<Frame> => workbench.webview('lipschitz-panel');

/** The button in the title of the editor. The title is drawn anew while extensions start, and then swallows a click: so until the panel comes. */
export async function inspectFromTitle(workbench: Workbench): Promise<Frame> {
  const button = workbench.page.locator('.editor-actions [aria-label^="Inspect Lipschitz"]').first();
  await until(
    async () => {
      if (!(await happens(button.click({ timeout: 5000 })))) return undefined;
      return (await happens(findWebview(workbench.page, 'lipschitz-panel', 10_000))) ? true : undefined;
    },
    () => 'no panel comes when "Inspect Lipschitz" in the title is pressed.',
    2 * PATIENCE,
  );
  return finished(workbench);
}

export const rowsOf = (panel: Frame): Locator => panel.locator('lipschitz-layers tbody tr[data-id]');

export const layerNames = (panel: Frame): Promise<string[]> =>
  rowsOf(panel).evaluateAll((rows) => rows.map((row) => row.querySelector('th.name > span')?.textContent.trim() ?? ''));

/** "Inspect again" is offered only when an inspection has ended well. */
export async function finished(workbench: Workbench): Promise<Frame> {
  const panel = await panelOf(workbench);
  await panel
    .getByText('Inspect again')
    .first()
    .waitFor({ timeout: 2 * PATIENCE });
  await expect.poll(() => rowsOf(panel).count()).toBeGreaterThan(0);
  return panel;
}
