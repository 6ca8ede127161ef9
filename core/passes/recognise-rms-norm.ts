import type { Network, Node } from '../network/network.ts';
import {
  overLastAxis,
  overRoot,
  recognise,
  squared,
  withScalar,
  type Recognised,
  type Surroundings,
} from './pattern.ts';

/**
 * x / sqrt(mean(x^2) + eps) [* weight] over the last axis, also with a reciprocal root in place of the quotient: an RMSNorm. In small
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
  const shape = network.types.get(x)?.shape;
  if (shifted === undefined || epsilon === undefined || mean === undefined || square === undefined) return undefined;
  if (!(epsilon.scalar > 0) || shape === undefined || squared(network, square) !== x) return undefined;
  if (!overLastAxis(network, mean, shape.length)) return undefined;
  const scaling = consumers.only(quotient.outputs[0]!);
  const weight = scaling?.op === 'Mul' ? scaling.inputs.find((name) => name !== quotient.outputs[0]) : undefined;
  const weightShape = network.constants.get(weight ?? '')?.shape;
  const last = weightShape?.length === 1 && weightShape[0] === shape.at(-1) ? scaling! : quotient;
  return {
    as: {
      ...last,
      op: 'RMSNormalization',
      inputs: last === quotient ? [x] : [x, weight!],
      attributes: new Map([
        ['axis', { kind: 'int', value: -1 }],
        ['epsilon', { kind: 'float', value: epsilon.scalar }],
      ]),
    },
    last,
    inner: [square, mean, shifted, ...found.inner, quotient].filter((node) => node !== last),
  };
}
