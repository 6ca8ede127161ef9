import type { Norm } from '../bound.ts';
import type { Network, Node } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { copyGain } from '../operators/broadcast.ts';
import type { LipschitzRule, Slopes } from '../operators/definition.ts';
import { factsOf } from '../operators/facts.ts';
import { operatorOf } from '../operators/index.ts';
import type { LinearMap } from '../operators/linear-map.ts';
import { ruleOf } from '../operators/rule-of.ts';
import type { LightRule } from '../estimators/composition/product.ts';
import { rangesOf, type Enclosures } from '../estimators/ranges/enclose-network.ts';
import type { PreparedNetwork } from '../passes/prepare.ts';
import type { LayerEntry, LayerNorm } from '../report/inspection.ts';
import { above, below } from '../rounding.ts';
import { identityOf } from './layer-names.ts';

export interface AnalysedNode {
  readonly node: Node;
  readonly rule: LightRule;
  /** Constants that need no estimator: closed forms, re-arrangements. */
  readonly closed: Partial<Readonly<Record<Norm, LayerNorm>>>;
  /** The same without looking at the values that can arrive. */
  readonly everywhere: Partial<Readonly<Record<Norm, LayerNorm>>>;
  /** Multiplications that applying it takes. */
  readonly products: number;
}

/** The rules of all nodes that depend on the input, in order. */
export function analyse(network: Network, boxes: Enclosures | undefined): AnalysedNode[] {
  const reached = new Set(network.inputs.map(({ name }) => name));
  const nodes = network.nodes.flatMap((node): AnalysedNode[] => {
    if (!node.inputs.some((name) => reached.has(name))) return [];
    for (const name of node.outputs) reached.add(name);
    const rule = ruleOf(network, node);
    const products = rule.kind === 'affine' ? rule.map.rows * rule.map.terms : 0;
    const closed = closedForms(rule);
    return [{ node, rule: light(rule), closed, everywhere: closed, products }];
  });
  return boxes === undefined ? nodes : withRanges(network, nodes, boxes);
}

/** The rules once more, now that it is known what values can arrive. Affine ones do not ask. */
export const withRanges = (network: Network, nodes: readonly AnalysedNode[], boxes: Enclosures): AnalysedNode[] =>
  nodes.map((known) => {
    const ranges = known.rule.kind === 'affine' ? undefined : rangesOf(network, known.node, boxes);
    if (ranges === undefined) return known;
    const rule = ruleOf(network, known.node, ranges);
    return { ...known, rule: light(rule), closed: closedForms(rule) };
  });

/** Multiplications of a node, by id. */
export function productsOf(nodes: readonly AnalysedNode[]): (id: string) => number {
  const products = new Map(nodes.map((known) => [known.node.id, known.products]));
  return (id) => products.get(id) ?? 0;
}

const light = (rule: LipschitzRule): LightRule =>
  rule.kind === 'affine' ? { kind: 'affine', input: rule.input } : rule;

/** The full rule of an affine node, weights included; to be dropped after use. */
export const affineRule = (network: Network, node: Node): Extract<LipschitzRule, { kind: 'affine' }> | undefined => {
  const rule = ruleOf(network, node);
  return rule.kind === 'affine' ? rule : undefined;
};

const exact = (value: number, method: string): LayerNorm => ({
  lower: value,
  upper: value,
  rigor: 'certified',
  method,
});

function closedForms(rule: LipschitzRule): Partial<Record<Norm, LayerNorm>> {
  switch (rule.kind) {
    case 'elementwise': {
      const norm = slopeNorm(rule.slopes);
      return { l1: norm, l2: norm, linf: norm };
    }
    case 'gain': {
      const { l1, l2, linf } = rule.gains;
      return {
        l1: { ...l1, rigor: 'certified' },
        l2: { ...l2, rigor: 'certified' },
        linf: { ...linf, rigor: 'certified' },
      };
    }
    case 'unbounded': {
      const none: LayerNorm = { lower: 0, upper: null, rigor: 'certified', method: 'none', reason: rule.reason };
      return { l1: none, l2: none, linf: none };
    }
    case 'affine':
      return closedAffine(rule.map);
    case 'unsupported':
    case 'join':
    case 'constant':
      return {};
  }
}

/** Copies of elements, and elements each with its own factor, have the same closed form in every norm but for the copies. */
function closedAffine({ structure, entryError }: LinearMap): Partial<Record<Norm, LayerNorm>> {
  if (structure.kind === 'selection') {
    const of = (norm: Norm): LayerNorm => exact(copyGain(norm, structure.largestCopies), 'closed form');
    return { l1: of('l1'), l2: of('l2'), linf: of('linf') };
  }
  if (structure.kind !== 'diagonal') return {};
  const largest = structure.entries.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  const norm: LayerNorm = {
    lower: entryError === 0 ? largest : Math.max(0, below(largest * (1 - entryError))),
    upper: entryError === 0 ? largest : above(largest * (1 + entryError)),
    rigor: 'certified',
    method: 'largest-entry',
  };
  return { l1: norm, l2: norm, linf: norm };
}

/** The largest slope. It is attained in the limit on the whole line; on a region the bound need not be. */
function slopeNorm(slopes: Slopes): LayerNorm {
  if (slopes.kind === 'same') {
    const value = Math.max(Math.abs(slopes.lower), Math.abs(slopes.upper));
    // Slopes that had to be computed are rounded outward in the eleventh digit.
    return {
      lower: Number.isInteger(value * 8) ? value : value * (1 - 1e-9),
      upper: value,
      rigor: 'certified',
      method: 'slope',
    };
  }
  const upper = slopes.upper.reduce((most, high, i) => Math.max(most, Math.abs(high), Math.abs(slopes.lower[i]!)), 0);
  return { lower: 0, upper, rigor: 'certified', method: 'slope on its range' };
}

/** The table's rows before anything is computed. */
export const layerEntries = (prepared: PreparedNetwork, nodes: readonly AnalysedNode[]): LayerEntry[] =>
  distinguished(unnumbered(prepared, nodes));

/** Two functional activations of one module share its name: the ends of their ids tell them apart. */
function distinguished(layers: readonly LayerEntry[]): LayerEntry[] {
  const uses = new Map<string, number>();
  for (const { name } of layers) uses.set(name, (uses.get(name) ?? 0) + 1);
  return layers.map((layer) =>
    uses.get(layer.name) === 1 || layer.name === layer.id
      ? layer
      : { ...layer, name: `${layer.name}/${layer.id.split('/').at(-1)!}` },
  );
}

function unnumbered(prepared: PreparedNetwork, nodes: readonly AnalysedNode[]): LayerEntry[] {
  const { analysed, runnable, folded } = prepared;
  const byId = new Map(runnable.nodes.map((node) => [node.id, node]));
  const shownElsewhere = new Set([...folded.values()].flat());
  return nodes.flatMap(({ node, closed }) => {
    const kind = kindOf(analysed, node);
    if (kind === null || kind === 'join' || shownElsewhere.has(node.id)) return [];
    const parts = [node.id, ...(folded.get(node.id) ?? [])].flatMap((id) => byId.get(id) ?? []);
    const { name, hints, source } = identityOf(node, runnable, parts);
    const foldedIds = folded.get(node.id);
    return [
      {
        id: node.id,
        name,
        op: node.op,
        kind,
        ...(node.outputs[0] === undefined ? {} : { tensor: node.outputs[0] }),
        inputShape: shapeOf(
          analysed,
          node.inputs.find((input) => !analysed.constants.has(input)),
        ),
        outputShape: shapeOf(analysed, node.outputs[0]),
        parameters: parametersOf(runnable, parts),
        norms: closed,
        share: null,
        ...(foldedIds === undefined ? {} : { folded: foldedIds }),
        ...(source === undefined ? {} : { source }),
        ...(Object.keys(hints).length === 0 ? {} : { hints }),
      },
    ];
  });
}

function kindOf(network: Network, node: Node): string | null {
  const definition = operatorOf(node);
  return definition === undefined ? 'other' : definition.kind(factsOf(network, node));
}

const shapeOf = (network: Network, name: string | undefined): Shape =>
  name === undefined ? [] : (network.types.get(name)?.shape ?? []);

function parametersOf(network: Network, parts: readonly Node[]): number {
  const names = new Set(parts.flatMap(({ inputs }) => inputs));
  return [...names].reduce((count, name) => {
    const tensor = network.constants.get(name);
    return count + (tensor === undefined || tensor.type.startsWith('int') ? 0 : elementCount(tensor.shape));
  }, 0);
}
