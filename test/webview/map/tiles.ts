import type { Page } from 'playwright-core';
import type { LipschitzMap } from '../../../core/report/map.ts';
import { emptyCells, takeBlock, type MapEvent } from '../../../core/report/map-progress.ts';

const size = 10;

/** The events of a map in tiles of ten by ten cells, from its first to its last. */
export function tilesOf(map: LipschitzMap): readonly MapEvent[] {
  const { rows, columns } = map.grid;
  const places = Array.from({ length: (rows / size) * (columns / size) }, (_, k) => ({
    row: size * Math.floor(k / (columns / size)),
    column: size * (k % (columns / size)),
  }));
  return [
    { kind: 'opened', map: { ...map, done: 0, cells: emptyCells(rows * columns) } },
    ...places.map(({ row, column }): MapEvent => {
      const block = { row, column, rows: size, columns: size };
      return { kind: 'tile', tile: { ...block, cells: takeBlock(map.cells, columns, block), stage: 'done' } };
    }),
  ];
}

/** To be handed over before anything is measured: how a test brings data into a page is work of that page too. */
export async function laidReady(page: Page, events: readonly MapEvent[]): Promise<void> {
  await page.evaluate('window.tiles = []');
  for (const event of events)
    await page.evaluate((tile) => (window as unknown as { tiles: MapEvent[] }).tiles.push(tile), event);
}

/** As the host sends them, faster than the screen is drawn. */
export const sendTiles = (page: Page): Promise<void> =>
  page.evaluate(`(async () => {
    for (const event of window.tiles) {
      window.postMessage({ kind: 'map-event', event }, '*');
      await new Promise((next) => setTimeout(next, 5));
    }
  })()`);
