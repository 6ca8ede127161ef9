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
import { graphShape } from '../../core/report/graph-boxes.ts';
import { graphDirections, type GraphShape } from '../../core/report/graph-layout.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { ringMap } from '../report/fixtures/ring-map.ts';
import { residualCnn } from '../report/fixtures/residual-cnn.ts';
import { thousandLayers } from '../report/fixtures/unusual.ts';
import { openBrowser, openPanel, packedPanel, showGraph, type PanelView } from '../webview/panel-page.ts';
import { laidReady, sendTiles, tilesOf } from '../webview/map/tiles.ts';
import { watchMainThread, type MainThread } from '../webview/main-thread.ts';
import { milliseconds, printTable } from './figures.ts';

let browser: Browser;
let files: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  process.stdout.write(
    `\nLoad: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}\n`,
  );
  files = await packedPanel();
  browser = await openBrowser();
});
afterAll(() => browser.close());

const open = (): Promise<PanelView> => openPanel(browser, files, { theme: 'dark', width: 1000 });

const words = ({ longTasks, longestWork }: MainThread): string[] => [
  String(longTasks.length),
  longTasks.length === 0 ? 'under 50 ms' : milliseconds(longTasks[0]!),
  longestWork === undefined ? 'not known' : milliseconds(longestWork),
];

test('the main thread of the panel', async () => {
  const rows: string[][] = [];
  for (const [what, inspection] of [
    ['12 layers shown', residualCnn],
    ['1,000 layers shown', thousandLayers],
  ] as const) {
    const view = await open();
    // Brought into the page beforehand: how the data gets there is the editor's business.
    await view.page.evaluate((state) => Object.assign(window, { data: { kind: 'state', state } }), {
      kind: 'finished',
      file: 'x.onnx',
      inspection,
    } as const);
    let ready = 0;
    const tasks = await watchMainThread(view, async () => {
      ready = await view.page.evaluate(
        () =>
          new Promise<number>((done) => {
            const start = performance.now();
            window.postMessage((window as unknown as { data: unknown }).data, '*');
            // Two frames later it has been drawn and answers.
            setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start))));
          }),
      );
    });
    rows.push([`${what}; interactive ${milliseconds(ready)} after its data`, ...words(tasks)]);
    await view.page.context().close();
  }

  const table = await open();
  await table.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: thousandLayers } });
  const scrolled = await watchMainThread(table, async () => {
    for (let k = 0; k < 60; k++) {
      await table.page.mouse.wheel(0, 500);
      await table.page.waitForTimeout(25);
    }
  });
  rows.push(['1,000 rows scrolled', ...words(scrolled)]);
  await table.page.context().close();

  for (const size of [50, 200]) {
    const view = await open();
    await view.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: residualCnn } });
    await view.send({ kind: 'show', tab: 'map' });
    const events = tilesOf(ringMap(size, size));
    await laidReady(view.page, events);
    const streamed = await watchMainThread(view, () => sendTiles(view.page));
    rows.push([`${size} × ${size} cells in ${events.length - 1} tiles`, ...words(streamed)]);
    await view.page.context().close();
  }

  const deep = await open();
  await deep.send({ kind: 'state', state: { kind: 'finished', file: 'x.onnx', inspection: thousandLayers } });
  const drawn = await watchMainThread(deep, async () => {
    await showGraph(deep, thousandLayers);
    await deep.page.getByRole('button', { name: 'Show all' }).first().click();
    await deep.page.getByRole('application').focus();
    for (let k = 0; k < 20; k++) await deep.page.keyboard.press('ArrowDown');
  });
  rows.push(['graph of 1,000 layers drawn, fitted and walked', ...words(drawn)]);
  await deep.page.context().close();
  printTable(
    'The main thread of the panel',
    ['what', 'tasks of 50 ms and more', 'longest', 'most processor time of one task'],
    rows,
  );
  expect(rows).toHaveLength(6);
});

const resnet = resolve('../shared/models/light_resnet50.onnx');

test.skipIf(!existsSync(resnet))('layouts in a thread of their own (light_resnet50 needs ../shared)', async () => {
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
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  let inspection: Inspection | undefined;
  for await (const event of inspect(
    { ...defaultRequest(resnet), budgetSeconds: 1 },
    engine,
    new AbortController().signal,
  ))
    if (event.kind === 'opened') inspection = event.inspection;
  await engine.dispose();
  const { graph, layers } = inspection!;
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
