import type { Locator, Page } from 'playwright-core';
import { runCommand } from './quick-input.ts';
import { PATIENCE, happens } from './waiting.ts';

export interface Notification {
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
}

/** Every notification that nobody has dismissed, also those whose toast has gone. */
export async function readNotifications(page: Page): Promise<Notification[]> {
  await runCommand(page, 'Show Notifications');
  const center = page.locator('.notifications-center.visible');
  await center.waitFor({ timeout: PATIENCE });
  const rows = center.locator('.notification-list-item');
  // The rows are drawn after the box; an empty box has a title that says so.
  await happens(rows.first().waitFor({ timeout: 500 }));
  const found = await Promise.all((await rows.all()).map(readNotification));
  await runCommand(page, 'Hide Notifications');
  return found;
}

async function readNotification(row: Locator): Promise<Notification> {
  const icon = (await row.locator('.notification-list-item-icon').getAttribute('class')) ?? '';
  const severity = icon.includes('codicon-error') ? 'error' : icon.includes('codicon-warning') ? 'warning' : 'info';
  return { severity, message: await row.locator('.notification-list-item-message').innerText() };
}
