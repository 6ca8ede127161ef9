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
 * (x - mean) / sqrt(mean((x - mean)^2) + eps) [* weight] [+ bias] over the last axis, as exporters write it out before opset 17, is
 * shown and bounded as the LayerNorm it is. In small operators it would count as unbounded, for its quotient alone is.
 */
export const recogniseLayerNorm = (network: Network): Network =>
  ['Div', 'Mul'].reduce((current, op) => recognise(current, op, matchLayerNorm), network);

function matchLayerNorm(quotient: Node, around: Surroundings): Recognised | undefined {
  const { network, consumers, made } = around;
  const found = overRoot(around, quotient);
  const centred = made(found?.dividend, 'Sub');
  const shifted = made(found?.radicand, 'Add');
  const epsilon = withScalar(network, shifted);
  const variance = made(epsilon?.tensor, 'ReduceMean');
  const square = made(variance?.inputs[0], 'Pow', 'Mul');
  const mean = made(centred?.inputs[1], 'ReduceMean');
  if (found === undefined || centred === undefined || shifted === undefined || epsilon === undefined) return undefined;
  if (variance === undefined || square === undefined || mean === undefined) return undefined;
  const x = centred.inputs[0]!;
  const shape = network.types.get(x)?.shape;
  if (shape === undefined || mean.inputs[0] !== x || squared(network, square) !== centred.outputs[0]) return undefined;
  if (!overLastAxis(network, mean, shape.length) || !overLastAxis(network, variance, shape.length)) return undefined;

  const scaling = scaledBy(network, consumers.only(quotient.outputs[0]!), quotient, 'Mul', shape.at(-1)!);
  const scaled = scaling?.node ?? quotient;
  const shifting = scaledBy(network, consumers.only(scaled.outputs[0]!), scaled, 'Add', shape.at(-1)!);
  const last = shifting?.node ?? scaled;
  return {
    as: {
      ...last,
      op: 'LayerNormalization',
      inputs: [x, scaling?.constant ?? '', shifting?.constant ?? ''],
      attributes: new Map([
        ['axis', { kind: 'int', value: -1 }],
        ['epsilon', { kind: 'float', value: epsilon.scalar }],
      ]),
    },
    last,
    inner: [mean, centred, square, variance, shifted, ...found.inner, quotient, scaled].filter((node) => node !== last),
  };
}

/** The next node, where it multiplies by (or adds) one constant number per entry of the last axis. */
function scaledBy(
  network: Network,
  next: Node | undefined,
  before: Node,
  op: string,
  size: number,
): { readonly node: Node; readonly constant: string } | undefined {
  if (next?.op !== op) return undefined;
  const constant = next.inputs[0] === before.outputs[0] ? next.inputs[1]! : next.inputs[0]!;
  const shape = network.constants.get(constant)?.shape;
  return shape?.length === 1 && shape[0] === size ? { node: next, constant } : undefined;
}
