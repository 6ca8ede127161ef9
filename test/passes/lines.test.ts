import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeOf } from '../../core/network/new-node.ts';
import { constant, identity, valueOf, type Lines } from '../../core/passes/lines/lines.ts';
import { onLines } from '../../core/passes/lines/operators-on-lines.ts';

/** An expression in x, as lines and as a plain function of one number. */
interface Expression {
  readonly text: string;
  readonly lines: Lines;
  readonly at: (x: number) => number;
}

const truth = (holds: boolean): number => (holds ? 1 : 0);

const plain: Readonly<Record<string, (a: number, b: number, c: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Neg: (a) => -a,
  Abs: Math.abs,
  Sign: Math.sign,
  Relu: (a) => Math.max(a, 0),
  Max: Math.max,
  Min: Math.min,
  PRelu: (a, slope) => (a < 0 ? slope * a : a),
  Less: (a, b) => truth(a < b),
  LessOrEqual: (a, b) => truth(a <= b),
  Greater: (a, b) => truth(a > b),
  GreaterOrEqual: (a, b) => truth(a >= b),
  Equal: (a, b) => truth(a === b),
  Not: (a) => 1 - a,
  And: (a, b) => a * b,
  Or: (a, b) => Math.max(a, b),
  Where: (c, a, b) => (c === 1 ? a : b),
};

const made = (op: string, inputs: readonly Expression[]): Expression => ({
  text: `${op}(${inputs.map(({ text }) => text).join(', ')})`,
  lines: onLines[op]!(
    inputs.map(({ lines }) => lines),
    nodeOf(op, op, [], []),
  ),
  at: (x) => plain[op]!(...(inputs.map(({ at }) => at(x)) as [number, number, number])),
});

const number = (value: number): Expression => ({ text: String(value), lines: constant(value), at: () => value });
const halves = fc.integer({ min: -6, max: 6 }).map((k) => number(k / 2));

const { values } = fc.letrec<{ values: Expression; conditions: Expression }>((tie) => ({
  values: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant({ text: 'x', lines: identity, at: (x: number) => x }),
    halves,
    fc.tuple(fc.constantFrom('Neg', 'Abs', 'Sign', 'Relu'), tie('values')).map(([op, a]) => made(op, [a])),
    fc
      .tuple(fc.constantFrom('Add', 'Sub', 'Max', 'Min'), tie('values'), tie('values'))
      .map(([op, a, b]) => made(op, [a, b])),
    fc.tuple(fc.constantFrom('Mul', 'PRelu'), tie('values'), halves).map(([op, a, b]) => made(op, [a, b])),
    fc.tuple(tie('values'), tie('conditions')).map(([a, c]) => made('Mul', [a, c])),
    fc.tuple(tie('conditions'), tie('values'), tie('values')).map((parts) => made('Where', parts)),
  ),
  conditions: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(fc.constantFrom('Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Equal'), tie('values'), tie('values'))
      .map(([op, a, b]) => made(op, [a, b])),
    tie('conditions').map((a) => made('Not', [a])),
    fc.tuple(fc.constantFrom('And', 'Or'), tie('conditions'), tie('conditions')).map(([op, a, b]) => made(op, [a, b])),
  ),
}));

function lineValue({ ends, pieces, at }: Lines, x: number): number {
  const end = ends.indexOf(x);
  return end >= 0 ? at[end]! : valueOf(pieces[ends.filter((e) => e < x).length]!, x);
}

test('Lines are what the expression is, at every point, or are not known', () => {
  fc.assert(
    fc.property(
      values,
      fc.array(fc.integer({ min: -64, max: 64 }), { minLength: 20, maxLength: 20 }),
      (expression, points) => {
        const { lines, at } = expression;
        fc.pre(
          ![...lines.pieces.map(({ slope, offset }) => slope + offset), ...lines.at, ...lines.ends].some(Number.isNaN),
        );
        for (const x of [...points.map((k) => k / 8), ...lines.ends, 1e6, -1e6])
          expect(lineValue(lines, x)).toBeCloseTo(at(x), 9);
      },
    ),
    { numRuns: 2000 },
  );
});
