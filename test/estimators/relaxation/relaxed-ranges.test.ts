import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { rangesOn } from '../../../core/estimators/ranges/ranges-on.ts';
import { relaxedRanges } from '../../../core/estimators/relaxation/relaxed-ranges.ts';
import { analyse, withRanges } from '../../../core/inspection/layers.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import type { Region } from '../../../core/region.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';
import { pointOf } from '../../operators/against-runtime.ts';
import { evaluate } from '../../soundness/plain-evaluator.ts';
import { workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

it('sums of sums do not mix up the rows of their summands, in whatever order these were computed', async () => {
  // u = (a + h(a)) + g(a), with g(a) computed first: on the way back all summands have the same row at first.
  const network = networkOf({
    input: [1, 3],
    constants: { v: weights([3, 3], 1), g: weights([3, 3], 2), h: weights([3, 3], 3), o: weights([3, 1], 4) },
    nodes: [
      { op: 'MatMul', inputs: ['x', 'v'], outputs: ['a0'] },
      { op: 'Tanh', inputs: ['a0'], outputs: ['a'] },
      { op: 'MatMul', inputs: ['a', 'h'], outputs: ['b0'] },
      { op: 'Tanh', inputs: ['b0'], outputs: ['b'] },
      { op: 'MatMul', inputs: ['a', 'g'], outputs: ['c0'] },
      { op: 'Tanh', inputs: ['c0'], outputs: ['c'] },
      { op: 'Add', inputs: ['a', 'b'], outputs: ['z'] },
      { op: 'Add', inputs: ['z', 'c'], outputs: ['u'] },
      { op: 'Relu', inputs: ['u'], outputs: ['r'] },
      { op: 'MatMul', inputs: ['r', 'o'], outputs: ['y'] },
    ],
  });
  const { analysed, input } = await prepare(network, { dims: {}, held: new Map() }, engine);
  for (const radius of [0.01, 0.1, 0.3]) {
    const region: Region = { kind: 'box', lower: new Float64Array(3).fill(0.3 - radius), upper: new Float64Array(3).fill(0.3 + radius) }; // prettier-ignore
    const bare = analyse(analysed, undefined);
    const intervals = (await rangesOn(analysed, input, region, bare, workOf()))!;
    const boxes = (await relaxedRanges(analysed, input, region, withRanges(analysed, bare, intervals), intervals, workOf()))!; // prettier-ignore
    const { lower, upper } = boxes.get('u')!;
    for (let k = 0; k < 300; k++) {
      const point = pointOf(3, k, 0.3 - radius, 0.3 + radius);
      const at = point.map((value, i) => Math.min(region.upper[i]!, Math.max(region.lower[i]!, k % 3 === 0 ? 0.3 + radius * Math.sign(value - 0.3) : value))); // prettier-ignore
      evaluate(network, at, 'u').forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(lower[i]! - 1e-12);
        expect(value).toBeLessThanOrEqual(upper[i]! + 1e-12);
      });
    }
  }
});
