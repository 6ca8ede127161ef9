import type { Network, Node } from '../network/network.ts';
import { overAxes } from './normalised-axes.ts';
import { keptAxes, overRoot, recognise, squared, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * x / sqrt(mean(x^2) + eps) [* weight] over the last axis or others, also with a reciprocal root in place of the quotient: an RMSNorm. In small
 * operators x grows without limit beside its own root.
 */
export const recogniseRmsNorm = (network: Network): Network =>
  ['Div', 'Mul'].reduce((current, op) => recognise(current, op, matchRmsNorm), network);

function matchRmsNorm(quotient: Node, around: Surroundings): Recognised | undefined {
  const { network, consumers, made } = around;
  const found = overRoot(around, quotient);
  if (found === undefined) return undefined;
  const { dividend: x, radicand } = found;
  const shifted = made(radicand, 'Add');
  const epsilon = withScalar(network, shifted);
  const mean = made(epsilon?.tensor, 'ReduceMean');
  const square = made(mean?.inputs[0], 'Pow', 'Mul');
  const type = network.types.get(x);
  if (shifted === undefined || epsilon === undefined || mean === undefined || square === undefined) return undefined;
  if (!(epsilon.scalar > 0) || type === undefined || squared(network, square) !== x) return undefined;
  const { shape } = type;
  const axes = keptAxes(network, mean, shape.length);
  if (axes === undefined) return undefined;
  const parts = [square, mean, shifted, ...found.inner, quotient];
  const epsilonOnly = new Map([['epsilon', { kind: 'float', value: epsilon.scalar }]] as const);
  if (axes.join() !== String(shape.length - 1))
    return {
      ...overAxes({ ...quotient, op: 'RMSNormalization', inputs: [x], attributes: epsilonOnly }, axes, type),
      last: quotient,
      inner: parts.filter((node) => node !== quotient),
    };
  const scaling = consumers.only(quotient.outputs[0]!);
  const weight = scaling?.op === 'Mul' ? scaling.inputs.find((name) => name !== quotient.outputs[0]) : undefined;
  const weightShape = network.constants.get(weight ?? '')?.shape;
  const last = weightShape?.length === 1 && weightShape[0] === shape.at(-1) ? scaling! : quotient;
  return {
    as: {
      ...last,
      op: 'RMSNormalization',
      inputs: last === quotient ? [x] : [x, weight!],
      attributes: epsilonOnly,
    },
    last,
    inner: parts.filter((node) => node !== last),
  };
}
