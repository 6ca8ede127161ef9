import type { Network, Node } from '../network/network.ts';
import { sum } from './lines/lines.ts';
import { recognise, scalarOf, squared, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/** e^(-a x^2), sqrt(a x^2 + c), 1 / (a x^2 + c) and log(a x^2 + c): bells and smooth sizes, as radial networks have them. Alone the square has no constant. */
export const recogniseOfSquare = (network: Network): Network =>
  ['Exp', 'Sqrt', 'Reciprocal', 'Div', 'Log'].reduce((current, op) => recognise(current, op, matchOfSquare), network);

function matchOfSquare(last: Node, around: Surroundings): Recognised | undefined {
  const over = last.op === 'Div' ? scalarOf(around.network, last.inputs[0]) : 1;
  const found = quadratic(last.inputs[last.op === 'Div' ? 1 : 0]!, around);
  if (over === undefined || found === undefined) return undefined;
  const { x, a, c, nodes } = found;
  const op = last.op === 'Exp' ? 'Gaussian' : `${{ Sqrt: 'Root', Log: 'Log' }[last.op] ?? 'Inverse'}OfSquare`;
  // Left of 0 a Gaussian falls, all others need a sum that stays above it.
  if (op === 'Gaussian' ? !(a < 0 && Number.isFinite(c)) : !(a > 0 && c > 0)) return undefined;
  const attributes = new Map(
    Object.entries({ a, c, over }).map(([name, value]) => [name, { kind: 'float', value }] as const),
  );
  return { as: { ...last, op, inputs: [x], attributes }, last, inner: nodes };
}

interface Quadratic {
  readonly x: string;
  /** a x^2 + c. */
  readonly a: number;
  readonly c: number;
  readonly nodes: readonly Node[];
}

/** Sums that cancel are exact or not known; products are rounded in their last digit, as everything that is computed of them. */
function quadratic(name: string, around: Surroundings): Quadratic | undefined {
  const node = around.made(name, 'Mul', 'Pow', 'Neg', 'Div', 'Add', 'Sub');
  if (node === undefined) return undefined;
  const x = squared(around.network, node);
  if (x !== undefined) return { x, a: 1, c: 0, nodes: [node] };
  const product = timesItself(node, around);
  if (product !== undefined) return product;
  const scaled = node.op === 'Neg' ? { tensor: node.inputs[0]!, scalar: -1 } : withScalar(around.network, node);
  const inner = scaled === undefined ? undefined : quadratic(scaled.tensor, around);
  if (scaled === undefined || inner === undefined) return undefined;
  const { tensor, scalar } = scaled;
  const first = node.inputs[0] === tensor;
  const nodes = [...inner.nodes, node];
  const times = (by: number): Quadratic => ({ ...inner, a: inner.a * by, c: inner.c * by, nodes });
  if (node.op === 'Add') return { ...inner, c: sum(inner.c, scalar), nodes };
  if (node.op === 'Sub')
    return first
      ? { ...inner, c: sum(inner.c, -scalar), nodes }
      : { ...inner, a: -inner.a, c: sum(scalar, -inner.c), nodes };
  if (node.op === 'Div') return first ? times(1 / scalar) : undefined;
  return node.op === 'Pow' ? undefined : times(scalar);
}

/** (-x) x, (2 x) x: what Python makes of -x * x. */
function timesItself(node: Node, { network, made }: Surroundings): Quadratic | undefined {
  if (node.op !== 'Mul') return undefined;
  for (const [scaled, x] of [node.inputs, node.inputs.toReversed()] as [string, string][]) {
    const factor = made(scaled, 'Neg', 'Mul');
    const by = factor?.op === 'Neg' ? { tensor: factor.inputs[0]!, scalar: -1 } : withScalar(network, factor);
    if (factor !== undefined && by?.tensor === x) return { x, a: by.scalar, c: 0, nodes: [factor, node] };
  }
  return undefined;
}
