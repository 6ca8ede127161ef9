/** How long the panel holds its page, as the browser's own long-task entries say, and how long a graph takes to lay out. */
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { inspect } from '../../core/inspection/inspect.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import { layOut } from '../../core/layout/lay-out.ts';
import { compareInspections } from '../../core/report/comparison/compare.ts';
import { graphShape } from '../../core/report/graph-boxes.ts';
import { graphDirections, type GraphShape } from '../../core/report/graph-layout.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { ringMap } from '../report/fixtures/ring-map.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import { thousandLayers } from '../report/fixtures/unusual.ts';
import type { ToPanel } from '../../webview/contract.ts';
import {
  laidInPage,
  layoutAsked,
  openBrowser,
  openPanel,
  packedPanel,
  showGraph,
  type PanelView,
} from '../webview/panel-page.ts';
import { laidReady, sendTiles, tilesOf } from '../webview/map/tiles.ts';
import { watchMainThread, type MainThread } from '../webview/main-thread.ts';
import { milliseconds, printTable } from './figures.ts';

const resnetFile = resolve('../shared/models/light_resnet50.onnx');

/** As it is when its layers are listed. */
async function openedResnet(): Promise<Inspection | undefined> {
  if (!existsSync(resnetFile)) return undefined;
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  let inspection: Inspection | undefined;
  const request = { ...defaultRequest(resnetFile), budgetSeconds: 1 };
  for await (const event of inspect(request, engine, new AbortController().signal))
    if (event.kind === 'opened') inspection = event.inspection;
  await engine.dispose();
  return inspection;
}

let browser: Browser;
let files: ReadonlyMap<string, Uint8Array>;
let resnet: Inspection | undefined;
beforeAll(async () => {
  process.stdout.write(
    `\nLoad: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}\n`,
  );
  files = await packedPanel();
  browser = await openBrowser();
  resnet = await openedResnet();
});
afterAll(() => browser.close());

const open = (): Promise<PanelView> => openPanel(browser, files, { theme: 'dark', width: 1000 });

/** Everything is done this many times in new pages, and the worst is printed. */
const rounds = Number(process.env['LIPSCHITZ_BENCH_ROUNDS'] ?? 3);

async function worstOf(watch: () => Promise<MainThread>): Promise<string[]> {
  const seen: MainThread[] = [];
  for (let round = 0; round < rounds; round++) seen.push(await watch());
  const tasks = seen.flatMap(({ longTasks }) => longTasks.slice(0, 1));
  const work = seen.flatMap(({ longestWork }) => longestWork ?? []);
  return [
    String(Math.max(...seen.map(({ longTasks }) => longTasks.length))),
    tasks.length === 0 ? 'under 50 ms' : milliseconds(Math.max(...tasks)),
    work.length === 0 ? 'not known' : milliseconds(Math.max(...work)),
  ];
}

/** From the data's arrival until rows of the table stand on the screen and take the keyboard. */
const untilRows = `new Promise((done) => {
  const start = performance.now();
  window.postMessage(window.laid, '*');
  const look = () => {
    const table = document.querySelector('lipschitz-panel').shadowRoot?.querySelector('lipschitz-layers');
    if (table?.shadowRoot?.querySelector('tr[tabindex="0"]')) requestAnimationFrame(() => done(performance.now() - start));
    else requestAnimationFrame(look);
  };
  look();
})`;

const stateOf = (inspection: Inspection): ToPanel => ({
  kind: 'state',
  state: { kind: 'finished', file: 'x.onnx', inspection },
});

test('the main thread of the panel', async () => {
  const rows: string[][] = [];
  for (const [what, inspection] of [
    ['12 layers shown', residualCnn],
    ['1,000 layers shown', thousandLayers],
  ] as const) {
    let slowest = 0;
    const figures = await worstOf(async () => {
      const view = await open();
      await laidInPage(view, stateOf(inspection));
      const tasks = await watchMainThread(view, async () => {
        slowest = Math.max(slowest, await view.page.evaluate<number>(untilRows));
      });
      await view.page.context().close();
      return tasks;
    });
    rows.push([`${what}; interactive ${milliseconds(slowest)} after its data`, ...figures]);
  }

  const scrolled = await worstOf(async () => {
    const view = await open();
    await view.send(stateOf(thousandLayers));
    const tasks = await watchMainThread(view, async () => {
      for (let k = 0; k < 60; k++) {
        await view.page.mouse.wheel(0, 500);
        await view.page.waitForTimeout(25);
      }
    });
    await view.page.context().close();
    return tasks;
  });
  rows.push(['1,000 rows scrolled', ...scrolled]);

  for (const size of [50, 200]) {
    const view = await open();
    await view.send(stateOf(residualCnn));
    await view.send({ kind: 'show', tab: 'map' });
    const events = tilesOf(ringMap(size, size));
    await laidReady(view.page, events);
    const streamed = await worstOf(() => watchMainThread(view, () => sendTiles(view.page)));
    rows.push([`${size} × ${size} cells in ${events.length - 1} tiles`, ...streamed]);
    await view.page.context().close();
  }

  const graphs = [
    ['1,000 layers', thousandLayers],
    ...(resnet === undefined ? [] : [['light_resnet50', resnet] as const]),
  ] as const;
  for (const [name, inspection] of graphs) {
    const graph = async (act: (view: PanelView) => Promise<void>): Promise<MainThread> => {
      const view = await open();
      await view.send(stateOf(inspection));
      const show = await laidInPage(view, await layoutAsked(view, inspection));
      const drawn = (): Promise<unknown> => view.page.waitForSelector('[data-node]', { state: 'attached' });
      const acts = [show, drawn, () => act(view)];
      const tasks = await watchMainThread(view, async () => {
        for (const next of acts) await next();
      });
      await view.page.context().close();
      return tasks;
    };
    rows.push([`graph of ${name} drawn`, ...(await worstOf(() => graph(() => Promise.resolve())))]);
    const walked = await worstOf(() =>
      graph(async ({ page }) => {
        await page.getByRole('button', { name: 'Show all' }).first().click();
        await page.getByRole('application').focus();
        for (let k = 0; k < 20; k++) await page.keyboard.press('ArrowDown');
      }),
    );
    rows.push([`graph of ${name} drawn, shown as a whole and walked`, ...walked]);
  }
  const wheel = async ({ page }: PanelView, table: string): Promise<void> => {
    await page.getByRole('region', { name: table }).hover();
    for (let k = 0; k < 40; k++) {
      await page.mouse.wheel(0, 500);
      await page.waitForTimeout(25);
    }
  };
  const comparison = compareInspections(thousandLayers, thousandLayers);
  const long = {
    'Compare tab of 1,000 layers shown, its table scrolled': async (view: PanelView) => {
      await view.send({ kind: 'show', tab: 'compare' });
      const show = await laidInPage(view, {
        kind: 'comparison',
        state: { kind: 'finished', other: 'y.onnx', comparison },
      });
      return async () => {
        await show();
        await wheel(view, 'Layers beside each other');
      };
    },
    'table of a graph of 1,000 layers opened and scrolled': async (view: PanelView) => {
      await showGraph(view, thousandLayers);
      return async () => {
        await view.page.getByText('The graph as a table').click();
        await wheel(view, 'Nodes of the graph');
      };
    },
  };
  for (const [what, ready] of Object.entries(long)) {
    const figures = await worstOf(async () => {
      const view = await open();
      await view.send(stateOf(thousandLayers));
      const tasks = await watchMainThread(view, await ready(view));
      await view.page.context().close();
      return tasks;
    });
    rows.push([what, ...figures]);
  }
  printTable(
    'The main thread of the panel',
    ['what', 'tasks of 50 ms and more', 'longest', 'most processor time of one task'],
    rows,
  );
  expect(rows.length).toBeGreaterThanOrEqual(9);
});

test.skipIf(!existsSync(resnetFile))('layouts in a thread of their own (light_resnet50 needs ../shared)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'layout-'));
  const script = join(folder, 'layout-thread.mjs');
  await build({
    entryPoints: [resolve('core/layout/layout-thread.ts')],
    outfile: script,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  const { graph, layers } = resnet!;
  const long: GraphShape = {
    direction: 'down',
    boxes: Array.from({ length: 2000 }, () => ({ width: 124, height: 40 })),
    edges: Array.from({ length: 1999 }, (_, k) => [
      [k, k + 1] as const,
      ...(k % 6 === 0 && k + 5 < 2000 ? [[k, k + 5] as const] : []),
    ]).flat(),
  };
  const shapes: readonly (readonly [string, GraphShape])[] = [
    ...graphDirections.map(
      (direction) => [`light_resnet50, ${direction}`, graphShape(graph!, layers, direction)] as const,
    ),
    ['2,000 nodes with shortcuts, down', long],
  ];
  const rows: string[][] = [];
  for (const [name, shape] of shapes) {
    let [last, longest] = [performance.now(), 0];
    const clock = setInterval(() => {
      longest = Math.max(longest, performance.now() - last - 5);
      last = performance.now();
    }, 5);
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    await layOut(shape, script, new AbortController().signal);
    const used = process.cpuUsage(cpu);
    clearInterval(clock);
    rows.push([
      name,
      `${shape.boxes.length}`,
      `${((performance.now() - start) / 1000).toFixed(2)} s`,
      `${((used.user + used.system) / 1e6).toFixed(2)} s`,
      milliseconds(longest),
    ]);
  }
  await rm(folder, { recursive: true });
  printTable('Layouts', ['graph', 'nodes', 'wall', 'CPU', 'longest wait of the caller'], rows);
});
