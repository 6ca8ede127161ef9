import type { Network, Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { functionOf } from '../../operators/activations.ts';
import { exactly } from '../../operators/enclosure.ts';
import { factsOf } from '../../operators/facts.ts';
import { everything } from '../../operators/half-open.ts';
import { above } from '../../rounding.ts';
import type { LightRule, NodeConstant } from '../composition/product.ts';
import { encloseNode, type Enclosures } from '../ranges/enclose-network.ts';
import type { Bend, ParameterStep } from './by-parameters.ts';
import { largestLength } from './family-ranges.ts';
import type { NonlinearNode } from './graph.ts';
import type { Finite } from './problem.ts';

/** A layer's parameters as Algorithm 1 sees them: its weights and biases together have this norm at most. */
export interface LayerParameters {
  readonly radius: number;
  /** Norm of the layer for weights of norm 1. */
  readonly bilinear: number;
  /** How often a bias is added, to the power of one half; 0 without one. */
  readonly linear: number;
}

/** What is known of a network whatever its parameters are: no ranges, which are those of the weights in the file. */
export interface FreeGraph {
  readonly network: Network;
  readonly input: string;
  readonly output: string;
  readonly rules: ReadonlyMap<string, LightRule>;
  readonly nonlinear: readonly NonlinearNode[];
  readonly constantOf: NodeConstant;
  /** By node id. */
  readonly parameters: ReadonlyMap<string, LayerParameters>;
}

/** The steps of a network up to its output, which is the last of them. */
export function parameterSteps(graph: FreeGraph): readonly ParameterStep[] {
  const { network, input, output } = graph;
  const steps: ParameterStep[] = [{ kind: 'input' }];
  const at = new Map<string, number>([[input, 0]]);
  const bends = new Map(graph.nonlinear.map((one) => [one.node, one]));
  const shared = sharedWeights(graph);
  for (const node of network.nodes) {
    const sources = node.inputs.map((name) => at.get(name));
    if (sources.every((source) => source === undefined)) continue;
    const step = shared.has(node.id)
      ? ({ kind: 'unknown', reason: `"${node.id}" shares its weights with another layer` } as const)
      : stepOf(graph, node, bends.get(node), sources);
    steps.push(step);
    for (const [index, name] of node.outputs.entries())
      if (name !== '' && (index === 0 || graph.rules.get(node.id)?.kind === 'affine')) at.set(name, steps.length - 1);
    if (node.outputs.includes(output)) break;
  }
  return steps;
}

function stepOf(
  { network, rules, constantOf, parameters }: FreeGraph,
  node: Node,
  bends: NonlinearNode | undefined,
  sources: readonly (number | undefined)[],
): ParameterStep {
  const rule = rules.get(node.id);
  const own = parameters.get(node.id);
  const unknown = (reason: string): ParameterStep => ({
    kind: 'unknown',
    reason: `${node.op} "${node.id}": ${reason}`,
  });
  if (rule === undefined || rule.kind === 'constant') return unknown('it has no rule');
  if (rule.kind === 'unbounded' || rule.kind === 'unsupported') return unknown(rule.reason);
  const from = (rule.kind === 'join' ? rule.inputs : [rule.input]).flatMap((index) => sources[index] ?? []);
  if (own !== undefined) return { kind: 'parameters', from: from[0]!, id: node.id, ...own };
  const bend = bends === undefined ? ({ kind: 'straight' } as const) : bendOf(bends);
  if (typeof bend === 'string') return unknown(bend);
  const joined = rule.kind === 'join' ? howJoined(node, rule) : ({ factors: [1], joined: 'sum' } as const);
  if (joined === undefined) return unknown('it multiplies what depends on parameters');
  const [atZero, most] = [lengthWhere(network, node, 'zero'), lengthWhere(network, node, 'anything')];
  const lipschitz = rule.kind === 'join' ? 1 : constantOf(node.id);
  if (atZero === null || !Number.isFinite(lipschitz)) return unknown('its size has no bound');
  return { kind: 'fixed', from, id: node.id, ...joined, lipschitz, atZero, most, slopeAtZero: slopeAtZero(network, node, bends), bend }; // prettier-ignore
}

const stacked: ReadonlySet<string> = new Set(['Concat', 'Max', 'Min']);
const added: ReadonlySet<string> = new Set(['Add', 'Sub', 'Sum', 'Mean']);

/** Of one input, or of several that are joined without being multiplied by each other. */
function howJoined(
  { op }: Node,
  rule: LightRule & { readonly kind: 'join' },
): Pick<ParameterStep & { readonly kind: 'fixed' }, 'factors' | 'joined'> | undefined {
  const factors = rule.inputs.map((_, k) =>
    rule.combine(
      'l2',
      rule.inputs.map((__, j) => (j === k ? 1 : 0)),
    ),
  );
  if (stacked.has(op)) return { factors, joined: 'stack' };
  return factors.length === 1 || added.has(op) ? { factors, joined: 'sum' } : undefined;
}

function bendOf({ node, smoothing, curvature, unknown }: NonlinearNode): Bend | string {
  if (smoothing !== undefined) {
    const { accuracy, curvature: factor, smooth } = smoothing;
    return { kind: 'kinks', layer: node.id, curvature: factor, smooth, accuracy };
  }
  return curvature === undefined
    ? (unknown ?? 'it is not smooth')
    : { kind: 'smooth', constant: curvature(node.inputs.map(() => 1)) };
}

/** The length of a node's output where its inputs are 0, or the largest anywhere. */
function lengthWhere(network: Network, node: Node, inputs: 'zero' | 'anything'): Finite {
  const boxes: Enclosures = new Map(
    node.inputs.flatMap((name) => {
      const shape = network.types.get(name)?.shape;
      if (shape === undefined || network.constants.has(name)) return [];
      const box = inputs === 'zero' ? exactly(shape, new Float64Array(elementCount(shape))) : everything(shape);
      return [[name, box]];
    }),
  );
  return largestLength(encloseNode(network, node, boxes)[0]) ?? null;
}

/** Of a layer that applies one function to every unit: how fast it rises at 0. */
function slopeAtZero(network: Network, node: Node, bends: NonlinearNode | undefined): Finite {
  const own = functionOf(factsOf(network, node));
  if (bends === undefined || own === undefined) return null;
  if (bends.smoothing !== undefined) {
    // Ramps that start at 0 have the slope of the left side there.
    const [corner, ...others] = bends.smoothing.profiles ?? [];
    if (corner?.kind !== 'corner' || others.length > 0 || corner.at !== 0 || corner.start !== 0) return null;
    if (corner.hinges.some(({ direction }) => direction === -1)) return null;
  }
  return above(Math.abs(own.derivative(0, 'left')) * (1 + 1e-12));
}

/** Layers that read the same constants are not free of each other. */
function sharedWeights({ network, parameters }: FreeGraph): ReadonlySet<string> {
  const readers = new Map<string, string[]>();
  for (const { id, inputs } of network.nodes)
    if (parameters.has(id))
      for (const name of inputs) if (network.constants.has(name)) readers.set(name, [...(readers.get(name) ?? []), id]);
  return new Set([...readers.values()].filter((ids) => ids.length > 1).flat());
}
