import type { Node } from '../network/network.ts';
import { scalarOf, type Surroundings } from './pattern.ts';

/** Coefficients of 1, x, x^2, x^3, and the nodes that compute the polynomial. */
export interface Polynomial {
  readonly coefficients: readonly number[];
  readonly nodes: readonly Node[];
}

const highest = 3;

/** What a tensor is as a polynomial of another, however its sums, products and powers are arranged; undefined where it is none. */
export function polynomialIn(around: Surroundings, tensor: string, x: string): Polynomial | undefined {
  if (tensor === x) return { coefficients: [0, 1], nodes: [] };
  const { network, made } = around;
  const scalar = scalarOf(network, tensor);
  if (scalar !== undefined) return { coefficients: [scalar], nodes: [] };
  const node = made(tensor, 'Add', 'Mul', 'Div', 'Pow');
  if (node?.inputs.length !== 2) return undefined;
  const left = polynomialIn(around, node.inputs[0]!, x);
  const right = left && polynomialIn(around, node.inputs[1]!, x);
  if (left === undefined || right === undefined) return undefined;
  const coefficients = combined(node.op, left.coefficients, right.coefficients);
  return coefficients && { coefficients, nodes: [...new Set([...left.nodes, ...right.nodes, node])] };
}

function combined(op: string, a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  switch (op) {
    case 'Add':
      return Array.from({ length: Math.max(a.length, b.length) }, (_, k) => (a[k] ?? 0) + (b[k] ?? 0));
    case 'Mul':
      return product(a, b);
    case 'Div':
      return b.length === 1 ? a.map((value) => value / b[0]!) : undefined;
    default: {
      const times = b.length === 1 ? b[0]! : 0;
      if (!Number.isInteger(times) || times < 1 || times > highest) return undefined;
      return Array.from({ length: times - 1 }).reduce<readonly number[] | undefined>(
        (power) => power && product(power, a),
        a,
      );
    }
  }
}

function product(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  if (a.length + b.length - 2 > highest) return undefined;
  const result = new Array<number>(a.length + b.length - 1).fill(0);
  for (const [i, u] of a.entries()) for (const [j, v] of b.entries()) result[i + j]! += u * v;
  return result;
}
