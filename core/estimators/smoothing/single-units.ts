import type { Work } from '../../compute/work.ts';
import type { Network, Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { convolutionMap } from '../../operators/maps/convolution-map.ts';
import { denseMap } from '../../operators/maps/dense-map.ts';
import { consumersOf } from '../../passes/consumers.ts';
import { above, gamma, unit } from '../../rounding.ts';
import { operatorNorm } from '../norms/operator-norm.ts';
import type { NonlinearNode } from './graph.ts';

/**
 * What is known of a layer that acts on every unit alone and that only an affine layer W reads, beyond norms. W need not stretch most in the direction in which the layer
 * moves: each unit moves within an interval [low, high], and W e for all such e is a small box. And units that bend most need not be those that W listens to: with b_i the length of the i-th column of W
 * and A what comes before, |W diag(s) (A u)(A v)| <= sum b_i |s_i| |A_i u| |A_i v| <= max |s_i| |diag(sqrt(b)) A|^2 (Cauchy and Schwarz).
 */
export interface SingleUnits {
  /** The tensor behind W. */
  readonly after: string;
  /** By how much that moves at most, per width; undefined for a layer that is not smoothed. */
  readonly moves?: number;
  /** Of a layer that acts on every unit alone. */
  readonly bends?: {
    /** The longest column of W. */
    readonly loudest: number;
    /** Where an affine layer comes before: its norm with each row times sqrt(b), and the tensor that it reads. */
    readonly before?: { readonly tensor: string; readonly norm: number };
  };
}

interface Behind {
  readonly node: Node;
  readonly map: LinearMap;
  readonly rearranged: readonly LinearMap[];
}

/** In entries of a matrix or kernel: larger ones keep to their norms. */
const largest = 2 ** 22;

/** In entries: this takes no time, whatever is left of it. */
const alwaysLookedAt = 2 ** 18;

/** By the id of the layer. */
export async function singleUnits(
  network: Network,
  output: string,
  nonlinear: readonly NonlinearNode[],
  mapOf: (node: Node) => LinearMap | undefined,
  work: Work,
): Promise<ReadonlyMap<string, SingleUnits>> {
  const consumers = consumersOf(network);
  const producers = new Map(network.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const found = new Map<string, SingleUnits>();
  for (const { node, rule, smoothing } of nonlinear) {
    await work.breathe();
    const next = affineBehind(node.outputs[0]!);
    if (next === undefined) continue;
    if (work.remainingSeconds() <= 0 && next.map.rows * next.map.columns > alwaysLookedAt) break;
    const bends = rule.kind === 'elementwise' ? await bendsOf(node.inputs[rule.input]!, next) : undefined;
    found.set(node.id, {
      after: next.node.outputs[0]!,
      ...(smoothing === undefined ? {} : { moves: boxLength(next.map, smoothing.each) }),
      ...(bends === undefined ? {} : { bends }),
    });
  }
  return found;

  async function bendsOf(tensor: string, { map, rearranged }: Behind): Promise<SingleUnits['bends']> {
    const columns = columnLengths(map);
    if (columns === undefined) return undefined;
    const loud = rearranged.reduceRight((lengths, own) => own.applyTransposed(lengths), columns);
    const loudest = loud.reduce((most, length) => Math.max(most, length), 0);
    const producer = producers.get(tensor);
    const before = producer === undefined ? undefined : mapOf(producer);
    const scaled = before === undefined ? undefined : rowsTimesRoots(before, loud);
    const data = producer?.inputs.find((name) => name !== '' && !network.constants.has(name));
    if (scaled === undefined || data === undefined) return { loudest };
    return { loudest, before: { tensor: data, norm: await upperNorm(scaled, work) } };
  }

  /** Through what only rearranges. */
  function affineBehind(tensor: string): Behind | undefined {
    const rearranged: LinearMap[] = [];
    for (let name = tensor; name !== output;) {
      const node = consumers.only(name);
      if (node === undefined || node.outputs.length > 1 || node.inputs.filter((read) => read === name).length > 1)
        return undefined;
      const map = mapOf(node);
      if (map === undefined) return undefined;
      const { structure } = map;
      if (structure.kind !== 'selection') return { node, map, rearranged };
      if (map.rows !== map.columns || structure.largestCopies > 1) return undefined;
      rearranged.push(map);
      name = node.outputs[0]!;
    }
    return undefined;
  }
}

async function upperNorm(map: LinearMap, work: Work): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for await (const { upper, rigor } of operatorNorm(map, 'l2', work))
    if (rigor === 'certified') best = Math.min(best, upper);
  return best;
}

/** What is computed from the entries of a map may be off by so much, relative. */
const widening = ({ terms, entryError }: LinearMap): number => above((1 + entryError) * (1 + gamma(terms + 20)));

/** By input of the map: no less than the length of its column. A pixel of a convolution never meets more than the whole kernel of its channel. */
function columnLengths(map: LinearMap): Float64Array | undefined {
  const { structure } = map;
  const more = widening(map);
  if (structure.kind === 'diagonal') return structure.entries.map((entry) => above(Math.abs(entry) * more));
  if (structure.kind === 'dense') {
    const { matrix, outputs, inputs, repeats } = structure;
    if (matrix.length > largest) return undefined;
    const squares = new Float64Array(inputs);
    for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) squares[i]! += matrix[o * inputs + i]! ** 2;
    return Float64Array.from({ length: inputs * repeats }, (_, k) => above(Math.sqrt(squares[k % inputs]!) * more));
  }
  if (structure.kind !== 'convolution' || structure.convolution.direction !== 'forward') return undefined;
  const { kernel, groups, inputChannels, outputChannels, inputSize, kernelSize } = structure.convolution;
  if (kernel.length > largest) return undefined;
  const [taps, pixels, own] = [elementCount(kernelSize), elementCount(inputSize), inputChannels / groups];
  const squares = new Float64Array(inputChannels);
  kernel.forEach((entry, at) => {
    const o = Math.floor(at / (own * taps));
    const group = Math.floor(o / (outputChannels / groups));
    squares[group * own + (Math.floor(at / taps) % own)]! += entry * entry;
  });
  return Float64Array.from({ length: map.columns }, (_, k) =>
    above(Math.sqrt(squares[Math.floor(k / pixels) % inputChannels]!) * more),
  );
}

/** The map with each row times the root of a number of its own; for convolutions, of the largest of its channel. */
function rowsTimesRoots(map: LinearMap, numbers: Float64Array): LinearMap | undefined {
  const { structure, entryError } = map;
  if (numbers.length !== map.rows) return undefined;
  const most = (count: number, at: (k: number) => number): Float64Array => {
    const all = new Float64Array(count);
    numbers.forEach((value, k) => (all[at(k)] = Math.max(all[at(k)]!, value)));
    return all.map((value) => above(Math.sqrt(value)));
  };
  const error = entryError + 4 * unit;
  if (structure.kind === 'dense') {
    const { matrix, outputs, inputs, repeats } = structure;
    if (matrix.length > largest) return undefined;
    const roots = most(outputs, (k) => k % outputs);
    return denseMap(matrix.map((entry, at) => entry * roots[Math.floor(at / inputs)]!), outputs, inputs, repeats, error); // prettier-ignore
  }
  if (structure.kind !== 'convolution' || structure.convolution.direction !== 'forward') return undefined;
  const { convolution } = structure;
  if (convolution.kernel.length > largest) return undefined;
  const pixels = elementCount(convolution.outputSize);
  const roots = most(convolution.outputChannels, (k) => Math.floor(k / pixels) % convolution.outputChannels);
  const perOutput = convolution.kernel.length / convolution.outputChannels;
  const kernel = convolution.kernel.map((entry, at) => entry * roots[Math.floor(at / perOutput)]!);
  return convolutionMap({ ...convolution, kernel }, error);
}

/** The longest W e for e in [low, high] in every entry, where 0 lies in between: no entry of it is larger than what one sign of its row's weights makes alone. */
function boxLength(map: LinearMap, [low, high]: readonly [number, number]): number {
  const magnitude = map.magnitude().apply(new Float64Array(map.columns).fill(1));
  const sum = map.apply(new Float64Array(map.columns).fill(1));
  // Of the weights' sizes: half the sum and half the difference are those with either sign.
  const slack = 8 * gamma(map.terms + 20);
  let squares = 0;
  for (let i = 0; i < map.rows; i++) {
    const all = magnitude[i]! * (1 + slack);
    const [plus, minus] = [(all + sum[i]!) / 2, (all - sum[i]!) / 2];
    const most = Math.max(plus * high - minus * low, minus * high - plus * low);
    squares += (most + slack * all * (high - low)) ** 2;
  }
  return above(Math.sqrt(squares) * widening(map) * (1 + gamma(map.rows + 20)));
}
