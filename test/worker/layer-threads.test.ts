import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { Cancelled } from '../../core/compute/work.ts';
import { AffineMaps } from '../../core/inspection/affine-maps.ts';
import { LayerHand } from '../../core/inspection/layer-hand.ts';
import { openModel } from '../../core/inspection/open-model.ts';
import { startPace } from '../../core/inspection/pace.ts';
import { defaultRequest, type InspectionRequest } from '../../core/inspection/request.ts';
import { hireForLayers } from '../../core/worker/layer-threads.ts';
import { bundleThread, type ThreadBundle } from './thread-bundle.ts';

const file = join(import.meta.dirname, '../../samples/two_moons/mlp.onnx');
const request: InspectionRequest = { ...defaultRequest(file), provider: 'cpu', threads: 2, budgetSeconds: 600 };

let bundle: ThreadBundle;
beforeAll(async () => {
  bundle = await bundleThread('layer-thread');
});
afterAll(() => bundle.remove());

const idle = new AbortController().signal;

test('a thread finds of a layer what this one finds, and what else there is to tell', async () => {
  const hands = await Promise.all(hireForLayers(request, idle, 8, bundle.script));
  expect(hands.length).toBe(2);
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  using model = await openModel(request, engine);
  const { analysed } = model.prepared;
  const own = new LayerHand(analysed, new AffineMaps(analysed), startPace(engine, idle, 600));
  let checked = 0;
  for (const { id } of analysed.nodes) {
    const { l2 } = await own.work({ id, about: 'l2', seconds: 60 });
    if (l2 === undefined) continue;
    expect(l2.upper / l2.lower).toBeLessThan(1.0001);
    const hand = hands[checked++ % 2]!;
    expect(await hand.work({ id, about: 'l2', seconds: 60 })).toEqual({ l2 });
    const more = { id, about: { details: l2 }, seconds: 60 };
    expect(await hand.work(more)).toEqual(await own.work(more));
  }
  expect(checked).toBe(4);
  expect(await hands[0]!.work({ id: 'no such layer', about: 'l2', seconds: 1 })).toEqual({});
  await engine.dispose();
  for (const hand of hands) await hand[Symbol.asyncDispose]();
}, 60_000);

test('where there is room for one layer only, or the model cannot be opened, nobody comes', async () => {
  expect(hireForLayers(request, idle, 1, bundle.script)).toEqual([]);
  const gone = hireForLayers({ ...request, file: join(bundle.folder, 'none.onnx') }, idle, 8, bundle.script);
  expect((await Promise.allSettled(gone)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
}, 60_000);

test('a cancel ends threads, also those that are on their way', async () => {
  const cancel = new AbortController();
  const coming = hireForLayers(request, cancel.signal, 8, bundle.script);
  cancel.abort();
  for (const hand of coming) await expect(hand).rejects.toThrow(Cancelled);
}, 60_000);
