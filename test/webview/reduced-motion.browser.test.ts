import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { residualCnn, residualCnnRunning } from '../report/fixtures/residual-cnn.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser } from './panel-page.ts';

const file = 'residual_cnn.onnx';

describe.skipIf(browserPath === undefined)('what moves in the panel (skipped where no Chromium is on the PATH)', () => {
  let view: PanelView;

  beforeAll(async () => {
    view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
  });
  afterAll(() => view.close());

  /**
   * Elements that fade or glide, in the page and in whatever stands in the shadow of its elements, after the numbers have come. The scroll bar of a list is the toolkit's, and fades as the editor's own do.
   */
  async function moving(reducedMotion: 'reduce' | 'no-preference'): Promise<readonly string[]> {
    const { page, send, again } = view;
    await again();
    await page.emulateMedia({ reducedMotion });
    const running = { kind: 'running', file, inspection: residualCnnRunning, activity: '', fraction: 0.4 } as const;
    await send({ kind: 'state', state: running });
    await send({ kind: 'state', state: { kind: 'finished', file, inspection: residualCnn } });
    return page.evaluate(() => {
      const below = (root: ParentNode): Element[] =>
        [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot ? below(one.shadowRoot) : [])]);
      return below(document).flatMap((one) => {
        const { animationName, transitionDuration } = getComputedStyle(one);
        return (animationName === 'none' && transitionDuration === '0s') || one.classList.contains('scrollbar-thumb')
          ? []
          : [`${one.localName}.${one.className}`];
      });
    });
  }

  test('fades in where the user has nothing against it, and stands still where motion is to be reduced', async () => {
    expect(await moving('no-preference')).not.toEqual([]);
    expect(await moving('reduce')).toEqual([]);
  });
});
