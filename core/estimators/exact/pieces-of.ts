import { decimal } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { broadcastSource } from '../../operators/broadcast.ts';
import type { NodeFacts } from '../../operators/definition.ts';
import { constantNumbers, required, requiredOutput } from '../../operators/facts.ts';
import type { Pieces } from './program.ts';

/** The function of the i-th element of an activation node, taken of scale y + shift. */
export interface PiecewiseActivation {
  readonly scale: number;
  readonly shift: number;
  readonly pieces: (element: number) => Pieces;
}

export const relu: Pieces = { breaks: [0], slopes: [0, 1], intercepts: [0, 0] };
const constant = (value: number): Pieces => ({ breaks: [], slopes: [0], intercepts: [value] });
const bent = (left: number): Pieces =>
  left === 1 ? { breaks: [], slopes: [1], intercepts: [0] } : { breaks: [0], slopes: [left, 1], intercepts: [0, 0] };

/** The pieces of an activation made of straight lines; undefined for every other. */
export function activationOf(facts: NodeFacts): PiecewiseActivation | undefined {
  if (elementCount(requiredOutput(facts).shape) !== elementCount(required(facts, 0).shape)) return undefined;
  const plain = (pieces: Pieces): PiecewiseActivation => ({ scale: 1, shift: 0, pieces: () => pieces });
  switch (facts.node.op) {
    case 'Relu':
      return plain(relu);
    case 'ThresholdedRelu':
      return decimal(facts.node, 'alpha', 1) === 0 ? plain(relu) : undefined;
    case 'LeakyRelu':
      return plain(bent(decimal(facts.node, 'alpha', 0.01)));
    case 'Abs':
      return plain({ breaks: [0], slopes: [-1, 1], intercepts: [0, 0] });
    case 'PRelu': {
      const alpha = constantNumbers(facts, 1);
      if (alpha === undefined) return undefined;
      const source = broadcastSource(required(facts, 1).shape, required(facts, 0).shape);
      return { scale: 1, shift: 0, pieces: (element) => bent(alpha[source[element]!]!) };
    }
    case 'Clip': {
      const limits = clipLimits(facts);
      return limits === undefined ? undefined : plain(clip(...limits));
    }
    case 'HardSigmoid': {
      // Bent where alpha y + beta is 0 and 1; the bends in y itself would have to be rounded.
      const alpha = decimal(facts.node, 'alpha', 0.2);
      return { scale: alpha, shift: decimal(facts.node, 'beta', 0.5), pieces: () => clip(0, 1) };
    }
    default:
      return undefined;
  }
}

function clipLimits(facts: NodeFacts): readonly [number, number] | undefined {
  const limit = (index: number, name: string, none: number): number | undefined =>
    facts.input(index) === undefined ? decimal(facts.node, name, none) : constantNumbers(facts, index)?.[0];
  const least = limit(1, 'min', Number.NEGATIVE_INFINITY);
  const most = limit(2, 'max', Number.POSITIVE_INFINITY);
  return least === undefined || most === undefined ? undefined : [least, most];
}

function clip(least: number, most: number): Pieces {
  if (least >= most) return constant(most);
  const lower = Number.isFinite(least);
  const upper = Number.isFinite(most);
  return {
    breaks: [...(lower ? [least] : []), ...(upper ? [most] : [])],
    slopes: [...(lower ? [0] : []), 1, ...(upper ? [0] : [])],
    intercepts: [...(lower ? [least] : []), 0, ...(upper ? [most] : [])],
  };
}
