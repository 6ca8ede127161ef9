import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { encloseNetwork, rangesOf } from '../../core/estimators/ranges/enclose-network.ts';
import { analyse } from '../../core/inspection/layers.ts';
import { compose, type Composition } from '../../core/estimators/composition/product.ts';
import type { Network } from '../../core/network/network.ts';
import { encloseAffine, exactly } from '../../core/operators/enclosure.ts';
import { denseMap } from '../../core/operators/maps/dense-map.ts';
import { identityMap } from '../../core/operators/maps/selection-map.ts';
import { factsOf } from '../../core/operators/facts.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { sampledTaps } from '../../core/operators/sampling.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { networkOf, ints, type NetworkSketch } from './small-networks.ts';
import { processorSeconds } from '../processor-seconds.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const prepared = async (sketch: NetworkSketch): Promise<Network> =>
  (await prepare(networkOf(sketch), { dims: {}, held: new Map() }, engine)).analysed;

/** The l2 composition with 1 in place of every affine norm: only whether there is a number matters here. */
const composed = (network: Network): Composition => {
  const nodes = analyse(network, undefined);
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  return compose(network, network.outputs[0]!.name, 'l2', rules, () => 1);
};

const everywhere = (count: number) => ({
  shape: [count],
  lower: new Float64Array(count).fill(Number.NEGATIVE_INFINITY),
  upper: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
});

describe('Boxes without an end', () => {
  it('what a layer makes of them is everything, and a Relu behind it keeps its slope 1', async () => {
    const network = await prepared({
      input: [1, 2],
      constants: { w: { shape: [2, 2], values: [1, 2, 0, -1] } },
      nodes: [
        { op: 'Gemm', inputs: ['x', 'w'] },
        { op: 'Relu', inputs: ['y0'] },
      ],
    });
    const boxes = await encloseNetwork(network, { ...everywhere(2), shape: [1, 2] }, workOf(), 'all');
    const box = boxes.get('y0')!;
    expect([...box.lower, ...box.upper].some(Number.isNaN)).toBe(false);
    const relu = network.nodes[1]!;
    const rule = ruleOf(network, relu, rangesOf(network, relu, boxes));
    if (rule.kind !== 'elementwise') return expect.fail(rule.kind);
    const { slopes } = rule;
    expect(slopes.kind === 'same' ? slopes.upper : Math.min(...slopes.upper)).toBe(1);
  });

  it('numbers that overflow are not lost: Exp of 1000 reaches to infinity', async () => {
    const network = await prepared({ input: [1], nodes: [{ op: 'Exp', inputs: ['x'] }] });
    const box = (await encloseNetwork(network, exactly([1], Float64Array.of(1000)), workOf(), 'all')).get('y0')!;
    expect(box.upper[0]).toBe(Number.POSITIVE_INFINITY);
    expect(Number.isNaN(box.lower[0])).toBe(false);
  });
});

describe('Rounding of affine images', () => {
  it('holds where a large offset cancels with the width of the box', () => {
    // x in [-1, 1] times 2^-20, plus 1 + 2^-50: center and offset do not fit into one double together.
    for (let k = 0; k < 2000; k++) {
      const weight = 2 ** -30 * (1 + k / 4096);
      const offset = 1 + k * 2 ** -52;
      const x = -1 + k * 2 ** -12;
      const box = encloseAffine(
        denseMap(Float64Array.of(weight), 1, 1),
        { values: Float64Array.of(offset), error: 0 },
        { shape: [1], lower: Float64Array.of(x), upper: Float64Array.of(x + 2) },
        [1],
      );
      for (const end of [x, x + 2]) {
        const exact = wholeOf(weight) * wholeOf(end) + wholeOf(offset) * scale;
        expect(wholeOf(box.lower[0]!) * scale <= exact && exact <= wholeOf(box.upper[0]!) * scale).toBe(true);
      }
    }
  });

  it('holds where the lower end of the image is zero or close to it', () => {
    for (let k = 1; k < 2000; k++) {
      const low = -k * 2 ** -11;
      const high = 1 / 3 + k / 7;
      const offset = k * 2 ** -11 * (1 + 2 ** -52) + k / 3;
      const box = encloseAffine(
        identityMap(1),
        { values: Float64Array.of(offset), error: 0 },
        { shape: [1], lower: Float64Array.of(low - k / 3), upper: Float64Array.of(high) },
        [1],
      );
      for (const end of [low - k / 3, high]) {
        const exact = wholeOf(end) + wholeOf(offset);
        expect(wholeOf(box.lower[0]!) <= exact && exact <= wholeOf(box.upper[0]!)).toBe(true);
      }
    }
  });
});

/** 2^200: every double used here is a whole number of 2^-200. */
const scale = 2n ** 200n;
const wholeOf = (double: number): bigint => BigInt(double * 2 ** 200);

describe('Outputs that the rules do not speak of', () => {
  it('the positions of the maxima jump: nothing is claimed for what is made of them', async () => {
    const network = await prepared({
      input: [1, 1, 4, 4],
      nodes: [
        { op: 'MaxPool', inputs: ['x'], outputs: ['values', 'positions'], attributes: { kernel_shape: [2, 2] } },
        { op: 'Cast', inputs: ['positions'], attributes: { to: 1 } },
      ],
    });
    expect(composed(network).upper).toHaveProperty('unsupported.op', 'MaxPool');
  });

  it('the mean and the spread of LayerNormalization are not its output', async () => {
    const network = await prepared({
      input: [1, 4],
      constants: { scale: { shape: [4], values: [0, 0, 0, 0] } },
      nodes: [{ op: 'LayerNormalization', inputs: ['x', 'scale'], outputs: ['normal', 'mean', 'spread'] }],
      output: 'spread',
    });
    expect(composed(network).upper).toHaveProperty('unsupported.op', 'LayerNormalization');
  });

  it('every part of a Split is one', async () => {
    const network = await prepared({
      input: [1, 4],
      nodes: [{ op: 'Split', inputs: ['x'], outputs: ['first', 'second'], attributes: { axis: 1, num_outputs: 2 } }],
      output: 'second',
    });
    expect(composed(network).upper).toEqual({ value: 1 });
  });
});

describe('Inputs that should be constant and are not', () => {
  const shapes = { shape: ints([2, 2]) };
  it.each([
    ['the bias of LayerNormalization', { op: 'LayerNormalization', inputs: ['one', 'weight', 'x'] }],
    ['the filling of Pad', { op: 'Pad', inputs: ['one', 'pads', 'first'] }],
    ['the bias of Conv', { op: 'Gemm', inputs: ['one', 'square', 'x'] }],
  ])('%s', async (_, node) => {
    const network = await prepared({
      input: [1, 2],
      constants: {
        ...shapes,
        weight: { shape: [2], values: [1, 1] },
        square: { shape: [2, 2], values: [1, 0, 0, 1] },
        start: ints([0]),
        end: ints([1]),
        pads: ints([0, 1, 0, 1]),
        scalar: ints([]),
        two: { shape: [1, 2], values: [2, 2] },
      },
      nodes: [
        { op: 'Mul', inputs: ['x', 'two'], outputs: ['one'] },
        { op: 'ReduceSum', inputs: ['x'], outputs: ['first'], attributes: { keepdims: 0 } },
        node,
      ],
    });
    expect(composed(network).upper).toHaveProperty('unsupported');
  });

  it('data in a place where the rule looks at another input only', async () => {
    const network = await prepared({
      input: [1, 2],
      constants: { weight: { shape: [2], values: [1, 1] }, fixed: { shape: [1, 2], values: [3, 4] } },
      nodes: [{ op: 'LayerNormalization', inputs: ['fixed', 'weight', 'x'] }],
    });
    expect(composed(network).upper).toHaveProperty('unsupported');
  });
});

describe('Graphs inside of nodes', () => {
  it('may use any tensor outside, so nothing behind an If counts as constant', () => {
    const network = networkOf({
      input: [1, 2],
      constants: { yes: { shape: [], values: [1] } },
      nodes: [
        { op: 'If', inputs: ['yes'], outputs: ['chosen'] },
        { op: 'Relu', inputs: ['chosen'], outputs: ['y'] },
      ],
    });
    const [choice, relu] = network.nodes;
    const opaque = { ...choice!, attributes: new Map([['then_branch', { kind: 'opaque', what: 'a graph' } as const]]) };
    const hidden = { ...network, nodes: [opaque, relu!] };
    expect(composed(hidden).upper).toHaveProperty('unsupported.op', 'If');
  });
});

describe('Uses of operators that are refused rather than misread', () => {
  it.each([
    [
      'BatchNormalization in training',
      { op: 'BatchNormalization', inputs: ['x', 'c', 'c', 'c', 'c'], attributes: { training_mode: 1 } },
    ],
    [
      'BatchNormalization with a scale per element',
      { op: 'BatchNormalization', inputs: ['x', 'long', 'long', 'long', 'long'], attributes: { spatial: 0 } },
    ],
    ['Dropout in training', { op: 'Dropout', inputs: ['x', 'ratio', 'training'] }],
    ['broadcasting of before operator set 7', { op: 'Mul', inputs: ['x', 'c'], attributes: { broadcast: 1, axis: 1 } }],
    [
      'reflected borders where something is cut off',
      { op: 'Pad', inputs: ['x', 'cut'], attributes: { mode: 'reflect' } },
    ],
    [
      'automatic padding around a dilated kernel',
      {
        op: 'AveragePool',
        inputs: ['x'],
        attributes: { kernel_shape: [2, 2], dilations: [2, 2], auto_pad: 'SAME_UPPER' },
      },
    ],
  ])('%s', (_, node) => {
    const network = networkOf({
      input: [1, 3, 3, 3],
      constants: {
        c: { shape: [3], values: [1, 2, 3] },
        long: { shape: [27], values: new Array<number>(27).fill(1) },
        ratio: { shape: [], values: [0.5] },
        training: { shape: [], values: [1] },
        cut: ints([0, 0, -1, 0, 0, 0, 1, 1]),
      },
      nodes: [node],
    });
    const typed = {
      ...network,
      types: new Map([...network.types, ['y0', { type: 'float32', shape: [1, 3, 3, 3] } as const]]),
    };
    expect(ruleOf(typed, typed.nodes[0]!).kind).toBe('unsupported');
  });

  it('an epsilon that is not written down is the float32 next to 1e-5', async () => {
    const network = await prepared({
      input: [1, 1],
      constants: { one: { shape: [1], values: [1] }, zero: { shape: [1], values: [0] } },
      nodes: [{ op: 'BatchNormalization', inputs: ['x', 'one', 'zero', 'zero', 'zero'] }],
    });
    const rule = ruleOf(network, network.nodes[0]!);
    if (rule.kind !== 'affine') return expect.fail(rule.kind);
    expect(rule.map.apply(Float64Array.of(1))[0]! * Math.sqrt(Math.fround(1e-5))).toBeCloseTo(1, 13);
  });

  it('a reduction over more entries than a call takes arguments', async () => {
    const network = await prepared({ input: [1, 200_000], nodes: [{ op: 'ReduceMax', inputs: ['x'] }] });
    const box = exactly([1, 200_000], new Float64Array(200_000).fill(2));
    expect((await encloseNetwork(network, box, workOf(), 'all')).get('y0')!.lower[0]).toBe(2);
  });

  it('a place to read at that is not finite, which is no fraction', async () => {
    const crop = await prepared({
      opset: 19,
      input: [1, 4],
      constants: { roi: { shape: [4], values: [0, 0, 1, Infinity] }, sizes: ints([1, 8]) },
      nodes: [
        {
          op: 'Resize',
          inputs: ['x', 'roi', '', 'sizes'],
          attributes: { coordinate_transformation_mode: 'tf_crop_and_resize' },
        },
      ],
    });
    expect(ruleOf(crop, crop.nodes[0]!)).toEqual({
      kind: 'unsupported',
      reason: 'the part that it crops is not finite',
    });
    const grid = await prepared({
      opset: 20,
      input: [1, 1, 2, 2],
      constants: { grid: { shape: [1, 1, 1, 2], values: [0, Infinity] } },
      nodes: [{ op: 'GridSample', inputs: ['x', 'grid'] }],
    });
    expect(ruleOf(grid, grid.nodes[0]!)).toEqual({ kind: 'unsupported', reason: 'its grid is not finite' });
    expect(sampledTaps(factsOf(grid, grid.nodes[0]!))).toBeUndefined();
  });

  it('a Softmax over as many classes as a language model has words, in a blink', async () => {
    const network = await prepared({ input: [1, 50_000], nodes: [{ op: 'Softmax', inputs: ['x'] }] });
    const seconds = processorSeconds();
    const box = (await encloseNetwork(network, exactly([1, 50_000], new Float64Array(50_000)), workOf(), 'all')).get(
      'y0',
    )!;
    expect(box.lower[7]).toBeLessThanOrEqual(1 / 50_000);
    expect(box.upper[7]).toBeGreaterThanOrEqual(1 / 50_000);
    expect(seconds()).toBeLessThan(2);
  });
});

describe('Slopes at the border of what doubles and functions know', () => {
  const ruleOn = async (sketch: NetworkSketch, low: number, high: number) => {
    const network = await prepared(sketch);
    const shape = network.types.get('x')!.shape;
    const fill = (value: number): Float64Array => new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(value);
    const box = { shape, lower: fill(low), upper: fill(high) };
    const boxes = await encloseNetwork(network, box, workOf(), 'all');
    const last = network.nodes.at(-1)!;
    return ruleOf(network, last, rangesOf(network, last, boxes));
  };

  it('Atanh is as steep as it likes where a box reaches 1, or past it by the rounding of its end', async () => {
    for (const high of [1, 1 + 2 ** -52, 1 + 2 ** -51])
      expect((await ruleOn({ input: [1], nodes: [{ op: 'Atanh', inputs: ['x'] }] }, 0.5, high)).kind).toBe('unbounded');
  });

  it('a product of matrices whose squares vanish in doubles keeps its constant', async () => {
    const c = { shape: [1], values: [1e-200], type: 'float64' } as const;
    const nodes = [
      { op: 'Mul', inputs: ['x', 'c'] },
      { op: 'MatMul', inputs: ['y0', 'x'] },
    ];
    const rule = await ruleOn({ input: [2, 2], type: 'float64', constants: { c }, nodes }, -1, 1);
    if (rule.kind !== 'join') return expect.fail(rule.kind);
    // 1e-200 x x at x = 1, moved along 1: twice 2 times as far, from each side.
    expect(rule.combine('l2', [1e-200, 1])).toBeGreaterThanOrEqual(4e-200);
  });
});
