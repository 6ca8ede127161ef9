import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Inspection } from '../../core/report/inspection.ts';
import { inspectionHtml } from '../../core/report/html.ts';
import { mapHtml } from '../../core/report/map-html.ts';
import { smoothingHtml } from '../../core/report/smoothing-html.ts';
import { spectrumView } from '../../core/report/spectrum-view.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import { ringMap } from '../report/fixtures/ring-map.ts';
import { someSmoothing } from '../report/fixtures/smoothing.ts';
import { unchained } from '../report/fixtures/weights.ts';
import { unboundedTransformer } from '../report/fixtures/unusual.ts';
import { someWhatIf } from '../report/fixtures/what-if.ts';
import { someSpectrum } from '../report/fixtures/spectrum.ts';
import { complaintsIn, complaintsInAllThemes } from './axe.ts';
import { states } from './gallery.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openPanel, packedPanel, sharedBrowser, showGraph, wear } from './panel-page.ts';
import { themes, type ThemeName } from './themes.ts';

describe.skipIf(browserPath === undefined)(
  'axe-core finds nothing to complain about (skipped where no Chromium is on the PATH)',
  () => {
    let view: PanelView;

    beforeAll(async () => {
      view = await openPanel(await sharedBrowser(), await packedPanel(), { theme: 'dark', width: 1000 });
    });
    afterAll(() => view.close());

    const show = (file: string, inspection: Inspection): Promise<void> =>
      view.send({ kind: 'state', state: { kind: 'finished', file, inspection } });
    const wideAndNarrow = async (): Promise<readonly string[]> => {
      await view.page.setViewportSize({ width: 400, height: 800 });
      const narrow = await complaintsIn(view.page);
      await view.page.setViewportSize({ width: 1000, height: 800 });
      return [...narrow, ...(await complaintsInAllThemes(view.page, 'dark'))];
    };

    test('on the Network tab with the detail of a layer', async () => {
      await show('x.onnx', residualCnn);
      const layer = residualCnn.layers[0]?.id ?? '';
      await view.send({ kind: 'select', layer });
      await view.send({ kind: 'spectrum', layer, answer: { kind: 'spectrum', view: spectrumView(someSpectrum) } });
      expect(await wideAndNarrow()).toEqual([]);
    });

    test('on the Graph tab', async () => {
      await show('transformer.onnx', unboundedTransformer);
      await showGraph(view, unboundedTransformer);
      await view.send({ kind: 'select', layer: unboundedTransformer.layers[2]?.id ?? '' });
      await view.page.getByText('The graph as a table').click();
      expect(await wideAndNarrow()).toEqual([]);
    });

    test('on the Coupling tab', async () => {
      await show('y.onnx', residualCnn);
      await view.send({ kind: 'show', tab: 'coupling' });
      await view.page.getByLabel('Target for the constant L').fill('4');
      await view.page.keyboard.press('Tab');
      await view.page.getByText('Both figures as a table').click();
      await view.send({ kind: 'what-if', state: { kind: 'finished', report: someWhatIf } });
      await view.page.locator('lipschitz-what-if summary').click();
      expect(await wideAndNarrow()).toEqual([]);
    });

    test('on the Chain tab', async () => {
      await show('x.safetensors', unchained);
      await view.send({ kind: 'show', tab: 'chain' });
      await view.page.getByLabel('Input without the batch').fill('1x9x9');
      await view.page.keyboard.press('Tab');
      expect(await wideAndNarrow()).toEqual([]);
    });

    test('in the reports, which are pages of their own', async () => {
      const browser = await sharedBrowser();
      const page = await browser.newPage({ viewport: { width: 400, height: 800 } });
      const reports = {
        inspection: inspectionHtml(residualCnn),
        unbounded: inspectionHtml(unboundedTransformer),
        smoothing: smoothingHtml(someSmoothing),
        map: mapHtml(ringMap(6, 6)),
      };
      for (const [name, html] of Object.entries(reports)) {
        await page.setContent(html);
        expect({ name, complaints: await complaintsIn(page) }).toEqual({ name, complaints: [] });
      }
      await page.close();
    });

    test('in every other state', async () => {
      await view.send({ kind: 'show', tab: 'network' });
      const others = (Object.keys(themes) as ThemeName[]).filter((theme) => theme !== 'dark');
      for (const [i, [name, state]] of Object.entries(states).entries()) {
        await view.send({ kind: 'state', state });
        // In dark and, by turns, in one of the other themes: all of them take a quarter of a minute.
        for (const theme of ['dark', others[i % others.length]!] as const) {
          await wear(view.page, theme);
          expect({ name, theme, complaints: await complaintsIn(view.page) }).toEqual({ name, theme, complaints: [] });
        }
        await wear(view.page, 'dark');
      }
    });
  },
);
