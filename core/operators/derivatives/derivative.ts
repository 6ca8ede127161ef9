import type { Node } from '../../network/network.ts';
import type { NodeFacts } from '../definition.ts';
import type { Graph } from './graph.ts';

/** The name of a tensor in the graph; undefined stands for zero. */
export type Direction = string | undefined;

/** A node at which a derivative is to be written down. */
export interface Site {
  readonly node: Node;
  readonly facts: NodeFacts;
  readonly graph: Graph;
  /** Whether the i-th input depends on what is differentiated by. Of the others nobody asks for a cotangent. */
  readonly active: (index: number) => boolean;
}

/**
 * The derivative of an operator at the values its inputs have, as nodes of a graph. At a kink it is the derivative of the branch
 * that ONNX Runtime takes there. Both throw `NoDerivative` for a use of the operator that is not understood.
 */
export interface Derivative {
  /** From the directions in which the inputs move to those in which the outputs move. */
  readonly jvp: (site: Site, tangents: readonly Direction[]) => readonly Direction[];
  /** The transposed map: from weights on the outputs to weights on the inputs. */
  readonly vjp: (site: Site, cotangents: readonly Direction[]) => readonly Direction[];
}

/** Why there is no derivative of a node, in words for the user. */
export class NoDerivative extends Error {
  override readonly name = 'NoDerivative';
}

/** The name of an input that the operator cannot do without. */
export const inputOf = ({ node }: Site, index: number): string => node.inputs[index]!;

/** Of an operator with one data input and one output: zero goes to zero. */
export function ofOne(
  jvp: (site: Site, tangent: string) => Direction,
  vjp: (site: Site, cotangent: string) => Direction,
): Derivative {
  return {
    jvp: (site, [tangent]) => [tangent === undefined ? undefined : jvp(site, tangent)],
    vjp: (site, [cotangent]) => [cotangent === undefined ? undefined : vjp(site, cotangent)],
  };
}

/** Operators that are constant between their jumps. */
export const flat: Derivative = {
  jvp: ({ node }) => node.outputs.map(() => undefined),
  vjp: ({ node }) => node.inputs.map(() => undefined),
};
