import { integer, type Network, type Node } from '../network/network.ts';
import { nodeOf } from '../network/new-node.ts';
import { identity, readBy } from '../network/subgraph.ts';
import { elementCount, tensorOfNumbers, type ElementType, type Shape, type Tensor } from '../network/tensor.ts';
import { factsOf, positiveAxis } from '../operators/facts.ts';
import { gridOf, quantisedType, type Grid } from '../operators/quantisation.ts';

export interface Unquantised {
  readonly network: Network;
  /** How many nodes lost their rounding. */
  readonly smoothed: number;
  /** Ids of those that had to keep it. */
  readonly kept: readonly string[];
}

/**
 * The network as it would be in real numbers: a tensor that is quantised and taken back is only limited to what the quantised type can
 * hold, without rounding. Between the two it may be rearranged or pooled. Where a quantised tensor is used in any other way, its rounding stays.
 */
export function asIfUnquantised(network: Network): Unquantised {
  const quantisers = network.nodes.filter(({ op, domain }) => domain === '' && rounding.has(op));
  const pass = new Smoothing(network, quantisers);
  return pass.result();
}

const rounding = new Set(['QuantizeLinear', 'DynamicQuantizeLinear']);

/** What moves whole elements, or picks the largest: it commutes with one scale for all. With the number of inputs that are data. */
const carriers: ReadonlyMap<string, number> = new Map([
  ...[
    'Identity',
    'Reshape',
    'Transpose',
    'Flatten',
    'Squeeze',
    'Unsqueeze',
    'Slice',
    'Gather',
    'Split',
    'Expand',
    'Tile',
  ].map((op) => [op, 1] as const),
  ...['DepthToSpace', 'SpaceToDepth', 'MaxPool'].map((op) => [op, 1] as const),
  ['Concat', Number.POSITIVE_INFINITY],
]);

/** A tensor of quantised numbers, by what it stands for. */
interface Quantised {
  /** Equal where scales, zero points and type are. */
  readonly key: string;
  readonly sources: ReadonlySet<Node>;
}

class Smoothing {
  readonly #network: Network;
  readonly #quantisers: readonly Node[];
  readonly #consumers = new Map<string, Node[]>();

  constructor(network: Network, quantisers: readonly Node[]) {
    this.#network = network;
    this.#quantisers = quantisers;
    for (const node of network.nodes)
      for (const name of new Set(readBy(node))) this.#consumers.set(name, [...(this.#consumers.get(name) ?? []), node]);
  }

  result(): Unquantised {
    let chosen = new Set(this.#quantisers);
    for (;;) {
      const quantised = this.#carried(chosen);
      const spoilt = new Set(
        [...quantised].flatMap(([name, { sources }]) => (this.#isUnderstood(name, quantised) ? [] : [...sources])),
      );
      for (const node of chosen) if (!quantised.has(node.outputs[0]!)) spoilt.add(node);
      if (spoilt.size === 0) return this.#rewritten(chosen, quantised);
      chosen = new Set([...chosen].filter((node) => !spoilt.has(node)));
    }
  }

  /** All tensors that hold numbers of these nodes and nothing else. */
  #carried(chosen: ReadonlySet<Node>): ReadonlyMap<string, Quantised> {
    const quantised = new Map<string, Quantised>();
    for (const node of this.#network.nodes) {
      if (chosen.has(node)) {
        const key = this.#keyOf(node);
        if (key !== undefined) quantised.set(node.outputs[0]!, { key, sources: new Set([node]) });
        continue;
      }
      const data = node.inputs.slice(0, dataInputs(node));
      const parts = data.map((name) => quantised.get(name));
      const [first] = parts;
      // What has a scale for each index of an axis belongs to that axis, and must not be moved.
      if (first === undefined || first.key.startsWith('each') || parts.some((part) => part?.key !== first.key))
        continue;
      const sources = new Set(parts.flatMap((part) => [...part!.sources]));
      // The second output of a MaxPool is no data.
      const outputs = node.op === 'Split' ? node.outputs : node.outputs.slice(0, 1);
      for (const name of outputs) if (name !== '') quantised.set(name, { key: first.key, sources });
    }
    return quantised;
  }

  #keyOf(node: Node): string | undefined {
    if (node.op === 'DynamicQuantizeLinear') return `dynamic ${node.id}`;
    return this.#network.constants.has(node.inputs[0]!) ? undefined : keyOf(this.#gridOf(node), node);
  }

  /** Read only where it is taken back, with the same scale, or carried on. */
  #isUnderstood(name: string, quantised: ReadonlyMap<string, Quantised>): boolean {
    const { key, sources } = quantised.get(name)!;
    const shown = [name, ...[...sources].flatMap(({ outputs }) => outputs)];
    if (this.#network.outputs.some((output) => shown.includes(output.name))) return false;
    const users = this.#consumers.get(name) ?? [];
    if (users.some((node) => !this.#takesBack(node, name, key) && !quantised.has(node.outputs[0]!))) return false;
    const [source] = sources;
    if (source?.op !== 'DynamicQuantizeLinear') return true;
    const zeroPoint = source.outputs[2] ?? '';
    return (this.#consumers.get(zeroPoint) ?? []).every((node) => this.#takesBack(node, name, key));
  }

  #takesBack(node: Node, name: string, key: string): boolean {
    if (node.op !== 'DequantizeLinear' || node.inputs[0] !== name) return false;
    if (!key.startsWith('dynamic ')) return keyOf(this.#gridOf(node), node) === key;
    const [, scale = '', zeroPoint = ''] = node.inputs;
    const made = this.#network.nodes.find(({ op, id }) => op === 'DynamicQuantizeLinear' && key === `dynamic ${id}`)!;
    return zeroPoint === made.outputs[2] && (scale === made.outputs[1] || this.#isOneNumber(scale));
  }

  #isOneNumber(name: string): boolean {
    const tensor = this.#network.constants.get(name);
    return tensor !== undefined && elementCount(tensor.shape) === 1;
  }

  #gridOf(node: Node): Grid | undefined {
    const facts = factsOf(this.#network, node);
    if (facts.input(0) === undefined) return undefined;
    return gridOf(facts, node.op === 'QuantizeLinear' ? quantisedType(facts) : facts.input(0)!.type);
  }

  #rewritten(chosen: ReadonlySet<Node>, quantised: ReadonlyMap<string, Quantised>): Unquantised {
    const kept = this.#quantisers.filter((node) => !chosen.has(node)).map(({ id }) => id);
    if (chosen.size === 0) return { network: this.#network, smoothed: 0, kept };
    const constants = new Map(this.#network.constants);
    const nodes = this.#network.nodes.flatMap((node): Node[] => {
      if (chosen.has(node))
        return node.op === 'QuantizeLinear' ? this.#limited(node, constants) : this.#passedOn(node, constants);
      const taken = quantised.get(node.inputs[0]!);
      if (taken === undefined || node.op !== 'DequantizeLinear') return [node];
      // A dynamic scale was made 1, so the factor that is left is the one that the node has of its own.
      const [, scale = ''] = node.inputs;
      const own = taken.key.startsWith('dynamic ') && this.#network.constants.has(scale);
      return [
        own
          ? { ...nodeOf('Mul', node.id, [node.inputs[0]!, scale], node.outputs), origin: node.origin }
          : { ...identity(node.id, node.inputs[0]!, node.outputs[0]!), origin: node.origin },
      ];
    });
    // Their types are those of the real tensors now, which the next walk finds.
    const types = new Map([...this.#network.types].filter(([name]) => !quantised.has(name)));
    return { network: { ...this.#network, nodes, constants, types }, smoothed: chosen.size, kept };
  }

  /** Limited to what the quantised numbers stand for. */
  #limited(node: Node, constants: Map<string, Tensor>): Node[] {
    const facts = factsOf(this.#network, node);
    const grid = this.#gridOf(node)!;
    const { type, shape } = facts.input(0)!;
    const [x] = node.inputs as [string];
    const limit = (side: 0 | 1): readonly number[] =>
      Array.from(grid.scales, (scale, k) => (grid.limits[side] - grid.zeroPoints[k]!) * scale);
    const [low, high] = [limit(0), limit(1)];
    const result = node.outputs[0]!;
    if (grid.scales.length === 1 && this.#network.opset < 11) {
      const attributes = { min: { kind: 'float', value: low[0]! }, max: { kind: 'float', value: high[0]! } } as const;
      return [{ ...nodeOf('Clip', node.id, [x], [result], attributes), origin: node.origin }];
    }
    const across = grid.scales.length === 1 ? [] : shapeOfLimits(node, grid, shape);
    const constant = (side: string, numbers: readonly number[]): string => {
      const name = `${node.id}/${side}`;
      const spread =
        across.length === shape.length && elementCount(across) !== numbers.length
          ? Array.from(grid.index, (k) => numbers[k]!)
          : numbers;
      constants.set(name, tensorOfNumbers(name, across, spread, precisionOf(type)));
      return name;
    };
    const [least, most] = [constant('least', low), constant('most', high)];
    if (grid.scales.length === 1)
      return [{ ...nodeOf('Clip', node.id, [x, least, most], [result]), origin: node.origin }];
    return [
      { ...nodeOf('Max', `${node.id}/least value`, [x, least], [`${node.id}/limited`]), origin: node.origin },
      { ...nodeOf('Min', node.id, [`${node.id}/limited`, most], [result]), origin: node.origin },
    ];
  }

  /** Quantised by its own range, a tensor is limited by nothing: it stands for itself, with the scale 1. */
  #passedOn(node: Node, constants: Map<string, Tensor>): Node[] {
    const [result = '', scale = ''] = node.outputs;
    if (scale !== '') constants.set(scale, tensorOfNumbers(scale, [], [1], 'float32'));
    return [{ ...identity(node.id, node.inputs[0]!, result), origin: node.origin }];
  }
}

const dataInputs = ({ op, domain }: Node): number => (domain === '' ? (carriers.get(op) ?? 0) : 0);

const precisionOf = (type: ElementType): 'float32' | 'float64' => (type === 'float64' ? 'float64' : 'float32');

/** What the numbers stand for, as a text that is equal where they are. A scale that is not positive stands for nothing. */
function keyOf(grid: Grid | undefined, node: Node): string | undefined {
  if (
    grid === undefined ||
    !grid.scales.every((scale) => scale > 0 && Number.isFinite(scale)) ||
    !Number.isFinite(grid.limits[0])
  )
    return undefined;
  const { scales, zeroPoints, type, shape } = grid;
  const each =
    scales.length === 1
      ? 'all'
      : `each ${shape.join('x')} ${integer(node, 'axis', 1)} ${integer(node, 'block_size', 0)}`;
  return `${each} ${type} ${scales.join(' ')} ${zeroPoints.join(' ')}`;
}

/** The shape in which one number per index of an axis broadcasts; blocks are written out in full. */
function shapeOfLimits(node: Node, grid: Grid, shape: Shape): Shape {
  if (grid.shape.length !== 1) return shape;
  const axis = positiveAxis(integer(node, 'axis', 1), shape.length);
  return shape.map((size, a) => (a === axis ? size : 1));
}
