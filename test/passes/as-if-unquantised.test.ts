import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { analyse } from '../../core/inspection/layers.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime, constants, openReference, pointOf } from '../operators/against-runtime.ts';
import { levels, whole, withWhole } from '../operators/quantised-networks.ts';
import { ints, weights, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const smooth = (network: Network): Promise<PreparedNetwork> =>
  prepare(network, { dims: {}, held: new Map(), quantisation: 'left out' }, engine);

const l2 = ({ analysed, output }: PreparedNetwork): number =>
  constants(analysed, output, analyse(analysed, undefined)).l2;

/** The largest distance between the file's network and the one without rounding, at some points. */
async function distance(network: Network, { runnable }: PreparedNetwork): Promise<number> {
  await using file = await openReference(network, engine);
  await using real = await openReference(runnable, engine);
  const size = elementCount(runnable.types.get('x')!.shape);
  let most = 0;
  for (const seed of [1, 2, 3, 4]) {
    const [one, other] = [
      await file.evaluate(pointOf(size, seed, -3, 3)),
      await real.evaluate(pointOf(size, seed, -3, 3)),
    ];
    one.forEach((value, i) => (most = Math.max(most, Math.abs(value - other[i]!))));
  }
  return most;
}

const there = (from: string, to: string, scale = 's'): NodeSketch => ({
  op: 'QuantizeLinear',
  inputs: [from, scale, 'z'],
  outputs: [to],
});
const back = (from: string, to: string, scale = 's'): NodeSketch => ({
  op: 'DequantizeLinear',
  inputs: [from, scale, 'z'],
  outputs: [to],
});
const fine = { s: { shape: [], values: [1 / 64] } };
const zero = whole('z', 'uint8', [], [128]);

describe('As if unquantised', () => {
  it('a layer between quantised tensors has its own norm, and its limits stay', async () => {
    const network = withWhole(
      {
        input: [1, 4],
        nodes: [
          there('x', 'a'),
          back('a', 'b'),
          { op: 'MatMul', inputs: ['b', 'w'], outputs: ['c'] },
          there('c', 'd'),
          back('d', 'y'),
        ],
        constants: { ...fine, w: weights([4, 3]) },
      },
      [zero],
    );
    const prepared = await smooth(network);
    expect(prepared.runnable.nodes.map(({ op }) => op)).toEqual(['Clip', 'Identity', 'MatMul', 'Clip', 'Identity']);
    const alone = withWhole(
      { input: [1, 4], nodes: [{ op: 'MatMul', inputs: ['x', 'w'] }], constants: { w: weights([4, 3]) } },
      [],
    );
    const plain = await prepare(alone, { dims: {}, held: new Map() }, engine);
    expect(l2(prepared)).toBeCloseTo(l2(plain), 12);
    // Half a step at the input, through a norm below 2 per row, and half a step at the output.
    expect(await distance(network, prepared)).toBeLessThan((4 / 2 + 1 / 2) / 64 + 1e-6);
    expect(prepared.notes.join(' ')).toContain('not about the one in the file');
    await checkAgainstRuntime(prepared.runnable, engine, { interval: [-3, 3] });
  });

  it('quantised tensors may be rearranged and pooled in between, also two together', async () => {
    const network = withWhole(
      {
        input: [1, 2, 4, 4],
        nodes: [
          there('x', 'a'),
          { op: 'MaxPool', inputs: ['a'], outputs: ['p'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
          { op: 'Reshape', inputs: ['p', 'shape'], outputs: ['r'] },
          { op: 'Relu', inputs: ['x'], outputs: ['relu'] },
          { op: 'Flatten', inputs: ['relu'], outputs: ['flat'] },
          there('flat', 'f'),
          { op: 'Concat', inputs: ['r', 'f'], outputs: ['both'], attributes: { axis: 1 } },
          back('both', 'y'),
        ],
        constants: { ...fine, shape: ints([1, -1]) },
      },
      [zero],
    );
    const prepared = await smooth(network);
    expect(prepared.runnable.nodes.some(({ op }) => op.includes('uantize'))).toBe(false);
    expect(await distance(network, prepared)).toBeLessThan(0.5 / 64 + 1e-6);
    await checkAgainstRuntime(prepared.runnable, engine, { interval: [-3, 3] });
  });

  it('a scale for each channel limits each channel on its own', async () => {
    const attributes = { axis: 1 };
    const network = withWhole(
      {
        input: [1, 3, 4],
        nodes: [
          { ...there('x', 'a'), attributes },
          { ...back('a', 'y'), attributes },
        ],
        constants: { s: { shape: [3], values: [1 / 64, 1 / 128, 1 / 256] } },
      },
      [whole('z', 'uint8', [3], [128, 100, 0])],
    );
    const prepared = await smooth(network);
    expect(await distance(network, prepared)).toBeLessThan(0.5 / 64 + 1e-6);
    expect(l2(prepared)).toBeCloseTo(1, 12);
  });

  it('a convolution in whole numbers is a convolution in real ones', async () => {
    const network = withWhole(
      {
        opset: 13,
        input: [1, 2, 5, 5],
        nodes: [
          there('x', 'q'),
          {
            op: 'QLinearConv',
            inputs: ['q', 's', 'z', 'w', 'ws', 'wz', 'ys', 'z'],
            outputs: ['c'],
            attributes: { kernel_shape: [3, 3] },
          },
          back('c', 'y', 'ys'),
        ],
        constants: { ...fine, ws: { shape: [], values: [1 / 256] }, ys: { shape: [], values: [1 / 32] } },
      },
      [zero, whole('w', 'int8', [3, 2, 3, 3], levels(54, -64, 63)), whole('wz', 'int8', [], [0])],
    );
    const prepared = await smooth(network);
    expect(prepared.analysed.nodes.filter(({ op }) => op === 'Conv')).toHaveLength(1);
    expect(l2(prepared)).toBeLessThan(Number.POSITIVE_INFINITY);
    // Half a step of the input times the sums of the weights, and half a step of the output.
    expect(await distance(network, prepared)).toBeLessThan((18 / 4 / 64) * 0.5 + 0.5 / 32 + 1e-6);
  });

  it('a dynamic quantisation is no quantisation at all', async () => {
    const network = withWhole(
      {
        input: [2, 6],
        nodes: [
          { op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 'qs', 'qz'] },
          { op: 'MatMulInteger', inputs: ['q', 'w', 'qz', 'wz'], outputs: ['i'] },
          { op: 'Cast', inputs: ['i'], outputs: ['f'], attributes: { to: 1 } },
          { op: 'Mul', inputs: ['qs', 'ws'], outputs: ['both'] },
          { op: 'Mul', inputs: ['f', 'both'], outputs: ['y'] },
        ],
        constants: { ws: { shape: [], values: [1 / 64] } },
      },
      [whole('w', 'uint8', [6, 3], levels(18, 0, 255)), whole('wz', 'uint8', [], [113])],
    );
    const file = await prepare(network, { dims: {}, held: new Map() }, engine);
    expect(l2(file)).toBe(Number.POSITIVE_INFINITY);
    const prepared = await smooth(network);
    const steps = prepared.analysed.nodes.map(({ op }) => op);
    expect(steps.filter((op) => op !== 'Identity' && op !== 'Cast')).toEqual(['Mul', 'MatMul', 'Mul']);
    expect(await distance(network, prepared)).toBeLessThan(6 * 2.3 * (6 / 255 / 2) + 1e-6);
    await checkAgainstRuntime(prepared.runnable, engine);
  });

  it('rounding stays where quantised numbers are used as numbers, and is named', async () => {
    const network = withWhole(
      {
        input: [1, 4],
        nodes: [
          { ...there('x', 'a'), id: 'counted' },
          { op: 'Cast', inputs: ['a'], outputs: ['c'], attributes: { to: 1 } },
          there('x', 'b'),
          back('b', 'd'),
          { op: 'Add', inputs: ['c', 'd'], outputs: ['y'] },
        ],
        constants: fine,
      },
      [zero],
    );
    const prepared = await smooth(network);
    expect(prepared.notes.join(' ')).toContain('counted');
    expect(prepared.runnable.nodes.filter(({ op }) => op === 'QuantizeLinear')).toHaveLength(1);
    expect(l2(prepared)).toBe(Number.POSITIVE_INFINITY);
  });

  it('taken back with another scale than it was quantised with, a tensor stays as it is', async () => {
    const network = withWhole(
      {
        input: [1, 4],
        nodes: [there('x', 'a'), back('a', 'y', 't')],
        constants: { ...fine, t: { shape: [], values: [3] } },
      },
      [zero],
    );
    expect(l2(await smooth(network))).toBe(Number.POSITIVE_INFINITY);
  });
});
