import type { BlockBounds, LightRule, NodeConstant } from '../composition/product.ts';
import { constantsFrom } from '../composition/product.ts';
import { rangesOf, type Enclosures } from '../ranges/enclose-network.ts';
import type { Network, Node } from '../../network/network.ts';
import { curvatureOf } from '../../operators/curvatures/index.ts';
import type { Curvature } from '../../operators/curvatures/curvature.ts';
import type { Ranges } from '../../operators/definition.ts';
import { factsOf } from '../../operators/facts.ts';
import { smoothingOf } from '../../operators/smoothings/index.ts';
import type { Smoothing, SmoothingVariant } from '../../operators/smoothings/smoothing.ts';
import { above } from '../../rounding.ts';
import { UserError } from '../../sentence.ts';
import type { Finite, Seen, SmoothingConstants } from './problem.ts';
import type { SingleUnits } from './single-units.ts';

/** A node that is not linear in what moves. */
export interface NonlinearNode {
  readonly node: Node;
  readonly rule: LightRule;
  /** Of a node with kinks. */
  readonly smoothing?: Smoothing;
  /** Of one that is smooth; absent where nothing is known, with the reason. */
  readonly curvature?: Curvature;
  readonly unknown?: string;
}

/** What a smoothing is computed from: rules that hold for the network and for every smoothed one, with the constants of its nodes. */
export interface SmoothingGraph {
  readonly network: Network;
  readonly input: string;
  readonly output: string;
  readonly rules: ReadonlyMap<string, LightRule>;
  readonly nonlinear: readonly NonlinearNode[];
}

/** The nodes that bend, those with kinks and those that are smooth already, in order. */
export function nonlinearNodes(
  network: Network,
  nodes: readonly { readonly node: Node; readonly rule: LightRule }[],
  variant: SmoothingVariant,
  boxes: Enclosures | undefined,
): NonlinearNode[] {
  const used = new Set([...network.nodes.flatMap(({ inputs }) => inputs), ...network.outputs.map(({ name }) => name)]);
  return nodes.flatMap(({ node, rule }): NonlinearNode[] => {
    if (rule.kind === 'affine' || rule.kind === 'constant') return [];
    if (rule.kind === 'unsupported') return [{ node, rule, unknown: rule.reason }];
    if (node.outputs.slice(1).some((name) => used.has(name)))
      return [{ node, rule, unknown: 'of its outputs only the first is understood' }];
    const smoothing = smoothingAt(network, node, variant, boxes);
    if (typeof smoothing === 'string') return [{ node, rule, unknown: smoothing }];
    if (smoothing !== undefined) return [{ node, rule, smoothing }];
    const curvature = inWords(() => curvatureOf(factsOf(network, node), rangesAt(network, node, boxes)));
    // What is linear once it is decided, and is not decided, jumps.
    if (typeof curvature === 'function' && rule.kind === 'unbounded' && isFlat(node, curvature))
      return [{ node, rule, unknown: rule.reason }];
    if (typeof curvature === 'function') return isFlat(node, curvature) ? [] : [{ node, rule, curvature }];
    // A kink that nothing comes to, or an operator that is linear piece by piece and has one piece here.
    if (curvature === undefined && smoothingOf(node) !== undefined) return [];
    return [{ node, rule, unknown: curvature ?? `how fast the slopes of ${node.op} change is not known` }];
  });
}

/** What a layer with kinks becomes where its inputs are in these boxes; in words where that is nothing. */
export const smoothingAt = (
  network: Network,
  node: Node,
  variant: SmoothingVariant,
  boxes: Enclosures | undefined,
): Smoothing | string | undefined =>
  inWords(() => smoothingOf(node)?.(factsOf(network, node), variant, rangesAt(network, node, boxes)));

const rangesAt = (network: Network, node: Node, boxes: Enclosures | undefined): Ranges | undefined =>
  boxes === undefined ? undefined : rangesOf(network, node, boxes);

const isFlat = ({ inputs }: Node, curvature: Curvature): boolean => curvature(inputs.map(() => 1)) === 0;

function inWords<T>(ask: () => T): T | string {
  try {
    return ask();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** All constants that the closed forms need, by the given constants of nodes and of parts of the network. */
export function smoothingConstants(
  { network, input, output, rules, nonlinear }: SmoothingGraph,
  constantOf: NodeConstant,
  blocks: BlockBounds,
  units: ReadonlyMap<string, SingleUnits>,
): SmoothingConstants {
  const from = (tensor: string): ReadonlyMap<string, number> =>
    constantsFrom(network, tensor, 'l2', rules, constantOf, blocks);
  const fromInput = from(input);
  const onto = nonlinear.map((): Finite[] => []);
  const downstream = nonlinear.map(({ node }, s): Finite => {
    const reached = from(node.outputs[0]!);
    for (let t = s; t < nonlinear.length; t++) onto[t]!.push(finite(reached.get(nonlinear[t]!.node.outputs[0]!) ?? 0));
    return finite(reached.get(output) ?? 0);
  });
  const arriving = nonlinear.map(({ node, rule }) => {
    const constants = node.inputs.map((name) => fromInput.get(name) ?? 0);
    return { constants, together: arrivingAt(rule, constants) };
  });
  return {
    arriving: arriving.map(({ together }) => finite(together)),
    lipschitz: nonlinear.map(({ node }) => finite(fromInput.get(node.outputs[0]!) ?? 0)),
    fixed: nonlinear.map(({ smoothing, curvature }, t) => {
      const { constants, together } = arriving[t]!;
      if (smoothing !== undefined)
        return smoothing.smooth === 0 ? 0 : finite(above(smoothing.smooth * above(together * together)));
      return curvature === undefined ? null : finite(above(curvature(constants) * (1 + 1e-15)));
    }),
    onto,
    downstream,
    seen: nonlinear.map(({ node, smoothing }, t) => {
      const own = units.get(node.id);
      return own === undefined ? all : seen(own, smoothing?.accuracy, downstream[t]!, arriving[t]!.together);
    }),
    output: finite(fromInput.get(output) ?? 0),
  };

  /** By what is known of the single units, or all. */
  function seen(
    { after, moves, bends }: SingleUnits,
    accuracy: number | undefined,
    downstream: Finite,
    arriving: number,
  ): Seen {
    const behind = from(after).get(output) ?? 0;
    const own = bends?.before === undefined ? undefined : fromInput.get(bends.before.tensor);
    const bending = Math.min(
      bends === undefined ? Number.POSITIVE_INFINITY : bends.loudest * arriving ** 2,
      bends?.before === undefined || own === undefined ? Number.POSITIVE_INFINITY : (bends.before.norm * own) ** 2,
    );
    return {
      move: moves === undefined ? 1 : part(behind * moves, (downstream ?? Number.POSITIVE_INFINITY) * (accuracy ?? 0)),
      bend: part(behind * bending, (downstream ?? Number.POSITIVE_INFINITY) * arriving ** 2),
    };
  }
}

const all: Seen = { move: 1, bend: 1 };

/** At most 1; also where one of both is not finite, or the whole is nothing. */
function part(less: number, whole: number): number {
  const share = above((less / whole) * (1 + 1e-15));
  return share < 1 && whole > 0 && Number.isFinite(whole) ? share : 1;
}

/** What arrives at a layer, all inputs that move together. */
function arrivingAt(rule: LightRule, constants: readonly number[]): number {
  if (rule.kind === 'join')
    return rule.combine(
      'l2',
      rule.inputs.map((index) => constants[index] ?? 0),
    );
  return 'input' in rule ? (constants[rule.input] ?? 0) : Number.POSITIVE_INFINITY;
}

const finite = (value: number): Finite => (Number.isFinite(value) ? value : null);
