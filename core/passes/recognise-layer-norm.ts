import type { Network, Node } from '../network/network.ts';
import { overAxes } from './normalised-axes.ts';
import { keptAxes, overRoot, recognise, squared, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * (x - mean) / sqrt(mean((x - mean)^2) + eps) [* weight] [+ bias] over the last axis or others, as exporters write it out before opset 17, is
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
  const type = network.types.get(x);
  if (type === undefined || mean.inputs[0] !== x || squared(network, square) !== centred.outputs[0]) return undefined;
  const { shape } = type;
  const axes = keptAxes(network, mean, shape.length);
  if (axes === undefined || axes.join() !== keptAxes(network, variance, shape.length)?.join()) return undefined;
  const parts = [mean, centred, square, variance, shifted, ...found.inner, quotient];
  const epsilonOnly = new Map([['epsilon', { kind: 'float', value: epsilon.scalar }]] as const);
  if (axes.join() !== String(shape.length - 1))
    return {
      ...overAxes({ ...quotient, op: 'LayerNormalization', inputs: [x, ''], attributes: epsilonOnly }, axes, type),
      last: quotient,
      inner: parts.filter((node) => node !== quotient),
    };

  const scaling = scaledBy(network, consumers.only(quotient.outputs[0]!), quotient, 'Mul', shape.at(-1)!);
  const scaled = scaling?.node ?? quotient;
  const shifting = scaledBy(network, consumers.only(scaled.outputs[0]!), scaled, 'Add', shape.at(-1)!);
  const last = shifting?.node ?? scaled;
  return {
    as: {
      ...last,
      op: 'LayerNormalization',
      inputs: [x, scaling?.constant ?? '', shifting?.constant ?? ''],
      attributes: epsilonOnly,
    },
    last,
    inner: [...parts, scaled].filter((node) => node !== last),
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
