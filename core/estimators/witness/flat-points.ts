import type { Work } from '../../compute/work.ts';
import type { Network, Node } from '../../network/network.ts';
import { integer } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { LipschitzRule } from '../../operators/definition.ts';
import { factsOf, positiveAxis, required } from '../../operators/facts.ts';
import { ruleOf } from '../../operators/rule-of.ts';

/** What a normalisation divides by: the spread of each group of consecutive elements, about its mean or about 0. */
const spreads: Readonly<Record<string, 'mean' | 'zero'>> = {
  LayerNormalization: 'mean',
  RMSNormalization: 'zero',
  LpNormalization: 'zero',
};

/** Products in all; steps of the least squares. */
const mostProducts = 3e8;
const steps = 60;

/**
 * Inputs for which what the first normalisations get is as flat as can be: there they are steepest, and no slope far from there points to such a place. Looked for where only
 * affine layers lie before, by conjugate gradients for least squares.
 */
export async function flatPoints(network: Network, input: string, work: Work): Promise<readonly Float64Array[]> {
  const size = elementCount(network.types.get(input)?.shape ?? []);
  const points: Float64Array[] = [];
  for (const node of network.nodes) {
    const about = node.domain === '' ? spreads[node.op] : undefined;
    const chain = about === undefined ? undefined : affineChain(network, input, node.inputs[0]!);
    if (about === undefined || chain === undefined) continue;
    const groupSize = groupSizeOf(network, node);
    if (groupSize === undefined) continue;
    const cost = chain.reduce((sum, { map }) => sum + map.rows * map.terms, 0);
    if (2 * steps * cost > mostProducts || work.remainingSeconds() <= 0) continue;
    const centred = (values: Float64Array): Float64Array =>
      about === 'mean' ? withoutMeans(values, groupSize) : values;
    points.push(await leastSquares(chain, centred, size, work));
  }
  return points;
}

type Affine = Extract<LipschitzRule, { kind: 'affine' }>;

/** The affine nodes from the input to a tensor, in order; undefined where others lie on the way. */
function affineChain(network: Network, input: string, tensor: string): readonly Affine[] | undefined {
  const makers = new Map(network.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const chain: Affine[] = [];
  for (let at = tensor; at !== input;) {
    const node = makers.get(at);
    const rule = node === undefined ? undefined : ruleOf(network, node);
    if (node === undefined || rule?.kind !== 'affine' || rule.parts !== undefined) return undefined;
    chain.push(rule);
    at = node.inputs[rule.input]!;
  }
  return chain.reverse();
}

function groupSizeOf(network: Network, node: Node): number | undefined {
  const { shape } = required(factsOf(network, node), 0);
  const axis = positiveAxis(integer(node, 'axis', -1), shape.length);
  if (node.op === 'LpNormalization' && axis !== shape.length - 1) return undefined;
  return elementCount(shape.slice(axis));
}

function withoutMeans(values: Float64Array, size: number): Float64Array {
  const result = values.slice();
  for (let start = 0; start < values.length; start += size) {
    const mean = values.subarray(start, start + size).reduce((sum, value) => sum + value, 0) / size;
    for (let i = start; i < start + size; i++) result[i]! -= mean;
  }
  return result;
}

/** The x of least |P (A x + b)|, P the projection that takes means away (CGLS; Hestenes and Stiefel 1952), from 0 on. */
async function leastSquares(
  chain: readonly Affine[],
  project: (values: Float64Array) => Float64Array,
  size: number,
  work: Work,
): Promise<Float64Array> {
  const forward = (x: Float64Array): Float64Array =>
    project(chain.reduce<Float64Array>((values, { map }) => map.apply(values), x));
  const backward = (y: Float64Array): Float64Array =>
    chain.toReversed().reduce<Float64Array>((values, { map }) => map.applyTransposed(values), project(y));
  const x = new Float64Array(size);
  const constant = chain.reduce<Float64Array>((values, { map, offset }) => {
    const image = map.apply(values);
    const shift = offset?.().values;
    return shift === undefined ? image : image.map((value, i) => value + shift[i]!);
  }, x);
  const residual = project(constant).map((value) => -value);
  let gradient = backward(residual);
  let direction = gradient;
  const start = square(gradient);
  let before = start;
  for (let step = 0; step < steps && before > 1e-26 * start && before > 0; step++) {
    await work.breathe();
    const image = forward(direction);
    const along = before / square(image);
    if (!Number.isFinite(along)) break;
    for (let i = 0; i < size; i++) x[i]! += along * direction[i]!;
    for (let i = 0; i < residual.length; i++) residual[i]! -= along * image[i]!;
    gradient = backward(residual);
    const now = square(gradient);
    const last = direction;
    direction = gradient.map((value, i) => value + (now / before) * last[i]!);
    before = now;
  }
  return x;
}

const square = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
