import type { Network, Node } from '../network/network.ts';
import { recognise, type Recognised, type Surroundings } from './pattern.ts';

/** log(sigmoid(x)), which is -softplus(-x): of a logarithm alone nobody knows that its slope stays below 1. */
export const recogniseLogSigmoid = (network: Network): Network => recognise(network, 'Log', matchLogSigmoid);

function matchLogSigmoid(log: Node, { made }: Surroundings): Recognised | undefined {
  const sigmoid = made(log.inputs[0], 'Sigmoid');
  if (sigmoid === undefined) return undefined;
  const as = { ...log, op: 'LogSigmoid', inputs: [sigmoid.inputs[0]!], attributes: new Map<string, never>() };
  return { as, last: log, inner: [sigmoid] };
}
