import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { residualCnn, residualCnnRunning } from '../report/fixtures/residual-cnn.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, drawn, openPanel, packedPanel, sharedBrowser } from './panel-page.ts';

const file = 'residual_cnn.onnx';

describe.skipIf(browserPath === undefined)('what moves in the panel (skipped where no Chromium is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());

  /** How many animations run from the first numbers to the last ones. */
  async function moves(reducedMotion: 'reduce' | 'no-preference'): Promise<number> {
    const { page, send, again } = view;
    await again();
    await page.emulateMedia({ reducedMotion });
    await page.evaluate(() => {
      const seen = Object.assign(window, { moves: 0 });
      for (const kind of ['animationstart', 'transitionrun']) document.addEventListener(kind, () => seen.moves++);
    });
    await send({
      kind: 'state',
      state: { kind: 'running', file, inspection: residualCnnRunning, activity: '', fraction: 0.4 },
    });
    await send({ kind: 'state', state: { kind: 'finished', file, inspection: residualCnn } });
    await drawn(page);
    return page.evaluate(() => (window as unknown as { moves: number }).moves);
  }

  test('fades in where the user has nothing against it, and stands still where motion is to be reduced', async () => {
    expect(await moves('no-preference')).toBeGreaterThan(0);
    expect(await moves('reduce')).toBe(0);
  });
});
