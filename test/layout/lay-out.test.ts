import { build } from 'esbuild';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layOutHere } from '../../core/layout/elk.ts';
import { layOut } from '../../core/layout/lay-out.ts';
import { graphDirections, type GraphLayout, type GraphShape } from '../../core/report/graph-layout.ts';

const box = { width: 120, height: 40 };

/** Twenty residual blocks. */
const residual: GraphShape = {
  direction: 'down',
  boxes: Array.from({ length: 61 }, () => box),
  edges: Array.from({ length: 20 }, (_, k) => 3 * k).flatMap((at) => [
    [at, at + 1] as const,
    [at + 1, at + 2] as const,
    [at + 2, at + 3] as const,
    [at, at + 3] as const,
  ]),
};

const shapes = fc
  .record({ size: fc.integer({ min: 1, max: 25 }), back: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 25 }) })
  .map(({ size, back }): GraphShape => {
    const edges = back.slice(0, size - 1).flatMap(([one, other], i) => {
      const to = i + 1;
      const from = [...new Set([Math.max(0, to - 1 - one), Math.max(0, to - 1 - other)])];
      return from.map((place) => [place, to] as const);
    });
    return { direction: 'down', boxes: Array.from({ length: size }, () => box), edges };
  });

describe('The layout of a graph', () => {
  test.each(graphDirections)('keeps boxes apart and inside the picture, %s', async (direction) => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { boxes, edges, width, height } = await layOutHere({ ...shape, direction });
        boxes.forEach((one, i) => {
          expect(one.x >= 0 && one.y >= 0 && one.x + one.width <= width && one.y + one.height <= height).toBe(true);
          for (const other of boxes.slice(i + 1)) expect(apart(one, other)).toBe(true);
        });
        edges.forEach(({ from, to, points }) => {
          expect(touches(boxes[from]!, points.slice(0, 2))).toBe(true);
          expect(touches(boxes[to]!, points.slice(-2))).toBe(true);
        });
      }),
      { numRuns: 12 },
    );
  });

  test('lets every edge run in the direction of the network', async () => {
    const down = await layOutHere(residual);
    for (const { from, to } of down.edges) expect(down.boxes[from]!.y).toBeLessThan(down.boxes[to]!.y);
    const right = await layOutHere({ ...residual, direction: 'right' });
    for (const { from, to } of right.edges) expect(right.boxes[from]!.x).toBeLessThan(right.boxes[to]!.x);
  });

  test.each(['down', 'right'] as const)('puts what only follows each other in one line, %s', async (direction) => {
    const { boxes, edges } = await layOutHere({ ...residual, direction });
    const middle = ({ x, y, width, height }: Box): number => (direction === 'down' ? x + width / 2 : y + height / 2);
    const inside = edges.filter(({ from, to }) => from % 3 === 1 && to === from + 1);
    expect(inside).toHaveLength(20);
    for (const { from, to, points } of inside) {
      expect(middle(boxes[from]!)).toBeCloseTo(middle(boxes[to]!), 6);
      expect(points).toHaveLength(4);
    }
  });

  test('folds a deep network into rows, so that it fits on a page', async () => {
    const { width, height } = await layOutHere({ ...residual, direction: 'rows' });
    expect(width / height).toBeGreaterThan(0.5);
    expect(width / height).toBeLessThan(4);
  });
});

describe('In a thread of its own', () => {
  let folder: string;
  let script: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'layout-'));
    script = join(folder, 'layout-thread.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, '../../core/layout/layout-thread.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
      },
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('the layout is the same, and whoever waits stays awake', async () => {
    let turns = 0;
    const clock = setInterval(() => (turns += 1), 5);
    const layout: GraphLayout = await layOut(residual, script, new AbortController().signal);
    clearInterval(clock);
    expect(layout).toEqual(await layOutHere(residual));
    expect(turns).toBeGreaterThan(5);
  });

  test('a cancel ends the thread with a sentence', async () => {
    const cancel = new AbortController();
    const layout = layOut(residual, script, cancel.signal);
    cancel.abort();
    await expect(layout).rejects.toThrow('The layout of the graph was cancelled.');
  });
});

type Box = GraphLayout['boxes'][number];

const apart = (a: Box, b: Box): boolean =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

const touches = ({ x, y, width, height }: Box, [px, py]: readonly number[]): boolean =>
  px! >= x - 0.5 && px! <= x + width + 0.5 && py! >= y - 0.5 && py! <= y + height + 0.5;
