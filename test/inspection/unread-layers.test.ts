import { expect, test } from 'vitest';
import { KnownLayers } from '../../core/inspection/known-layers.ts';
import { LayerCrew } from '../../core/inspection/layer-crew.ts';
import { LayerStudy } from '../../core/inspection/layer-study.ts';
import { analyse, layerEntries } from '../../core/inspection/layers.ts';
import type { Pace } from '../../core/inspection/pace.ts';
import type { Tensor } from '../../core/network/tensor.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { lazyEngine, workOf } from '../estimators/norms/small-maps.ts';
import { networkOf, node } from '../operators/small-networks.ts';

const side = 2100;
const large: Tensor = {
  name: 'w',
  type: 'float32',
  shape: [side, side],
  part: (_offset, length) => new Uint8Array(length),
  bytes: () => {
    throw new Error('It was read as a whole.');
  },
};

test.each([
  ['while there is time every layer has its first interval', 11, undefined],
  ['long after the budget large layers are left in the file, and named', 12, 'fc'],
])('%s', async (_, seconds, unread) => {
  const sketch = networkOf({
    input: [1, 2],
    constants: { small: { shape: [2, side], values: new Float64Array(2 * side).fill(1) } },
    nodes: [node('MatMul', 'x, small', 'p'), { ...node('MatMul', 'p, w', 'y'), id: 'fc' }],
  });
  const network = { ...sketch, constants: new Map([...sketch.constants, ['w', large]]) };
  const prepared = await prepare(network, { dims: {}, held: new Map() }, lazyEngine);
  const pace: Pace = { seconds: () => seconds, until: () => workOf() };
  await using crew = new LayerCrew(prepared.analysed, pace, {
    by: undefined,
    threads: 1,
    signal: new AbortController().signal,
  });
  const nodes = analyse(prepared.analysed, undefined);
  const layers = new KnownLayers(layerEntries(prepared, nodes));
  const study = new LayerStudy(prepared.analysed, layers, crew, pace, 10);
  for await (const { kind } of study.firstNorms(nodes)) expect(kind).toBe('activity');
  expect(study.unread?.id).toBe(unread);
  const [first, second] = layers.all;
  expect(first!.norms.l2).toBeDefined();
  expect(second!.norms.l2?.upper).toBe(unread === undefined ? 0 : undefined);
});
