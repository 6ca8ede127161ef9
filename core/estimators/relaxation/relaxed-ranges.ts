import type { Work } from '../../compute/work.ts';
import type { Network, Node } from '../../network/network.ts';
import type { Enclosure } from '../../operators/enclosure.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import type { Region } from '../../region.ts';
import type { LightRule } from '../composition/product.ts';
import { encloseNode, rangesOf, type Enclosures } from '../ranges/enclose-network.ts';
import type { RuledNode } from '../ranges/ranges-on.ts';
import { rangesOfElements } from './backward.ts';
import { highestOn, type Highest } from './concretise.ts';
import { valueSteps, type ValueStep } from './value-step.ts';

/** Multiplications for all rows that are pulled back: some seconds. */
const mostProducts = 4e9;
/** Numbers beyond this could make what underflows count. */
const largestNumber = 2 ** 100;

/**
 * Where every tensor stays while the input stays in the region: intervals, and before every nonlinear operator the elements that it depends on also by linear relaxation
 * back to the input, the narrower of both; what follows starts from there. It does not look at the clock, so that who verifies finds the same.
 */
export async function relaxedRanges(
  network: Network,
  input: string,
  region: Region,
  nodes: readonly RuledNode[],
  intervals: Enclosures,
  work: Work,
): Promise<Enclosures | undefined> {
  return region.kind === 'all' ? undefined : narrowedRanges(network, input, highestOn(region), nodes, intervals, work);
}

/** The same where nothing but the largest values of linear functions, and the intervals, are known of the region. */
export async function narrowedRanges(
  network: Network,
  input: string,
  highest: Highest,
  nodes: readonly RuledNode[],
  intervals: Enclosures,
  work: Work,
): Promise<Enclosures | undefined> {
  const start = intervals.get(input);
  if (start === undefined) return undefined;
  // One row must be cheap, or there will be too few to matter.
  if (nodes.reduce((sum, { products }) => sum + products, 0) > mostProducts / 20) return undefined;
  const search = new Search(network, input, highest, start);
  const byNode = new Map(nodes.map((known) => [known.node, known]));
  for (const node of network.nodes) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) return undefined;
    const known = byNode.get(node);
    if (known !== undefined) await search.refineInputs(known, work);
    search.enclose(node, known, intervals);
  }
  return search.boxes;
}

class Search {
  readonly boxes: Map<string, Enclosure>;
  readonly #network: Network;
  readonly #input: string;
  readonly #highest: Highest;
  readonly #steps: ValueStep[] = [];
  /** Tensors that are a linear relaxation of the input. */
  readonly #known: Set<string>;
  readonly #refined = new Map<string, Uint8Array>();
  /** Multiplications of one row from the tensor back to the input, at most. */
  readonly #rowCost = new Map<string, number>();
  #behind = 0;
  #left = mostProducts;

  constructor(network: Network, input: string, highest: Highest, start: Enclosure) {
    this.#network = network;
    this.#input = input;
    this.#highest = highest;
    this.boxes = new Map([[input, start]]);
    this.#known = new Set([input]);
    this.#rowCost.set(input, start.lower.length);
  }

  /** The elements of its inputs on which a nonlinear node depends in more than one way. */
  async refineInputs({ node, rule }: RuledNode, work: Work): Promise<void> {
    if (rule.kind === 'affine' || rule.kind === 'constant' || rule.kind === 'unsupported') return;
    if (rule.kind === 'join' && rule.exactly?.().kind === 'sum') return;
    for (const [index, name] of node.inputs.entries()) {
      const box = this.boxes.get(name);
      if (box === undefined || name === this.#input || !this.#known.has(name)) continue;
      const elements = rule.kind === 'elementwise' && index === rule.input ? this.#undecided(node, name) : all(box);
      await this.#refine(name, elements, work);
    }
  }

  #undecided(node: Node, name: string): readonly number[] {
    const box = this.boxes.get(name)!;
    const ranges = rangesOf(this.#network, node, this.boxes);
    const rule = ranges && ruleOf(this.#network, node, ranges);
    if (rule?.kind !== 'elementwise' || rule.slopes.kind === 'same') return all(box);
    const { lower, upper } = rule.slopes;
    return all(box).filter((i) => lower[i] !== upper[i]);
  }

  async #refine(name: string, elements: readonly number[], work: Work): Promise<void> {
    const box = this.boxes.get(name)!;
    const done = this.#refined.get(name) ?? new Uint8Array(box.lower.length);
    this.#refined.set(name, done);
    const open = elements.filter((i) => done[i] === 0 && box.lower[i] !== box.upper[i]);
    const cost = 2 * open.length * this.#rowCost.get(name)!;
    if (open.length === 0 || cost > this.#left) return;
    this.#left -= cost;
    const relaxed = { steps: this.#steps, boxes: this.boxes, input: this.#input, highest: this.#highest };
    const found = await rangesOfElements(relaxed, name, open, work);
    const [lower, upper] = [box.lower.slice(), box.upper.slice()];
    for (const [k, i] of open.entries()) {
      done[i] = 1;
      if (found.lower[k]! > lower[i]!) lower[i] = found.lower[k]!;
      if (found.upper[k]! < upper[i]!) upper[i] = found.upper[k]!;
    }
    this.boxes.set(name, { shape: box.shape, lower, upper });
  }

  /** The boxes of the node's outputs, and the steps by which they follow from its inputs. */
  enclose(node: Node, known: RuledNode | undefined, intervals: Enclosures): void {
    for (const [index, box] of encloseNode(this.#network, node, this.boxes).entries()) {
      const name = node.outputs[index];
      if (name === undefined || name === '') continue;
      this.boxes.set(name, intersected(box, intervals.get(name)));
    }
    if (known === undefined || !node.inputs.some((name) => this.#known.has(name))) return;
    const rule = this.#ruleHere(node, known);
    const variable = node.inputs.filter((name) => this.boxes.has(name) && this.#isVariable(name));
    if (variable.some((name) => !this.#known.has(name) || !isModest(this.boxes.get(name)!))) return;
    const steps = valueSteps(this.#network, node, rule, this.#known, this.boxes);
    if (steps === undefined) return;
    for (const step of steps) {
      this.#steps.push(step);
      this.#known.add(step.to);
      this.#behind += step.lanes.reduce((sum, { map }) => sum + Math.min(map.rows, map.columns) * map.terms, step.size);
      this.#rowCost.set(step.to, this.#behind);
    }
  }

  #isVariable(name: string): boolean {
    return !this.#network.constants.has(name);
  }

  /** What the operator does on the boxes as they are now. */
  #ruleHere(node: Node, { rule }: RuledNode): LightRule {
    if (rule.kind === 'affine') return rule;
    const ranges = rangesOf(this.#network, node, this.boxes);
    if (ranges === undefined) return rule;
    const here = ruleOf(this.#network, node, ranges);
    return here.kind === 'affine' ? { kind: 'affine', input: here.input } : here;
  }
}

const all = ({ lower }: Enclosure): readonly number[] => Array.from({ length: lower.length }, (_, i) => i);

const isModest = ({ lower, upper }: Enclosure): boolean =>
  lower.every((low) => low > -largestNumber) && upper.every((high) => high < largestNumber);

const intersected = (box: Enclosure, other: Enclosure | undefined): Enclosure =>
  other === undefined || other.lower.length !== box.lower.length
    ? box
    : {
        shape: box.shape,
        lower: box.lower.map((low, i) => Math.max(low, other.lower[i]!)),
        upper: box.upper.map((high, i) => Math.min(high, other.upper[i]!)),
      };
