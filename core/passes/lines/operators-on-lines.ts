import { decimal, integer, type Node } from '../../network/network.ts';
import { combine, constant, level, product, quotient, signOf, sum, type Lines, type Piece } from './lines.ts';

const unknown: Piece = level(Number.NaN);

const plus = (a: Piece, b: Piece): Piece => ({ slope: sum(a.slope, b.slope), offset: sum(a.offset, b.offset) });
const scaled = (a: Piece, by: number): Piece => ({ slope: product(a.slope, by), offset: product(a.offset, by) });

const add = (a: Lines, b: Lines): Lines => combine([a, b], (p, q) => plus(p, q));
const negative = (a: Lines): Lines => combine([a], (p) => scaled(p, -1));
const subtract = (a: Lines, b: Lines): Lines => add(a, negative(b));

/** Straight where one of the two is level. */
const times = (a: Lines, b: Lines): Lines =>
  combine([a, b], (p, q) => (p.slope === 0 ? scaled(q, p.offset) : q.slope === 0 ? scaled(p, q.offset) : unknown));

const over = (a: Lines, b: Lines): Lines =>
  combine([a, b], (p, q) =>
    q.slope === 0 ? { slope: quotient(p.slope, q.offset), offset: quotient(p.offset, q.offset) } : unknown,
  );

const choose = (condition: Lines, chosen: Lines, otherwise: Lines): Lines =>
  combine([condition, chosen, otherwise], (c, p, q) => (c.offset === 1 ? p : c.offset === 0 ? q : unknown));

/** 1 where the sign is one of these. */
const where = (lines: Lines, ...signs: readonly number[]): Lines =>
  combine([signOf(lines)], (p) => (Number.isNaN(p.offset) ? unknown : level(signs.includes(p.offset) ? 1 : 0)));

const not = (a: Lines): Lines => subtract(constant(1), a);
const larger = (a: Lines, b: Lines): Lines => choose(where(subtract(a, b), 1), a, b);
const smaller = (a: Lines, b: Lines): Lines => choose(where(subtract(a, b), -1), a, b);
const leaky = (a: Lines, slope: Lines): Lines => choose(where(a, -1), times(a, slope), a);

const isCondition = ({ pieces, at }: Lines): boolean =>
  pieces.every(({ slope, offset }) => slope === 0 && (offset === 0 || offset === 1)) &&
  at.every((v) => v === 0 || v === 1);

/** ONNX's numbers of the floating-point types; every other type rounds what is no condition. */
const floating = new Set([1, 10, 11, 16]);

/** What an operator makes of functions of the same number; an input that is left out is undefined. */
export const onLines: Readonly<Record<string, (inputs: readonly (Lines | undefined)[], node: Node) => Lines>> = {
  Identity: ([a]) => a!,
  Cast: ([a], node) => (floating.has(integer(node, 'to', 0)) || isCondition(a!) ? a! : constant(Number.NaN)),
  Add: ([a, b]) => add(a!, b!),
  Sub: ([a, b]) => subtract(a!, b!),
  Mul: ([a, b]) => times(a!, b!),
  Div: ([a, b]) => over(a!, b!),
  Neg: ([a]) => negative(a!),
  Abs: ([a]) => choose(where(a!, -1), negative(a!), a!),
  Sign: ([a]) => signOf(a!),
  Relu: ([a]) => larger(a!, constant(0)),
  LeakyRelu: ([a], node) => leaky(a!, constant(decimal(node, 'alpha', 0.01))),
  PRelu: ([a, slope]) => leaky(a!, slope!),
  Max: (inputs) => inputs.map((a) => a!).reduce(larger),
  Min: (inputs) => inputs.map((a) => a!).reduce(smaller),
  Clip([a, least, most], node) {
    const low = least ?? constant(decimal(node, 'min', -Number.MAX_VALUE));
    const high = most ?? constant(decimal(node, 'max', Number.MAX_VALUE));
    return smaller(larger(a!, low), high);
  },
  Less: ([a, b]) => where(subtract(a!, b!), -1),
  LessOrEqual: ([a, b]) => where(subtract(a!, b!), -1, 0),
  Greater: ([a, b]) => where(subtract(a!, b!), 1),
  GreaterOrEqual: ([a, b]) => where(subtract(a!, b!), 0, 1),
  Equal: ([a, b]) => where(subtract(a!, b!), 0),
  Not: ([a]) => not(a!),
  And: ([a, b]) => times(a!, b!),
  Or: ([a, b]) => not(times(not(a!), not(b!))),
  Where: ([c, a, b]) => choose(c!, a!, b!),
};

/** What chooses by the input: nothing else makes a jump. */
export const choosing: ReadonlySet<string> = new Set([
  'Less',
  'LessOrEqual',
  'Greater',
  'GreaterOrEqual',
  'Equal',
  'Sign',
]);
