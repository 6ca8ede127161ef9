import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { elementCount, type TensorType } from '../../core/network/tensor.ts';
import type { Enclosure } from '../../core/operators/enclosure.ts';
import { localResponseGains, type Response } from '../../core/operators/local-response-gains.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { singularValues } from '../estimators/norms/small-maps.ts';
import { checkAgainstRuntime, openReference } from './against-runtime.ts';
import { networkOf, type NodeSketch } from './small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** By the quotient rule; nothing is bounded here. */
function jacobian({ alpha, beta, bias, size, before, behind }: Response, x: readonly number[]): number[][] {
  return x.map((value, i) => {
    const inside = x.map((_, j) => j >= i - before && j <= i + behind);
    const bracket = x.reduce((sum, own, j) => sum + (inside[j] ? (alpha / size) * own * own : 0), bias);
    return x.map((own, j) => {
      const slope = inside[j] ? ((2 * alpha * beta) / size) * value * own * bracket ** (-beta - 1) : 0;
      return (i === j ? bracket ** -beta : 0) - slope;
    });
  });
}

const sizes = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + Math.abs(value), 0);
const normsOf = (matrix: number[][]): Record<Norm, number> => ({
  l1: Math.max(...matrix.map((_, j) => sizes(matrix.map((row) => row[j]!)))),
  l2: singularValues(matrix)[0]!,
  linf: Math.max(...matrix.map(sizes)),
});

const responses = fc
  .record({
    alpha: fc.double({ min: 0.01, max: 5, noNaN: true }),
    beta: fc.oneof(fc.constantFrom(0, 0.5, 0.75, 1), fc.double({ min: 0, max: 4, noNaN: true })),
    bias: fc.double({ min: 0.2, max: 3, noNaN: true }),
    size: fc.integer({ min: 1, max: 8 }),
    mirrored: fc.boolean(),
  })
  .map(({ size, mirrored, ...others }): Response => {
    const before = Math.floor((size - (mirrored ? 0 : 1)) / 2);
    const [alpha, beta, bias] = [others.alpha, others.beta, others.bias].map(Math.fround) as [number, number, number];
    return { alpha, beta, bias, size, before, behind: size - 1 - before };
  });
const channels = 7;
const entry = fc.oneof(fc.constant(0), fc.double({ min: -8, max: 8, noNaN: true }));
const points = fc.array(entry, { minLength: channels, maxLength: channels });

const sketch = ({ alpha, beta, bias, size, before }: Response) =>
  networkOf({
    input: [1, channels],
    nodes: [{ op: 'LRN', inputs: ['x'], attributes: { size, before, alpha: { float: alpha }, beta: { float: beta }, bias: { float: bias } } }], // prettier-ignore
  });
const gainsOn = (response: Response, box?: Enclosure) => {
  const network = sketch(response);
  const output: TensorType = { type: 'float32', shape: [1, channels] };
  const types = new Map([...network.types, ['y0', output]] as const);
  const rule = ruleOf({ ...network, types }, network.nodes[0]!, box === undefined ? undefined : [box]);
  if (rule.kind !== 'gain') throw new Error(`It is ${rule.kind}.`);
  return rule.gains;
};

describe('The constants of LRN', () => {
  it('are at least every norm of the Jacobian, everywhere and on a box around the point', () => {
    fc.assert(
      fc.property(responses, points, fc.double({ min: 0, max: 2, noNaN: true }), (response, x, width) => {
        const own = normsOf(jacobian(response, x));
        const box = { shape: [1, channels], lower: Float64Array.from(x, (v) => v - width / 3), upper: Float64Array.from(x, (v) => v + width) }; // prettier-ignore
        const [everywhere, here] = [gainsOn(response), gainsOn(response, box)];
        for (const norm of norms) {
          expect(everywhere[norm].upper).toBeGreaterThanOrEqual(own[norm] * (1 - 1e-12));
          expect(here[norm].upper).toBeGreaterThanOrEqual(own[norm] * (1 - 1e-12));
          expect(here[norm].upper).toBeLessThanOrEqual(everywhere[norm].upper);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('are attained in linf, and in all norms at 0 where the window holds one channel', () => {
    const response: Response = { alpha: 2, beta: 0.75, bias: 0.5, size: 5, before: 2, behind: 2 };
    const { linf } = localResponseGains(response, channels);
    // In the middle of the channels: its own entry and four equal ones beside it, as long together as they like.
    let most = 0;
    for (let length = 0.05; length < 4; length += 0.01)
      for (let angle = 0.02; angle < 1.57; angle += 0.02) {
        const beside = (length * Math.sin(angle)) / 2;
        const x = [0, beside, beside, length * Math.cos(angle), beside, beside, 0];
        most = Math.max(most, sizes(jacobian(response, x)[3]!));
      }
    expect(most).toBeGreaterThan(linf.upper * 0.9999);
    expect(linf.lower).toBeGreaterThan(linf.upper * (1 - 1e-12));
    const alone = localResponseGains({ ...response, size: 1, before: 0, behind: 0 }, channels);
    for (const norm of norms) expect(alone[norm].upper).toBeLessThan(0.5 ** -0.75 * (1 + 1e-3));
  });

  it('is that of its size where every window holds all channels', () => {
    const { l2 } = localResponseGains({ alpha: 3, beta: 2, bias: 4, size: 13, before: 6, behind: 6 }, 6);
    expect(l2.upper).toBeCloseTo(1 / 16, 12);
  });
});

describe('LRN that ONNX Runtime has no kernel for', () => {
  const lrn = (size: number): NodeSketch => ({ op: 'LRN', inputs: ['x'], attributes: { size, alpha: { float: 0.9 }, bias: { float: 0.7 } } }); // prettier-ignore
  it.each([
    ['over two channels', [1, 4, 2, 2], 2, 21],
    ['over four channels of three', [2, 3, 2], 4, 13],
    ['over six channels, of vectors', [1, 5], 6, 9],
    ['over three channels of a volume', [1, 4, 1, 2, 2], 3, 17],
  ] as const)('%s is run and analysed', async (_, input, size, opset) => {
    const network = networkOf({ input, nodes: [lrn(size)], opset });
    const { runnable, analysed } = await prepare(network, { dims: {}, held: new Map() }, engine);
    expect(analysed.nodes.map(({ op }) => op)).toEqual(['LRN', 'Identity']);
    await checkAgainstRuntime(runnable, engine, { points: 4 });
    // ONNX: of an even number one more behind.
    await using reference = await openReference(runnable, engine);
    const x = Float64Array.from({ length: elementCount(input) }, (_, i) => Math.fround(Math.sin(5 * i + 1)));
    const inner = elementCount(input.slice(2));
    const y = await reference.evaluate(x);
    for (const [i, value] of y.entries()) {
      const channel = Math.floor(i / inner) % input[1];
      let sum = 0;
      for (let c = Math.max(0, channel - Math.floor((size - 1) / 2)); c <= Math.min(input[1] - 1, channel + Math.ceil((size - 1) / 2)); c++) sum += x[i + (c - channel) * inner]! ** 2; // prettier-ignore
      expect(value).toBeCloseTo(x[i]! / (0.7 + (0.9 / size) * sum) ** 0.75, 5);
    }
  });
});
