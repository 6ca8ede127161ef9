import { decimal, integer, integers } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { above, below } from '../rounding.ts';
import type { LipschitzRule, NodeFacts, OperatorDefinition, Ranges } from './definition.ts';
import { enclosureOf, type Enclosure } from './enclosure.ts';
import { positiveAxis, required, requiredOutput } from './facts.ts';
import { countedWindows } from './max-pooling.ts';
import { encloseGroups, inferReduction, reducedAxes } from './reductions.ts';
import { windowOf, type Window } from './window.ts';

/**
 * | |x|_p - |y|_p | <= |x - y|_p, and |d|_p is at most c_r |d|_r over n entries with c_r = n^max(0, 1/p - 1/r). If an entry belongs to q
 * groups, the groups together see it q times: q^(1/r) in l_r.
 */
function lengthRule(p: number, size: number, groups: number): LipschitzRule {
  const gain = (r: number): { lower: number; upper: number; method: string } => {
    const factor = size ** Math.max(0, 1 / p - 1 / r) * groups ** (1 / r);
    return { lower: 0, upper: factor === 1 ? 1 : above(factor * (1 + 2 ** -48)), method: 'closed form' };
  };
  return {
    kind: 'gain',
    input: 0,
    gains: { l1: gain(1), l2: gain(2), linf: gain(Number.POSITIVE_INFINITY) },
  };
}

/** The length of everything in the intervals. */
function lengthOf(p: number, lower: readonly number[], upper: readonly number[]): readonly [number, number] {
  const least = lower.map((low, i) => (low <= 0 && upper[i]! >= 0 ? 0 : Math.min(Math.abs(low), Math.abs(upper[i]!))));
  const most = lower.map((low, i) => Math.max(Math.abs(low), Math.abs(upper[i]!)));
  const error = (lower.length + 16) * 2 ** -48;
  return [Math.max(0, norm(least, p) * (1 - error) - Number.MIN_VALUE), above(norm(most, p) * (1 + error))];
}

/** Scaled, so that no power overflows or vanishes. */
function norm(numbers: readonly number[], p: number): number {
  const largest = numbers.reduce((most, value) => Math.max(most, value), 0);
  if (p === 1) return numbers.reduce((sum, value) => sum + value, 0);
  if (largest === 0 || largest === Number.POSITIVE_INFINITY) return largest;
  const sum = numbers.reduce((total, value) => total + (value / largest) ** p, 0);
  return largest * (p === 2 ? Math.sqrt(sum) : sum ** (1 / p));
}

const reduceLength = (op: string, p: 1 | 2): OperatorDefinition => ({
  ops: [op],
  kind: () => 'pooling',
  infer: inferReduction,
  rule: (facts) => {
    const { shape } = required(facts, 0);
    return lengthRule(p, elementCount(reducedAxes(facts).map((axis) => shape[axis]!)), 1);
  },
  enclose: (facts, [box]) => [encloseGroups(facts, box!, (lower, upper) => lengthOf(p, lower, upper))],
});

export const reduceL1 = reduceLength('ReduceL1', 1);
export const reduceL2 = reduceLength('ReduceL2', 2);

export const windowOfLpPool = (facts: Parameters<OperatorDefinition['rule']>[0]): Window =>
  windowOf(facts, required(facts, 0).shape.slice(2), integers(facts.node, 'kernel_shape') ?? []);

/** The length of each window. */
export const lpPool: OperatorDefinition = {
  ops: ['LpPool'],
  kind: () => 'pooling',
  infer(facts) {
    const { type, shape } = required(facts, 0);
    return [{ type, shape: [...shape.slice(0, 2), ...windowOfLpPool(facts).outputSize] }];
  },
  rule(facts) {
    const window = windowOfLpPool(facts);
    const windows = countedWindows(window, required(facts, 0).shape);
    return lengthRule(integer(facts.node, 'p', 2), elementCount(window.kernel), windows);
  },
  enclose(facts, [box]) {
    const input = required(facts, 0).shape;
    const window = windowOfLpPool(facts);
    const p = integer(facts.node, 'p', 2);
    const { shape } = requiredOutput(facts);
    const plane = elementCount(input.slice(2));
    const positions = elementCount(window.outputSize);
    const taps = tapsOf(window, input.slice(2));
    return [
      enclosureOf(shape, (i) => {
        const base = Math.floor(i / positions) * plane;
        const from = taps[i % positions]!;
        return lengthOf(
          p,
          from.map((at) => box!.lower[base + at]!),
          from.map((at) => box!.upper[base + at]!),
        );
      }),
    ];
  },
};

/** For every position of the window: the entries inside of the plane that it holds. */
function tapsOf(window: Window, plane: readonly number[]): number[][] {
  const place = (index: number, sizes: readonly number[], axis: number): number =>
    Math.floor(index / elementCount(sizes.slice(axis + 1))) % sizes[axis]!;
  return Array.from({ length: elementCount(window.outputSize) }, (_, position) => {
    const inside: number[] = [];
    for (let tap = 0; tap < elementCount(window.kernel); tap++) {
      let from = 0;
      for (let a = 0; a < plane.length && from >= 0; a++) {
        const at =
          place(position, window.outputSize, a) * window.strides[a]! +
          place(tap, window.kernel, a) * window.dilations[a]! -
          window.padsBegin[a]!;
        from = at < 0 || at >= plane[a]! ? -1 : from * plane[a]! + at;
      }
      if (from >= 0) inside.push(from);
    }
    return inside;
  });
}

export const globalLpPool: OperatorDefinition = {
  ops: ['GlobalLpPool'],
  kind: () => 'pooling',
  infer(facts) {
    const { type, shape } = required(facts, 0);
    return [{ type, shape: shape.map((size, axis) => (axis < 2 ? size : 1)) }];
  },
  rule: (facts) => lengthRule(integer(facts.node, 'p', 2), elementCount(required(facts, 0).shape.slice(2)), 1),
  enclose(facts, [box]) {
    const plane = elementCount(required(facts, 0).shape.slice(2));
    const part = (numbers: Float64Array, i: number): number[] => [...numbers.subarray(i * plane, (i + 1) * plane)];
    return [
      enclosureOf(requiredOutput(facts).shape, (i) =>
        lengthOf(integer(facts.node, 'p', 2), part(box!.lower, i), part(box!.upper, i)),
      ),
    ];
  },
};

/** Why nothing that is continuous can stand in its place next to 0. */
export const jumpsAtZero =
  'it divides by the length of its input, which can be 0: there it jumps by 2, and no continuous function is nearer to it than 1';

/**
 * x / |x|_p along an axis. Beside 0 it turns as fast as it likes, so it has a constant only where the length stays away from 0: in l2 for p = 2 it is the nearest point of a ball, over its radius; in general
 * |x/a - y/b| <= |x - y| / a + |y| |1/a - 1/b|, which is 2/a in l_p. Divided by no less than a floor, which a node says that was recognised, it has one everywhere, with the floor in place of a. For p = 1 the Jacobian
 * is (I - z s') / d with d the divisor, |z|_1 <= 1, |s_i| <= 1 and 0 <= z_i s_i: a row adds up to at most 1 + (n - 1), and as |z|_2 |s|_2 <= sqrt(n) and 0 <= z's <= 1 its largest singular value is at most
 * (sqrt(n) + sqrt(n + 4)) / 2. That holds for a smoothed divisor as well (smoothings/normalisation.ts).
 */
export const lpNormalization: OperatorDefinition = {
  ops: ['LpNormalization'],
  kind: () => 'normalisation',
  infer: (facts) => [required(facts, 0)],
  rule(facts, ranges) {
    const { shape } = required(facts, 0);
    const size = shape[positiveAxis(integer(facts.node, 'axis', -1), shape.length)]!;
    const p = integer(facts.node, 'p', 2);
    const { shortest, floor } = leastDivisor(facts, ranges);
    const least = Math.max(shortest, floor);
    if (!(least > 0))
      return {
        kind: 'unbounded',
        reason: 'it divides by the length of its input, which can be 0',
        remedy: 'Ask for a region on which its input stays away from 0.',
      };
    // For p = 2, between l2 and the asked norm lie at most sqrt(n) on the way there and back together.
    const most =
      p === 2
        ? { l1: Math.sqrt(size), l2: 1, linf: Math.sqrt(size) }
        : { l1: 2, l2: (Math.sqrt(size) + Math.sqrt(size + 4)) / 2, linf: Math.max(1, size) };
    // At 0 it is x / floor.
    const lower = ranges?.[0] === undefined ? below((1 - 2 ** -48) / floor) : 0;
    const gain = (upper: number): { lower: number; upper: number; method: string } => ({
      lower,
      upper: above((upper / least) * (1 + 2 ** -48)),
      method: ranges?.[0] === undefined ? 'closed form' : 'slope on its range',
    });
    return { kind: 'gain', input: 0, gains: { l1: gain(most.l1), l2: gain(most.l2), linf: gain(most.linf) } };
  },
  enclose(facts, [box]) {
    const { shape } = required(facts, 0);
    const axis = positiveAxis(integer(facts.node, 'axis', -1), shape.length);
    const p = integer(facts.node, 'p', 2);
    const inner = elementCount(shape.slice(axis + 1));
    const size = shape[axis]!;
    const floor = decimal(facts.node, 'floor', 0);
    return [
      enclosureOf(shape, (i) => {
        const start = Math.floor(i / (size * inner)) * size * inner + (i % inner);
        const [shortest, longest] = lengthOf(p, ...lineOf(box!, start, size, inner));
        const [low, high] = [Math.max(shortest, floor), Math.max(longest, floor)];
        if (!(low > 0)) return [-1, 1];
        // Where nothing says how long it can get, all quotients come down to 0.
        const far = (entry: number): number => (Number.isFinite(high) ? entry / high : 0);
        const [from, to] = [box!.lower[i]!, box!.upper[i]!];
        const quotients = [from / low, far(from), to / low, far(to)];
        return [Math.max(-1, Math.min(...quotients) - 1e-15), Math.min(1, Math.max(...quotients) + 1e-15)];
      }),
    ];
  },
};

const lineOf = (box: Enclosure, start: number, size: number, step: number): [number[], number[]] => [
  Array.from({ length: size }, (_, k) => box.lower[start + k * step]!),
  Array.from({ length: size }, (_, k) => box.upper[start + k * step]!),
];

/** The least length of what LpNormalization divides, 0 where nothing is known of it, and the floor under it, 0 where there is none. */
export function leastDivisor(
  facts: NodeFacts,
  ranges: Ranges | undefined,
): { readonly shortest: number; readonly floor: number } {
  const { shape } = required(facts, 0);
  const axis = positiveAxis(integer(facts.node, 'axis', -1), shape.length);
  const box = ranges?.[0];
  const shortest =
    box === undefined
      ? 0
      : leastLength(box, shape[axis]!, elementCount(shape.slice(axis + 1)), integer(facts.node, 'p', 2));
  return { shortest, floor: decimal(facts.node, 'floor', 0) };
}

function leastLength(box: Enclosure, size: number, inner: number, p: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start < box.lower.length; start += size * inner)
    for (let k = 0; k < inner; k++) least = Math.min(least, lengthOf(p, ...lineOf(box, start + k, size, inner))[0]);
  return least;
}
