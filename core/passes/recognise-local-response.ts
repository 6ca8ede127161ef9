import { integer, integers, text, type Network, type Node } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { constantNumbers, factsOf } from '../operators/facts.ts';
import { bordersOf } from '../operators/padding.ts';
import { recognise, scalarOf, squared, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * x / (k + alpha mean of the squares of neighbouring channels)^beta, the mean by a padding and an average pooling over the channels as an axis of its own, as both of PyTorch's exporters
 * write F.local_response_norm: an LRN. Its quotient has no constant of its own.
 */
export const recogniseLocalResponse = (network: Network): Network => recognise(network, 'Div', matchLocalResponse);

function matchLocalResponse(quotient: Node, { network, made }: Surroundings): Recognised | undefined {
  const [x, divisor] = quotient.inputs as readonly [string, string];
  const power = made(divisor, 'Pow');
  const beta = scalarOf(network, power?.inputs[1]);
  const sum = made(power?.inputs[0], 'Add');
  const bias = withScalar(network, sum);
  const scaled = made(bias?.tensor, 'Mul');
  const alpha = withScalar(network, scaled);
  const gathered: Node[] = [];
  for (let at = alpha?.tensor; ; at = gathered.at(-1)!.inputs[0]) {
    const reshaped = made(at, 'Squeeze', 'Reshape');
    if (reshaped === undefined) break;
    gathered.push(reshaped);
  }
  const pool = made(gathered.at(-1)?.inputs[0], 'AveragePool');
  const padding = made(pool?.inputs[0], 'Pad');
  const spread = made(padding?.inputs[0], 'Unsqueeze', 'Reshape');
  const square = made(spread?.inputs[0], 'Mul', 'Pow');
  const shape = network.types.get(x)?.shape;
  if (power === undefined || sum === undefined || scaled === undefined) return undefined;
  if (pool === undefined || padding === undefined || spread === undefined || square === undefined) return undefined;
  if (bias === undefined || alpha === undefined || beta === undefined || shape === undefined) return undefined;
  if (!(bias.scalar > 0 && alpha.scalar >= 0 && beta >= 0) || squared(network, square) !== x) return undefined;
  const window = channelsAveraged(network, { spread, padding, pool }, shape);
  if (window === undefined || network.types.get(alpha.tensor)?.shape.join() !== shape.join()) return undefined;
  return {
    as: {
      ...quotient,
      op: 'LRN',
      inputs: [x],
      attributes: new Map([
        ['alpha', { kind: 'float', value: alpha.scalar }],
        ['beta', { kind: 'float', value: beta }],
        ['bias', { kind: 'float', value: bias.scalar }],
        ['size', { kind: 'int', value: window.size }],
        ['before', { kind: 'int', value: window.before }],
      ]),
    },
    last: quotient,
    inner: [square, spread, padding, pool, ...gathered, scaled, sum, power],
  };
}

/** Over how many channels a mean is, and how many of them come before, where as many come behind, or one more or less if their number is even. */
function channelsAveraged(
  network: Network,
  { spread, padding, pool }: Readonly<Record<'spread' | 'padding' | 'pool', Node>>,
  shape: Shape,
): { readonly size: number; readonly before: number } | undefined {
  const axes = network.types.get(spread.outputs[0]!)?.shape;
  // The same elements in the same order, the channels along the first axis that is pooled.
  if (axes === undefined || shape.length < 2 || axes[2] !== shape[1] || axes[0]! * axes[1]! !== shape[0]) return undefined; // prettier-ignore
  if (elementCount(axes) !== elementCount(shape)) return undefined;
  const facts = factsOf(network, padding);
  if (text(padding, 'mode', 'constant') !== 'constant' || padding.attributes.has('value')) return undefined;
  if (facts.input(2) !== undefined && constantNumbers(facts, 2)?.[0] !== 0) return undefined;
  const [size, ...others] = integers(pool, 'kernel_shape') ?? [];
  const one = (name: string): boolean => (integers(pool, name) ?? []).every((own) => own === 1);
  if (size === undefined || others.some((own) => own !== 1) || !one('strides') || !one('dilations')) return undefined;
  if ((integers(pool, 'pads') ?? []).some((own) => own !== 0) || integer(pool, 'ceil_mode', 0) !== 0) return undefined;
  if (text(pool, 'auto_pad', 'NOTSET') !== 'NOTSET') return undefined;
  const borders = bordersOf(facts, axes.length);
  const before = borders[2]!.begin;
  const around = borders.every(({ begin, end }, axis) => axis === 2 ? begin + end === size - 1 && Math.abs(begin - end) < 2 : begin === 0 && end === 0); // prettier-ignore
  return around ? { size, before } : undefined;
}
