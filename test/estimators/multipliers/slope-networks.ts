import type { Network } from '../../../core/network/network.ts';
import { networkOf, type ConstantSketch, type NodeSketch } from '../../operators/small-networks.ts';
import { numbersFrom, singularValues } from '../norms/small-maps.ts';

export type Matrix = number[][];
export const kinds = ['chain', 'residual', 'concat', 'shared', 'maxmin'] as const;
export type Kind = (typeof kinds)[number];

/** Activations with their extreme slopes, from ALGORITHMS B7. */
export const activations = {
  Relu: { slopes: [0, 1], attributes: {} },
  LeakyRelu: { slopes: [Math.fround(0.1), 1], attributes: { alpha: { float: 0.1 } } },
  Gelu: { slopes: [-0.1289041451852, 1.1289041451852], attributes: {} },
  Swish: { slopes: [-0.0998393201288, 1.0998393201288], attributes: {} },
  Mish: { slopes: [-0.1125261223894, 1.0884981612517], attributes: {} },
  Tanh: { slopes: [0, 1], attributes: {} },
  Abs: { slopes: [-1, 1], attributes: {} },
} as const;
export type Activation = keyof typeof activations;

export interface SlopeNetwork {
  readonly network: Network;
  /** The Jacobian for given slopes of its bent elements, and how many there are. */
  readonly bends: number;
  readonly slopes: readonly [number, number];
  readonly jacobian: (slopes: readonly number[]) => Matrix;
}

const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const plus = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((value, j) => value + b[i]![j]!));
const scaledRows = (factors: readonly number[], a: Matrix): Matrix =>
  a.map((row, i) => row.map((v) => v * factors[i]!));
const unit = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => +(i === j)));

/** A small network of one of the kinds, whose Jacobians are written down here by hand. */
export function slopeNetwork(kind: Kind, activation: Activation, seed: number, scale = 1): SlopeNetwork {
  const next = numbersFrom(seed);
  const constants: Record<string, ConstantSketch> = {};
  const matrix = (name: string, rows: number, columns: number): Matrix => {
    const entries = Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => Math.fround(scale * next())),
    );
    constants[name] = { shape: [rows, columns], values: entries.flat() };
    return entries;
  };
  const dense = (from: string, weights: string, to: string): NodeSketch => ({
    op: 'Gemm',
    inputs: [from, weights],
    outputs: [to],
    attributes: { transB: 1 },
  });
  const bend = (from: string, to: string): NodeSketch => ({
    op: activation,
    inputs: [from],
    outputs: [to],
    attributes: activations[activation].attributes,
  });
  const add = (a: string, b: string, to: string): NodeSketch => ({ op: 'Add', inputs: [a, b], outputs: [to] });
  const [n, m] = [2, 3];
  const of = (nodes: readonly NodeSketch[], bends: number, jacobian: SlopeNetwork['jacobian']): SlopeNetwork => ({
    network: networkOf({ input: [1, n], nodes, constants }),
    bends,
    slopes: kind === 'maxmin' ? [0, 1] : activations[activation].slopes,
    jacobian,
  });
  switch (kind) {
    case 'chain': {
      const [a, b, c] = [matrix('a', m, n), matrix('b', m, m), matrix('c', 2, m)];
      const nodes = [dense('x', 'a', 'p'), bend('p', 'q'), dense('q', 'b', 'r'), bend('r', 's'), dense('s', 'c', 'y')];
      return of(nodes, 2 * m, (d) => times(c, scaledRows(d.slice(m), times(b, scaledRows(d.slice(0, m), a)))));
    }
    case 'residual': {
      const [a, b] = [matrix('a', m, n), matrix('b', n, m)];
      const [c, d] = [matrix('c', m, n), matrix('d', n, m)];
      const nodes = [
        ...[dense('x', 'a', 'p'), bend('p', 'q'), dense('q', 'b', 'r'), add('r', 'x', 's')],
        ...[
          dense('s', 'c', 't'),
          bend('t', 'u'),
          dense('u', 'd', 'v'),
          { op: 'Sub', inputs: ['s', 'v'], outputs: ['y'] },
        ],
      ];
      return of(nodes, 2 * m, (e) => {
        const first = plus(unit(n), times(b, scaledRows(e.slice(0, m), a)));
        const branch = times(d, scaledRows(e.slice(m), times(c, first)));
        return plus(
          first,
          scaledRows(
            branch.map(() => -1),
            branch,
          ),
        );
      });
    }
    case 'concat': {
      const [a, b, c] = [matrix('a', m, n), matrix('b', 2, n), matrix('c', 2, m + 2)];
      const nodes = [
        ...[dense('x', 'a', 'p'), bend('p', 'q'), dense('x', 'b', 'r')],
        { op: 'Concat', inputs: ['q', 'r'], outputs: ['s'], attributes: { axis: 1 } },
        ...[bend('s', 't'), dense('t', 'c', 'y')],
      ];
      return of(nodes, 2 * m + 2, (d) => times(c, scaledRows(d.slice(m), [...scaledRows(d.slice(0, m), a), ...b])));
    }
    case 'shared': {
      const [a, b, c, d] = [matrix('a', m, n), matrix('b', 2, m), matrix('c', m, m), matrix('d', 2, m)];
      const nodes = [
        ...[dense('x', 'a', 'p'), bend('p', 'h'), dense('h', 'b', 'r')],
        ...[dense('h', 'c', 's'), bend('s', 't'), dense('t', 'd', 'u'), add('r', 'u', 'y')],
      ];
      return of(nodes, 2 * m, (e) => {
        const h = scaledRows(e.slice(0, m), a);
        return plus(times(b, h), times(d, scaledRows(e.slice(m), times(c, h))));
      });
    }
    case 'maxmin': {
      const [a, b] = [matrix('a', 6, n), matrix('b', 2, 6)];
      const nodes = [
        dense('x', 'a', 'p'),
        { op: 'Split', inputs: ['p'], outputs: ['l', 'r'], attributes: { axis: 1, num_outputs: 2 } },
        { op: 'Max', inputs: ['l', 'r'], outputs: ['top'] },
        { op: 'Min', inputs: ['l', 'r'], outputs: ['low'] },
        { op: 'Concat', inputs: ['top', 'low'], outputs: ['s'], attributes: { axis: 1 } },
        dense('s', 'b', 'y'),
      ];
      return of(nodes, 3, (d) => {
        const pick = (i: number, first: number): number[] =>
          a[i]!.map((value, j) => first * value + (1 - first) * a[i + 3]![j]!);
        return times(b, [...[0, 1, 2].map((i) => pick(i, d[i]!)), ...[0, 1, 2].map((i) => pick(i, 1 - d[i]!))]);
      });
    }
  }
}

/** The largest norm of a Jacobian over all corners of the slopes, where a convex function is largest. */
export function largestJacobian({ bends, slopes, jacobian }: SlopeNetwork, norm = spectral): number {
  let largest = 0;
  for (let corner = 0; corner < 2 ** bends; corner++) {
    const chosen = Array.from({ length: bends }, (_, k) => slopes[(corner >> k) & 1]!);
    largest = Math.max(largest, norm(jacobian(chosen)));
  }
  return largest;
}

const spectral = (matrix: Matrix): number => singularValues(matrix)[0]!;
