import { expect } from 'vitest';
import type { Frame, Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';
import { PATIENCE } from './waiting.ts';

/** The inspector's panel as a user reads it. Webviews are thrown away when hidden, so it is looked up anew each time. */
export const panelOf = (workbench: Workbench): Promise<Frame> => workbench.webview('lipschitz-panel');

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
