import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { states } from './gallery.ts';
import type { PanelView } from './panel-page.ts';
import { browserPath, openBrowser, openPanel, packedPanel, showGraph } from './panel-page.ts';
import type { ThemeName } from './themes.ts';
import { themes } from './themes.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(browserPath === undefined)(
  'axe-core finds nothing to complain about (skipped where no Chromium is on the PATH)',
  () => {
    let browser: Browser;
    let files: ReadonlyMap<string, Uint8Array>;

    beforeAll(async () => {
      files = await packedPanel();
      browser = await openBrowser();
    });
    afterAll(() => browser.close());

    const complaintsIn = async ({ page }: Pick<PanelView, 'page'>): Promise<readonly string[]> => {
      // Values fade in; contrast is measured once they have.
      await page.waitForTimeout(350);
      const { violations } = await page.evaluate(() =>
        (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
      );
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
      );
    };

    const open = async (theme: ThemeName): Promise<PanelView> => {
      const view = await openPanel(browser, files, { theme, width: 1000 });
      await view.page.evaluate(axe);
      return view;
    };

    test.each(Object.keys(themes) as ThemeName[])('in the %s theme, wide and narrow', async (theme) => {
      const view = await open(theme);
      await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
      const layer = residualCnn.layers[0]?.id ?? '';
      await view.send({ kind: 'select', layer });
      await view.send({ kind: 'spectrum', layer, answer: { kind: 'spectrum', view: spectrumView(someSpectrum) } });
      expect(await complaintsIn(view)).toEqual([]);
      await view.page.setViewportSize({ width: 400, height: 800 });
      expect(await complaintsIn(view)).toEqual([]);
      await view.page.context().close();
    });

    test.each(Object.keys(themes) as ThemeName[])(
      'in the %s theme, on the Graph, Coupling and Chain tabs',
      async (theme) => {
        const view = await open(theme);
        await view.send({
          kind: 'state',
          state: { kind: 'finished', file: 'x.onnx', inspection: unboundedTransformer },
        });
        await showGraph(view, unboundedTransformer);
        await view.send({ kind: 'select', layer: unboundedTransformer.layers[2]?.id ?? '' });
        await view.page.getByText('The graph as a table').click();
        expect(await complaintsIn(view)).toEqual([]);
        await view.page.setViewportSize({ width: 400, height: 800 });
        expect(await complaintsIn(view)).toEqual([]);
        await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
        await view.send({ kind: 'show', tab: 'coupling' });
        await view.page.getByLabel('Target for the constant L').fill('4');
        await view.page.keyboard.press('Tab');
        await view.page.getByText('Both figures as a table').click();
        await view.send({ kind: 'what-if', state: { kind: 'finished', report: someWhatIf } });
        await view.page.locator('lipschitz-what-if summary').click();
        expect(await complaintsIn(view)).toEqual([]);
        await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.safetensors', inspection: unchained } });
        await view.send({ kind: 'show', tab: 'chain' });
        await view.page.getByLabel('Input without the batch').fill('1x9x9');
        await view.page.keyboard.press('Tab');
        expect(await complaintsIn(view)).toEqual([]);
        await view.page.context().close();
      },
    );

    test('in the reports, which are pages of their own', async () => {
      const page = await (await browser.newContext({ viewport: { width: 400, height: 800 } })).newPage();
      const reports = {
        inspection: inspectionHtml(residualCnn),
        unbounded: inspectionHtml(unboundedTransformer),
        smoothing: smoothingHtml(someSmoothing),
        map: mapHtml(ringMap(6, 6)),
      };
      for (const [name, html] of Object.entries(reports)) {
        await page.setContent(html);
        await page.evaluate(axe);
        expect({ name, complaints: await complaintsIn({ page }) }).toEqual({ name, complaints: [] });
      }
      await page.context().close();
    });

    test('in every other state', async () => {
      const view = await open('dark');
      for (const [name, state] of Object.entries(states)) {
        await view.send({ kind: 'state', state });
        expect({ name, complaints: await complaintsIn(view) }).toEqual({ name, complaints: [] });
      }
      await view.page.context().close();
    });
  },
);
