import { decimal, integers, text } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import type { LipschitzRule, NodeFacts, OperatorDefinition } from './definition.ts';
import { constantNumbers, positiveAxis, required, requiredNumbers, requiredOutput } from './facts.ts';
import { selectionMap } from './maps/selection-map.ts';
import type { AxisMatrix } from './maps/separable-map.ts';

export interface Border {
  readonly begin: number;
  readonly end: number;
}

export function bordersOf(facts: NodeFacts, axes: number): Border[] {
  const pads = integers(facts.node, 'pads') ?? requiredNumbers(facts, 1, 'The padding');
  const chosen = constantNumbers(facts, 3);
  const padded =
    chosen === undefined
      ? Array.from({ length: axes }, (_, axis) => axis)
      : Array.from(chosen, (axis) => positiveAxis(axis, axes));
  const borders = Array.from({ length: axes }, (): Border => ({ begin: 0, end: 0 }));
  padded.forEach((axis, k) => (borders[axis] = { begin: pads[k]!, end: pads[k + padded.length]! }));
  return borders;
}

/** Which entry of an axis of this size stands at a position that may lie outside of it; -1 for a filled-in constant. */
export const reach: Readonly<Record<string, (at: number, size: number) => number>> = {
  constant: (at, size) => (at >= 0 && at < size ? at : -1),
  edge: (at, size) => Math.min(size - 1, Math.max(0, at)),
  wrap: (at, size) => ((at % size) + size) % size,
  reflect(at, size) {
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const folded = ((at % period) + period) % period;
    return folded < size ? folded : period - folded;
  },
};

/** Pad: zeros and other constants do not change distances; reflected, repeated or wrapped borders copy pixels. */
export const pad: OperatorDefinition = {
  ops: ['Pad'],
  kind: () => 'padding',
  infer(facts) {
    const { type, shape } = required(facts, 0);
    const borders = bordersOf(facts, shape.length);
    return [{ type, shape: shape.map((size, axis) => size + borders[axis]!.begin + borders[axis]!.end) }];
  },
  rule(facts) {
    const mode = text(facts.node, 'mode', 'constant');
    const place = reach[mode];
    if (place === undefined) return { kind: 'unsupported', reason: `its padding mode "${mode}" is not known` };
    if (facts.input(2) !== undefined && facts.constant(2) === undefined)
      return { kind: 'unsupported', reason: 'what it fills in depends on the input' };
    const input = required(facts, 0).shape;
    const output = requiredOutput(facts).shape;
    const borders = bordersOf(facts, input.length);
    // Whether the border mirrors what was cut off is not settled between runtimes.
    if ((mode === 'reflect' || mode === 'wrap') && borders.some(({ begin, end }) => begin < 0 || end < 0))
      return { kind: 'unsupported', reason: `it cuts and pads in mode "${mode}" at once` };
    const source = padSource(input, output, borders, place);
    const rule: LipschitzRule = { kind: 'affine', input: 0, map: selectionMap(source, elementCount(input)) };
    const filling = constantNumbers(facts, 2)?.[0] ?? decimal(facts.node, 'value', 0);
    return filling === 0
      ? rule
      : {
          ...rule,
          offset: () => ({ values: Float64Array.from(source, (from) => (from < 0 ? filling : 0)), error: 0 }),
        };
  },
};

/** Mirrored, repeated and wrapped borders as one small matrix per padded axis. */
export function paddingAlong(facts: NodeFacts): readonly AxisMatrix[] {
  const { shape } = required(facts, 0);
  const place = reach[text(facts.node, 'mode', 'constant')]!;
  return bordersOf(facts, shape.length).flatMap(({ begin, end }, axis) => {
    const columns = shape[axis]!;
    const rows = columns + begin + end;
    if (begin === 0 && end === 0) return [];
    const entries = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) entries[i * columns + place(i - begin, columns)] = 1;
    return [{ axis, matrix: { rows, columns, entries } }];
  });
}

/** For every element of the output: the element of the input that it is, or -1. */
export function padSource(
  input: Shape,
  output: Shape,
  borders: readonly Border[],
  place: (at: number, size: number) => number,
): Int32Array {
  let sources: Int32Array = Int32Array.of(0);
  input.forEach((size, axis) => {
    const along = Int32Array.from({ length: output[axis]! }, (_, i) => place(i - borders[axis]!.begin, size));
    const next = new Int32Array(sources.length * along.length);
    sources.forEach((from, i) =>
      along.forEach((at, k) => (next[i * along.length + k] = from < 0 || at < 0 ? -1 : from * size + at)),
    );
    sources = next;
  });
  return sources;
}
