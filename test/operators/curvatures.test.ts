import { describe, expect, it } from 'vitest';
import { erf } from '../../core/operators/activation-function.ts';
import { activationCurvatures } from '../../core/operators/curvatures/activations.ts';
import { normalisationCurvatures } from '../../core/operators/curvatures/normalisations.ts';
import { curvatureOf } from '../../core/operators/curvatures/index.ts';
import { nodeOf } from '../../core/network/new-node.ts';
import { factsOf } from '../../core/operators/facts.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import { networkOf, numbers, weights, type NetworkSketch, type NodeSketch } from './small-networks.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu = (alpha: number) => (x: number) => (x < 0 ? alpha * Math.expm1(x) : x);

/** Each operator as a textbook writes it, where it has no kinks, and a box in which it is asked as well. */
const functions: Readonly<
  Record<string, { f: (x: number) => number; from: number; attributes?: NodeSketch['attributes'] }>
> = {
  Sigmoid: { f: logistic, from: -12 },
  Tanh: { f: Math.tanh, from: -8 },
  Softplus: { f: softplus, from: -12 },
  Erf: { f: erf, from: -8 },
  Swish: { f: (x) => x * logistic(-1.5 * x), from: -8, attributes: { alpha: { float: -1.5 } } },
  Gelu: {
    f: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    from: -8,
    attributes: { approximate: 'tanh' },
  },
  Softsign: { f: (x) => x / (1 + Math.abs(x)), from: -8 },
  Mish: { f: (x) => x * Math.tanh(softplus(x)), from: -12 },
  Elu: { f: elu(0.7), from: -8, attributes: { alpha: { float: 0.7 } } },
  Sin: { f: Math.sin, from: -8 },
  Cos: { f: Math.cos, from: -8 },
  Atan: { f: Math.atan, from: -8 },
  Asinh: { f: Math.asinh, from: -8 },
  LogSigmoid: { f: (x) => -softplus(-x), from: -12 },
  Exp: { f: Math.exp, from: -3 },
  Gaussian: {
    f: (x) => Math.exp(0.25 - 1.5 * x * x),
    from: -8,
    attributes: { a: { float: -1.5 }, c: { float: 0.25 } },
  },
  RootOfSquare: {
    f: (x) => Math.sqrt(1.5 * x * x + 0.25),
    from: -8,
    attributes: { a: { float: 1.5 }, c: { float: 0.25 } },
  },
  InverseOfSquare: {
    f: (x) => -2.5 / (1.5 * x * x + 0.25),
    from: -8,
    attributes: { a: { float: 1.5 }, c: { float: 0.25 }, over: { float: -2.5 } },
  },
  LogOfSquare: {
    f: (x) => Math.log(1.5 * x * x + 0.25),
    from: -8,
    attributes: { a: { float: 1.5 }, c: { float: 0.25 } },
  },
};
const kinks: Readonly<Record<string, readonly number[]>> = { Softsign: [0], Elu: [0] };

const boundOf = (
  op: string,
  attributes: NodeSketch['attributes'],
  box?: readonly [number, number],
): number | string => {
  const network = inferTypes(
    networkOf({ input: [1, 1], nodes: [{ op, inputs: ['x'], ...(attributes && { attributes }) }] }),
  );
  const ranges = box && [{ shape: [1, 1], lower: Float64Array.of(box[0]), upper: Float64Array.of(box[1]) }];
  const rule = activationCurvatures[op]!(factsOf(network, network.nodes[0]!), ranges);
  return typeof rule === 'string' ? rule : rule([1]);
};

/** The largest second difference quotient on a fine grid, which no bound of the second derivative may lie below. */
function seen(f: (x: number) => number, from: number, to: number, avoid: readonly number[]): number {
  const step = 1e-3;
  let most = 0;
  for (let x = from + step; x < to - step; x += 1e-3) {
    if (avoid.some((kink) => Math.abs(x - kink) <= 1.5 * step)) continue;
    most = Math.max(most, Math.abs(f(x + step) - 2 * f(x) + f(x - step)) / step ** 2);
  }
  return most;
}
/** Of the quotients: cancellation leaves some 1e-16 / step^2. */
const noise = 1e-8;

describe('bounds of second derivatives against a fine grid of difference quotients', () => {
  for (const [op, { f, from, attributes }] of Object.entries(functions)) {
    const avoid = kinks[op] ?? [];
    it(`${op}: never below, and close everywhere`, () => {
      const everywhere = boundOf(op, attributes);
      if (op === 'Exp') {
        expect(everywhere).toContain('grows without limit');
        return;
      }
      const grid = seen(f, from, 8, avoid);
      expect(everywhere).toBeGreaterThanOrEqual(grid - noise);
      expect(everywhere).toBeLessThan(1.01 * grid + noise);
    });
    it(`${op}: never below on boxes`, () => {
      for (const box of [
        [-2.5, -0.4],
        [-0.3, 0.2],
        [0.1, 1.7],
        [-1, 3],
        [2.2, 5],
      ] as const) {
        // prettier-ignore
        const bound = boundOf(op, attributes, box);
        expect(bound, `${op} on ${box.join()}`).toBeGreaterThanOrEqual(seen(f, box[0], box[1], avoid) - noise);
      }
    });
  }
});

describe('functions that bend without limit towards an end of where they are defined', () => {
  it.each<[string, (x: number) => number, (readonly [number, number])[]]>([
    [
      'Sinh',
      Math.sinh,
      [
        [-2, 1],
        [0.5, 3],
      ],
    ],
    [
      'Cosh',
      Math.cosh,
      [
        [-1, 0.2],
        [0.5, 3],
      ],
    ],
    [
      'Tan',
      Math.tan,
      [
        [-1.4, 0.3],
        [0.2, 1.2],
      ],
    ],
    [
      'Asin',
      Math.asin,
      [
        [-0.9, 0.2],
        [-0.1, 0.95],
      ],
    ],
    [
      'Acos',
      Math.acos,
      [
        [-0.9, 0.2],
        [-0.1, 0.95],
      ],
    ],
    [
      'Atanh',
      Math.atanh,
      [
        [-0.9, 0.2],
        [-0.1, 0.95],
      ],
    ],
    [
      'Acosh',
      Math.acosh,
      [
        [1.1, 3],
        [2, 9],
      ],
    ],
  ])('%s: none everywhere, never below on boxes inside', (op, f, boxes) => {
    expect(boundOf(op, undefined)).toContain('without limit');
    for (const [from, to] of boxes) {
      const [bound, most] = [boundOf(op, undefined, [from, to]), seen(f, from, to, [])];
      expect(bound).toBeGreaterThanOrEqual(most - noise);
      expect(bound).toBeLessThan(1.2 * most);
    }
  });
});

const size = 6;
const weight = Array.from(numbers(size, 2), (value) => 2 * value);
const mean = (x: readonly number[]): number => x.reduce((sum, value) => sum + value, 0) / x.length;
const exponentials = (x: readonly number[]): number[] => x.map(Math.exp);
const logSum = (x: readonly number[]): number => Math.log(exponentials(x).reduce((sum, value) => sum + value, 0));
const epsilon = 0.25;
const centred = (x: readonly number[]): number[] => x.map((value) => value - mean(x));
const divided = (x: readonly number[]): number[] => {
  const root = Math.sqrt(mean(x.map((value) => value * value)) + epsilon);
  return x.map((value) => value / root);
};
const layer = { attributes: { epsilon: { float: epsilon } } } as const;

/** Each as a textbook writes it, on one group of six entries, and its bound over the largest that a search should come near to. */
const groups: Readonly<
  Record<
    string,
    {
      f: (x: readonly number[]) => number[];
      sketch: Partial<NodeSketch>;
      input?: number[];
      constants?: NetworkSketch['constants'];
      close: number;
    }
  >
> = {
  Softmax: { f: (x) => exponentials(x).map((value) => value / Math.exp(logSum(x))), sketch: {}, close: 2.5 },
  LogSoftmax: { f: (x) => x.map((value) => value - logSum(x)), sketch: {}, close: 2.5 },
  ReduceLogSumExp: {
    f: (x) => [logSum(x)],
    sketch: { inputs: ['x', 'axes'] },
    constants: { axes: { shape: [1], values: [1], type: 'int64' } },
    close: 2.5,
  },
  LayerNormalization: {
    f: (x) => divided(centred(x)).map((value, i) => value * weight[i]!),
    sketch: { ...layer, inputs: ['x', 'w'] },
    constants: { w: { shape: [size], values: weight } },
    close: 4,
  },
  RMSNormalization: {
    f: (x) => divided(x).map((value, i) => value * weight[i]!),
    sketch: { ...layer, inputs: ['x', 'w'] },
    constants: { w: { shape: [size], values: weight } },
    close: 4,
  },
  LRN: {
    f: (x) =>
      x.map((value, c) => {
        const window = x.slice(Math.max(0, c - 1), c + 2);
        return value / (0.5 + (0.3 / 3) * window.reduce((sum, own) => sum + own * own, 0)) ** 0.75;
      }),
    sketch: { attributes: { size: 3, alpha: { float: 0.3 }, beta: { float: 0.75 }, bias: { float: 0.5 } } },
    input: [1, size, 1, 1],
    close: 20,
  },
  InstanceNormalization: {
    f: (x) => divided(centred(x)).map((value) => 1.5 * value),
    sketch: { ...layer, inputs: ['x', 'w', 'b'] },
    input: [1, 1, 2, 3],
    constants: { w: { shape: [1], values: [1.5] }, b: weights([1]) },
    close: 2.5,
  },
};

describe('bounds of second derivatives of groups against difference quotients', () => {
  it.each(Object.entries(groups))(
    '%s: never below, and not far above',
    (op, { f, sketch, input, constants, close }) => {
      const network = inferTypes(
        networkOf({
          opset: 23,
          input: input ?? [1, size],
          nodes: [{ op, inputs: ['x'], ...sketch }],
          ...(constants && { constants }),
        }),
      );
      const rule = normalisationCurvatures[op]!(factsOf(network, network.nodes[0]!), undefined);
      const bound = typeof rule === 'string' ? Number.NaN : rule([1, 0, 0]);
      let most = 0;
      const step = 1e-3;
      for (let k = 0; k < 6000; k++) {
        const scale = [0.1, 0.4, 1, 3][k % 4]!;
        const x = Array.from(numbers(size, 3 * k + 1), (value) => scale * value);
        const direction = Array.from(numbers(size, 3 * k + 2));
        const length = Math.hypot(...direction);
        const at = (t: number): number[] => f(x.map((value, i) => value + (t * direction[i]!) / length));
        const [ahead, here, behind] = [at(step), at(0), at(-step)];
        most = Math.max(most, Math.hypot(...here.map((value, i) => (ahead[i]! - 2 * value + behind[i]!) / step ** 2)));
      }
      expect(bound).toBeGreaterThanOrEqual(most - 1e-6);
      expect(bound).toBeLessThanOrEqual(close * most);
    },
  );
});

it('what keeps the largest of several numbers at a place has kinks; what adds them up has none', () => {
  const curvature = (reduction: string) => {
    const node = nodeOf('ScatterElements', 'scatter', ['x', 'i', 'u'], ['y'], { reduction });
    return curvatureOf(
      factsOf({ ...networkOf({ input: [1, 2], nodes: [{ op: 'Relu', inputs: ['x'] }] }), nodes: [node] }, node),
      undefined,
    );
  };
  expect(curvature('max')).toContain('kinks');
  const added = curvature('add');
  expect(typeof added === 'function' && added([1, 0, 1])).toBe(0);
});

it('a normalisation with a floor has a curvature only where its floor is never reached', () => {
  const attributes = { floor: { float: 1.5 } };
  const network = networkOf({ input: [1, size], nodes: [{ op: 'LpNormalization', inputs: ['x'], attributes }] });
  const on = (low: number) => {
    const [lower, upper] = [new Float64Array(size).fill(low), new Float64Array(size).fill(2)];
    const facts = factsOf(network, network.nodes[0]!);
    return normalisationCurvatures['LpNormalization']!(facts, [{ shape: [1, size], lower, upper }]);
  };
  // Lengths from 0.5 sqrt(6) = 1.22 on, and from 1 sqrt(6) = 2.45 on.
  expect(on(0.5)).toContain('floor begins');
  expect(typeof on(1)).toBe('function');
});

it('LpNormalization: away from 0 never below what is seen, and the bound is reached', () => {
  const network = networkOf({ input: [1, size], nodes: [{ op: 'LpNormalization', inputs: ['x'] }] });
  const [lower, upper] = [new Float64Array(size).fill(0.5), new Float64Array(size).fill(1)];
  const facts = factsOf(network, network.nodes[0]!);
  const rule = normalisationCurvatures['LpNormalization']!(facts, [{ shape: [1, size], lower, upper }]);
  const bound = typeof rule === 'string' ? Number.NaN : rule([1]);
  const unit = (x: readonly number[]): number[] => x.map((value) => value / Math.hypot(...x));
  let most = 0;
  for (let k = 0; k < 4000; k++) {
    const x = Array.from(numbers(size, 2 * k + 1), (value) => 0.5 + Math.abs(value) * 0.02);
    const across = Array.from(numbers(size, 2 * k + 2));
    // Mostly across, partly along: where the third derivative of a length is largest.
    const direction = unit(unit(across).map((value, i) => value + unit(x)[i]! * (k % 40) * 0.05));
    const at = (t: number): number[] => unit(x.map((value, i) => value + t * direction[i]!));
    const [ahead, here, behind] = [at(1e-3), at(0), at(-1e-3)];
    most = Math.max(most, Math.hypot(...here.map((value, i) => (ahead[i]! - 2 * value + behind[i]!) / 1e-6)));
  }
  expect(bound).toBeGreaterThanOrEqual(most - 1e-6);
  expect(bound).toBeLessThanOrEqual(1.2 * most);
  expect(normalisationCurvatures['LpNormalization']!(facts, undefined)).toContain('can be 0');
});
