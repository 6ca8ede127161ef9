import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { flatPoints } from '../../../core/estimators/witness/flat-points.ts';
import { openForward } from '../../../core/estimators/witness/forward.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { witnessBounds } from '../../../core/inspection/witness-bounds.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { constants } from '../../operators/against-runtime.ts';
import { networkOf, node, weights, type NetworkSketch } from '../../operators/small-networks.ts';
import { breathsOf } from './breaths.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const ready = (sketch: NetworkSketch) => prepare(networkOf(sketch), { dims: {}, held: new Map() }, engine);

const behindDense: NetworkSketch = {
  input: [1, 6],
  constants: { w: weights([6, 4], 1), b: weights([4], 2), gamma: weights([4], 3) },
  nodes: [
    node('MatMul', 'x, w', 'h'),
    node('Add', 'h, b', 's'),
    node('LayerNormalization', 's, gamma', 'y', { axis: -1 }),
  ],
};
const alone: NetworkSketch = {
  input: [2, 12],
  constants: { gamma: weights([12], 3) },
  nodes: [node('LayerNormalization', 'x, gamma', 'y', { axis: -1 })],
};

describe('Where a normalisation is steepest', () => {
  it('what it gets is flat, where only affine layers lie before', async () => {
    const { analysed } = await ready(behindDense);
    const [x] = await flatPoints(analysed, 'x', breathsOf(engine, 100));
    const [w, b] = [behindDense.constants!['w']!.values, behindDense.constants!['b']!.values];
    const s = Array.from({ length: 4 }, (_, j) => x!.reduce((sum, value, i) => sum + value * w[i * 4 + j]!, b[j]!));
    for (const value of s) expect(value).toBeCloseTo(s[0]!, 9);
    const behindTanh = { ...alone, nodes: [node('Tanh', 'x', 't'), node('LayerNormalization', 't, gamma', 'y', { axis: -1 })] }; // prettier-ignore
    expect(await flatPoints((await ready(behindTanh)).analysed, 'x', breathsOf(engine, 100))).toEqual([]);
  });

  it('a LayerNorm comes within two thousandths of its constant there, proved', async () => {
    for (const sketch of [alone, behindDense]) {
      const { analysed, runnable, output } = await ready(sketch);
      const starts = await flatPoints(analysed, 'x', breathsOf(engine, 100));
      const opened = await openForward(runnable, output, breathsOf(engine, 1500));
      if ('refused' in opened) throw new Error(opened.refused);
      await using forward = opened;
      const question = { network: runnable, output, region: { kind: 'all' }, norm: 'l2', forward, imageSeconds: 0, starts } as const; // prettier-ignore
      let best = 0;
      for await (const { value, rigor } of witnessBounds(question, breathsOf(engine, 1500)))
        if (rigor === 'certified') best = Math.max(best, value);
      const { l2 } = constants(analysed, output, analyse(analysed, undefined));
      expect(best).toBeLessThanOrEqual(l2);
      // Behind a dense layer the product of the two norms is more than the constant.
      expect(best).toBeGreaterThan(sketch === alone ? 0.998 * l2 : 0.3 * l2);
    }
  });
});
