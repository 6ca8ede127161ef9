import type { Norm } from '../../bound.ts';
import type { Network, Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import { above, below } from '../../rounding.ts';
import type { LightRule } from '../composition/product.ts';

export interface CouplingQuestion {
  readonly network: Network;
  readonly rules: ReadonlyMap<string, LightRule>;
  /** The tensor that all branches come from, and the concatenation that they end in. */
  readonly entry: string;
  readonly concat: Node;
  readonly norm: Norm;
  /** Upper ends of constants with respect to the entry. */
  readonly constantOf: (tensor: string) => number;
}

/**
 * How far an additive coupling layer (Dinh et al., NICE, 2015) keeps points apart: a part a of the input passes as it is, the rest b becomes b + g(a). Its inverse takes g(a) off again, and so makes nothing
 * longer than [1 0; L 1] does, L the constant of g: 1 + L in l1 and l-infinity, (L + sqrt(L^2 + 4)) / 2 in l2. Undefined where the concatenation is no such layer.
 */
export function couplingStretch(question: CouplingQuestion): number | undefined {
  const { network, entry, concat, norm, constantOf } = question;
  const size = elementCount(network.types.get(entry)?.shape ?? [0]);
  const chosen = new Selections(question, size);
  const parts = concat.inputs.map((name) => partOf(question, chosen, name));
  if (!parts.every((part) => part !== undefined)) return undefined;
  const passed = new Set(parts.flatMap(({ elements, added }) => (added === undefined ? [...elements] : [])));
  // Together all elements, each once.
  const all = parts.flatMap(({ elements }) => [...elements]);
  if (all.length !== size || new Set(all).size !== size || all.includes(none)) return undefined;
  const added = parts.flatMap((part) => (part.added === undefined ? [] : [part.added]));
  const touched = touchedBeyond(question, chosen, passed);
  if (added.some(({ name }) => touched.has(name))) return undefined;
  const most = lengthAbove(
    added.map(({ name, factor }) => above(Math.abs(factor) * constantOf(name))),
    norm,
  );
  const inverse =
    norm === 'l2' ? above(above(most + above(Math.sqrt(above(above(most * most) + 4)))) / 2) : above(1 + most);
  return Number.isFinite(inverse) ? below(1 / inverse) : undefined;
}

const none = -1;

interface Part {
  /** Of the entry, for each element of the part. */
  readonly elements: Int32Array;
  /** What is added to them. */
  readonly added?: { readonly name: string; readonly factor: number };
}

function partOf({ network, rules }: CouplingQuestion, chosen: Selections, name: string): Part | undefined {
  const own = chosen.of(name);
  if (own !== undefined) return { elements: own };
  const node = network.nodes.find(({ outputs }) => outputs[0] === name);
  const rule = node && rules.get(node.id);
  const joined = rule?.kind === 'join' ? rule.exactly?.() : undefined;
  if (
    node === undefined ||
    rule?.kind !== 'join' ||
    node.op === 'Concat' ||
    joined?.kind !== 'sum' ||
    joined.images.length !== 2
  )
    return undefined;
  const summands = joined.images.map(({ factor, map }, k) => ({
    name: node.inputs[rule.inputs[k]!]!,
    factor,
    plain: map.rows === map.columns && map.structure.kind === 'selection' && map.structure.largestCopies === 1,
  }));
  if (!summands.every(({ plain }) => plain)) return undefined;
  const at = summands.findIndex((one) => one.factor === 1 && chosen.of(one.name) !== undefined);
  const elements = at < 0 ? undefined : chosen.of(summands[at]!.name);
  return elements && { elements, added: summands[1 - at]! };
}

/** Tensors that are elements of the entry, moved about and nothing else. */
class Selections {
  readonly #known = new Map<string, Int32Array>();

  constructor({ network, rules, entry }: CouplingQuestion, size: number) {
    this.#known.set(
      entry,
      Int32Array.from({ length: size }, (_, i) => i),
    );
    for (const node of network.nodes) {
      const light = rules.get(node.id);
      const before = light?.kind === 'affine' ? this.#known.get(node.inputs[light.input]!) : undefined;
      if (before === undefined) continue;
      const rule = ruleOf(network, node);
      if (rule.kind !== 'affine' || (rule.offset !== undefined && node.outputs.length === 1)) continue;
      for (const [index, name] of node.outputs.entries()) {
        const map = rule.parts === undefined ? rule.map : rule.parts(index);
        if (name === '' || map.structure.kind !== 'selection') continue;
        // Elements are numbered from 1, so that 0 is what none of them comes to.
        const places = map.apply(Float64Array.from(before, (_, i) => i + 1));
        this.#known.set(
          name,
          Int32Array.from(places, (place) => (place > 0 ? before[place - 1]! : none)),
        );
      }
    }
  }

  of(name: string): Int32Array | undefined {
    return this.#known.get(name);
  }
}

/** Tensors that may see more of the entry than its elements that pass. */
function touchedBeyond(
  { network, entry }: CouplingQuestion,
  chosen: Selections,
  passed: ReadonlySet<number>,
): Set<string> {
  const touched = new Set([entry]);
  for (const { inputs, outputs } of network.nodes) {
    if (!inputs.some((name) => touched.has(name))) continue;
    for (const name of outputs) {
      const elements = chosen.of(name);
      if (elements === undefined || !elements.every((element) => passed.has(element))) touched.add(name);
    }
  }
  return touched;
}

/** Above the length of numbers of at most these sizes. */
function lengthAbove(sizes: readonly number[], norm: Norm): number {
  if (norm === 'linf') return Math.max(0, ...sizes);
  if (norm === 'l1') return sizes.reduce((sum, own) => above(sum + own), 0);
  return above(Math.sqrt(sizes.reduce((sum, own) => above(sum + above(own * own)), 0)));
}
