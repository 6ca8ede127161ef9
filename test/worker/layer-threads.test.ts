import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { Cancelled } from '../../core/compute/work.ts';
import { LayerHand } from '../../core/inspection/layer-hand.ts';
import { startPace } from '../../core/inspection/pace.ts';
import type { LinearMap } from '../../core/operators/linear-map.ts';
import { convolutionMap } from '../../core/operators/maps/convolution-map.ts';
import { denseMap } from '../../core/operators/maps/dense-map.ts';
import { diagonalMap } from '../../core/operators/maps/diagonal-map.ts';
import { storedDenseMap } from '../../core/operators/maps/stored-dense-map.ts';
import { hireForLayers } from '../../core/worker/layer-threads.ts';
import { storedWeights } from '../operators/stored-weights.ts';
import { bundleThread, type ThreadBundle } from './thread-bundle.ts';

let bundle: ThreadBundle;
const engine = await openEngine({ provider: 'cpu', threads: 1 });
beforeAll(async () => {
  bundle = await bundleThread('layer-thread');
});
afterAll(async () => {
  await bundle.remove();
  await engine.dispose();
});

const idle = new AbortController().signal;
const here = new LayerHand(startPace(engine, idle, 600));
const two = { threads: 2, most: 8 };

const waves = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => Math.sin(1 + i * i));

const convolution = {
  direction: 'transposed',
  repeats: 1,
  groups: 2,
  inputChannels: 4,
  outputChannels: 6,
  inputSize: [9, 7],
  outputSize: [5, 4],
  kernelSize: [3, 2],
  strides: [2, 2],
  dilations: [1, 1],
  padsBegin: [1, 0],
  padsEnd: [1, 1],
  kernel: waves(6 * 2 * 6),
} as const;

const maps: readonly (readonly [string, LinearMap])[] = [
  ['a matrix', denseMap(waves(30 * 20), 30, 20, 2)],
  ['a matrix whose entries had to be computed', denseMap(() => waves(12 * 20), 12, 20, 1, 1e-9)],
  ['a matrix that stays in its file', storedDenseMap(storedWeights(waves(20 * 30), [20, 30], 'inputs', 'float32'), 2)],
  ['a transposed convolution in groups', convolutionMap(convolution, 1e-12)],
  ['a map that is not sent', diagonalMap(waves(5))],
];

test('a thread finds of a layer what this one finds, and what else there is to tell', async () => {
  const hands = await Promise.all(hireForLayers(here, idle, two, bundle.script));
  expect(hands.length).toBe(2);
  for (const [place, [name, map]] of maps.entries()) {
    const hand = hands[place % 2]!;
    const norm = { map: () => map, about: 'l2', seconds: 60 } as const;
    const { l2 } = await here.work(norm);
    expect(l2!.upper / l2!.lower, name).toBeLessThan(1.0001);
    expect(await hand.work(norm), name).toEqual({ l2 });
    const more = { ...norm, about: { details: l2! } };
    expect(await hand.work(more), name).toEqual(await here.work(more));
  }
  expect(await hands[0]!.work({ map: () => undefined, about: 'l2', seconds: 1 })).toEqual({});
  for (const hand of hands) await hand[Symbol.asyncDispose]();
});

test('where there is room for one layer only, or a thread fails, nobody comes', async () => {
  expect(hireForLayers(here, idle, { threads: 2, most: 1 }, bundle.script)).toEqual([]);
  const broken = join(bundle.folder, 'broken.mjs');
  await writeFile(broken, "throw new Error('no such thread');");
  const gone = hireForLayers(here, idle, two, broken);
  expect((await Promise.allSettled(gone)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('a cancel ends threads, also those that are on their way', async () => {
  const cancel = new AbortController();
  const coming = hireForLayers(here, cancel.signal, two, bundle.script);
  cancel.abort();
  for (const hand of coming) await expect(hand).rejects.toThrow(Cancelled);
});
