import { askForRegion } from './ask-for-region.ts';
import type { Norm } from '../bound.ts';
import { integer, text } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { above, gamma } from '../rounding.ts';
import type { LipschitzRule, NodeFacts, OperatorDefinition, Ranges } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { constantNumbers, required, requiredOutput, variables } from './facts.ts';
import { cubic, floor, fractionOf, linear, quotient, type Filter, type Fraction } from './interpolation.ts';
import { tapMap, type Taps } from './maps/tap-map.ts';

type Beyond = 'zeros' | 'border' | 'reflection';

/** Weights along one axis: few entries, or none where nothing is there. */
type AxisTaps = readonly (readonly [index: number, weight: number])[];

const half: Fraction = { over: 1n, under: 2n };
const minus = (a: Fraction, b: Fraction): Fraction => ({
  over: a.over * b.under - b.over * a.under,
  under: a.under * b.under,
});
const less = (a: Fraction, b: Fraction): boolean => a.over * b.under < b.over * a.under;
const whole = (value: number): Fraction => ({ over: BigInt(value), under: 1n });

/** Mirrored at both ends until it lies between them. */
function reflected(at: Fraction, first: Fraction, last: Fraction): Fraction {
  const range = minus(last, first);
  if (range.over <= 0n) return first;
  const from = less(at, first) ? minus(first, at) : minus(at, last);
  if (from.over <= 0n) return at;
  const times = floor({ over: from.over * range.under, under: from.under * range.over });
  const rest = minus(from, { over: times * range.over, under: range.under });
  const fromFirst = less(at, first) === (times % 2n === 0n);
  return fromFirst ? minus(first, { over: -rest.over, under: rest.under }) : minus(last, rest);
}

/** How GridSample reads one axis of its image. */
class SampledAxis {
  readonly size: number;
  readonly #corners: boolean;
  readonly #beyond: Beyond;
  readonly #filter: Filter | undefined;
  readonly #first: Fraction;
  readonly #last: Fraction;

  constructor({ node }: NodeFacts, size: number) {
    this.size = size;
    this.#corners = integer(node, 'align_corners', 0) === 1;
    this.#beyond = text(node, 'padding_mode', 'zeros') as Beyond;
    this.#filter = filterOf(modeOf(node));
    this.#first = this.#corners ? whole(0) : { over: -1n, under: 2n };
    this.#last = this.#corners ? whole(size - 1) : minus(whole(size), half);
  }

  /** What is mixed at a position of the grid, which runs from -1 to 1. */
  taps(position: number): AxisTaps {
    const at = this.#inside(this.#filter === undefined ? this.#nearest(position) : this.#place(position));
    if (this.#filter === undefined) return this.#entry(floor(at), 1);
    const center = floor(at);
    const row: [bigint, bigint][] = [];
    let sum = 0n;
    for (let k = center - this.#filter.reach + 1n; k <= center + this.#filter.reach; k++) {
      const apart = k * at.under - at.over;
      const weight = this.#filter.weight(apart < 0n ? -apart : apart, at.under);
      if (weight !== 0n) row.push([k, weight]);
      sum += weight;
    }
    return row.flatMap(([k, weight]) => this.#entry(k, quotient(weight, sum)));
  }

  /** Entries per position at most. */
  get each(): number {
    return this.#filter === undefined ? 1 : Number(2n * this.#filter.reach);
  }

  #place(position: number): Fraction {
    const { over, under } = fractionOf(position);
    const size = BigInt(this.size);
    return this.#corners
      ? { over: (over + under) * (size - 1n), under: 2n * under }
      : { over: (over + under) * size - under, under: 2n * under };
  }

  /** In the float32 steps of ONNX Runtime, which decide where a position lies half way between two pixels. */
  #nearest(position: number): Fraction {
    const { fround } = Math;
    const shifted = fround(position + 1);
    const at = this.#corners
      ? fround(fround(shifted / 2) * (this.size - 1))
      : fround(fround(fround(shifted * this.size) - 1) / 2);
    const down = Math.floor(at);
    const odd = at - down === 0.5 ? down + Math.abs(down % 2) : Math.round(at);
    return whole(odd);
  }

  #inside(at: Fraction): Fraction {
    const out = less(at, this.#first) || less(this.#last, at);
    if (!out || this.#beyond === 'zeros') return at;
    if (this.#beyond === 'reflection') return reflected(at, this.#first, this.#last);
    return less(at, whole(0)) ? whole(0) : less(whole(this.size - 1), at) ? whole(this.size - 1) : at;
  }

  #entry(at: bigint, weight: number): AxisTaps {
    const k = Number(at);
    if (k >= 0 && k < this.size) return [[k, weight]];
    if (this.#beyond === 'zeros') return [];
    if (this.#beyond === 'border') return [[Math.min(this.size - 1, Math.max(0, k)), weight]];
    const mirrored = reflected(whole(k), this.#first, this.#last);
    return [[Number(mirrored.over / mirrored.under), weight]];
  }
}

const modeOf = (node: NodeFacts['node']): 'nearest' | 'linear' | 'cubic' | undefined =>
  (({ nearest: 'nearest', linear: 'linear', bilinear: 'linear', cubic: 'cubic', bicubic: 'cubic' }) as const)[
    text(node, 'mode', 'linear')
  ];

const filterOf = (mode: ReturnType<typeof modeOf>): Filter | undefined =>
  mode === 'linear' ? linear : mode === 'cubic' ? cubic(-0.75) : undefined;

/** GridSample at positions that are known: a sparse matrix; undefined where they depend on the input or are not finite. */
export function sampledTaps(facts: NodeFacts): Taps | undefined {
  const grid = constantNumbers(facts, 1);
  if (grid?.every(Number.isFinite) !== true) return undefined;
  const [batch, channels, ...sizes] = required(facts, 0).shape as [number, number, ...number[]];
  const axes = sizes.map((size) => new SampledAxis(facts, size));
  const each = axes.reduce((product, axis) => product * axis.each, 1);
  const spatial = elementCount(sizes);
  const points = elementCount(required(facts, 1).shape.slice(1, -1));
  const index = new Int32Array(batch * channels * points * each).fill(-1);
  const weight = new Float64Array(index.length);
  for (let n = 0; n < batch; n++)
    for (let p = 0; p < points; p++) {
      const start = (n * points + p) * axes.length;
      // The grid names the last axis first.
      const perAxis = axes.map((axis, a) => axis.taps(grid[start + axes.length - 1 - a]!));
      const mixed = perAxis.reduce<AxisTaps>(
        (so, own, a) => so.flatMap(([at, w]) => own.map(([k, v]) => [at * sizes[a]! + k, w * v] as const)),
        [[0, 1]],
      );
      for (let c = 0; c < channels; c++)
        mixed.forEach(([at, w], t) => {
          const to = ((n * channels + c) * points + p) * each + t;
          index[to] = (n * channels + c) * spatial + at;
          weight[to] = w;
        });
    }
  return {
    outputs: batch * channels * points,
    inputs: batch * channels * spatial,
    each,
    index,
    weight,
    error: modeOf(facts.node) === 'nearest' ? 0 : 4 * axes.length * 2 ** -52,
  };
}

/**
 * Reading an image at positions of a grid. Where the positions are known it is a sparse matrix. Where they depend on the input too: along
 * an axis a (bi)linear image is as steep as two neighbours differ, and every output mixes entries with weights that sum to at most 1.
 */
export const gridSample: OperatorDefinition = {
  ops: ['GridSample'],
  kind: () => 'resize',
  infer: (facts) => [{ type: required(facts, 0).type, shape: sampledShape(facts) }],
  rule(facts, ranges): LipschitzRule {
    const mode = modeOf(facts.node);
    if (mode === undefined) return { kind: 'unsupported', reason: 'its mode is not known' };
    const grid = constantNumbers(facts, 1);
    if (grid?.every(Number.isFinite) === false) return { kind: 'unsupported', reason: 'its grid is not finite' };
    const taps = sampledTaps(facts);
    if (taps !== undefined) return { kind: 'affine', input: 0, map: tapMap(taps) };
    return mode === 'linear' ? movingGrid(facts, ranges) : jumping(mode);
  },
  enclose: (facts, [image]) => [hull(facts, image!)],
};

const sampledShape = (facts: NodeFacts): Shape => [
  ...required(facts, 0).shape.slice(0, 2),
  ...required(facts, 1).shape.slice(1, -1),
];

const jumping = (mode: 'nearest' | 'cubic'): LipschitzRule =>
  mode === 'nearest'
    ? {
        kind: 'unbounded',
        reason:
          'it takes the nearest pixel at positions that depend on the input: the network is not continuous, so it is not Lipschitz',
        remedy: 'Ask for an output before this node.',
      }
    : { kind: 'unsupported', reason: 'it interpolates cubically at positions that depend on the input' };

function movingGrid(facts: NodeFacts, ranges: Ranges | undefined): LipschitzRule {
  const image = ranges?.[0] ?? imageOf(facts);
  if (image === undefined || !image.lower.every(Number.isFinite) || !image.upper.every(Number.isFinite))
    return {
      kind: 'unbounded',
      reason:
        'it reads a tensor that depends on the input at positions that depend on it too, so its slope grows with the input',
      remedy: askForRegion,
    };
  const sizes = image.shape.slice(2);
  const corners = integer(facts.node, 'align_corners', 0) === 1;
  // Pixels per unit of the grid.
  const speeds = sizes.map((size) => (corners ? size - 1 : size) / 2);
  const steep = steepness(image, text(facts.node, 'padding_mode', 'zeros') === 'zeros');
  const points = elementCount(required(facts, 1).shape.slice(1, -1));
  const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);
  const most = (values: ArrayLike<number>): number => Array.from(values).reduce((so, value) => Math.max(so, value), 0);
  const length = (values: ArrayLike<number>): number => Math.sqrt(sum(Array.from(values, (value) => value * value)));
  const ofGrid: Record<Norm, number> = {
    l1: most(steep.map(sum)) * most(speeds),
    l2: most(steep.map(length)) * length(speeds),
    linf: most(steep.map(most)) * sum(speeds),
  };
  // Rows of weights sum to at most 1; a pixel is read by at most all points.
  const ofImage: Record<Norm, number> = { l1: points, l2: Math.sqrt(points), linf: 1 };
  const inputs = variables(facts);
  return {
    kind: 'join',
    inputs,
    combine: (norm, constants) =>
      above(
        constants.reduce((total, own, k) => total + own * (inputs[k] === 0 ? ofImage[norm] : ofGrid[norm]), 0) *
          (1 + gamma(elementCount(image.shape.slice(1)) + 16)),
      ),
  };
}

function imageOf(facts: NodeFacts): Enclosure | undefined {
  const numbers = constantNumbers(facts, 0);
  return numbers && { shape: required(facts, 0).shape, lower: numbers, upper: numbers };
}

/** Per image and channel: how much two values that can lie side by side differ at most, 0 beyond the border included where it is there. */
function steepness({ shape, lower, upper }: Enclosure, zeros: boolean): readonly Float64Array[] {
  const [batch, channels, ...sizes] = shape as [number, number, ...number[]];
  const spatial = elementCount(sizes);
  return Array.from({ length: batch }, (_, n) =>
    Float64Array.from({ length: channels }, (_unused, c) => {
      const start = (n * channels + c) * spatial;
      const least = lower.subarray(start, start + spatial).reduce((a, b) => Math.min(a, b), zeros ? 0 : Infinity);
      const most = upper.subarray(start, start + spatial).reduce((a, b) => Math.max(a, b), zeros ? 0 : -Infinity);
      return above(most - least);
    }),
  );
}

/** Linear weights mix what is there (and zeros); cubic ones overshoot by less than 2 per axis. */
function hull(facts: NodeFacts, { shape, lower, upper }: Enclosure): Enclosure {
  const image = shape as [number, number, ...number[]];
  const spatial = elementCount(image.slice(2));
  const points = elementCount(required(facts, 1).shape.slice(1, -1));
  const stretch = modeOf(facts.node) === 'cubic' ? 2 ** (image.length - 2) : 1;
  return enclosureOf(requiredOutput(facts).shape, (i) => {
    const start = Math.floor(i / points) * spatial;
    const least = lower.subarray(start, start + spatial).reduce((a, b) => Math.min(a, b), 0);
    const most = upper.subarray(start, start + spatial).reduce((a, b) => Math.max(a, b), 0);
    if (stretch === 1) return [least * (1 + 1e-12), most * (1 + 1e-12)];
    const size = stretch * Math.max(-least, most);
    return [-size, size];
  });
}
