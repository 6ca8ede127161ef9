import type { Network, Node } from '../../network/network.ts';
import { nonZeros } from '../../network/stored-matrix.ts';
import { elementCount, type Shape } from '../../network/tensor.ts';
import type { Joined, LipschitzRule, Slopes } from '../../operators/definition.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { factsOf } from '../../operators/facts.ts';
import { diagonalMap } from '../../operators/maps/diagonal-map.ts';
import { selectionMap } from '../../operators/maps/selection-map.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import type { LightRule } from '../composition/product.ts';
import { windowsOf } from '../exact/windows.ts';
import { flooredMaxima, type FlooredMaxima, isMaxPooling } from './floored-maxima.ts';
import { composed, identity, sum, type SparseMatrix } from './sparse-matrix.ts';
import { largestEntries, sparseOf } from './sparse-map.ts';

/** A tensor as a linear function of the blocks of variables: changes of the input (block 0) and of the outputs of the units. */
export interface LinearForm {
  readonly rows: number;
  readonly parts: ReadonlyMap<number, SparseMatrix>;
}

/**
 * What a nonlinear unit may do to a change y of its input. `slopes`: each element z is some number in [lower, upper] times its own y.
 * `ball`: |z| <= gain |y| for the whole tensor. `windows`: each z is a mean, with weights that nobody knows, of the elements of y in its
 * window (y holds window after window) and, where `floored`, of 0.
 */
export type UnitLaw =
  | { readonly kind: 'slopes'; readonly lower: Float64Array; readonly upper: Float64Array }
  | { readonly kind: 'ball'; readonly gain: number }
  | WindowsLaw;

export interface WindowsLaw {
  readonly kind: 'windows';
  /** Window k is rows starts[k] .. starts[k + 1] - 1 of y. */
  readonly starts: Int32Array;
  readonly floored: boolean;
}

/** How many multipliers a unit takes: one for each element or window, one for a whole ball. */
export const groupsOf = ({ law }: Pick<Unit, 'law'>): number =>
  law.kind === 'ball' ? 1 : law.kind === 'slopes' ? law.lower.length : law.starts.length - 1;

/** Where the elements of a unit's output stand in a feature map: what they have in common, and who their neighbours are. */
export interface Grid {
  readonly channels: Int32Array;
  readonly positions: Int32Array;
}

export interface Unit {
  /** Of the node that it stands for. */
  readonly id: string;
  /** The block of variables that its output is. */
  readonly block: number;
  readonly input: LinearForm;
  readonly law: UnitLaw;
  /** Undefined where its output is no feature map. */
  readonly grid?: Grid;
}

/**
 * The network as a linear graph with bounded units in it: every difference of two evaluations is a vector (x, z1, z2, ..) in which
 * each unit's output z obeys its law for the linear form y of what comes before it, and the output is one more linear form.
 */
export interface NormalForm {
  /** Sizes of the blocks; block 0 is the network's input. */
  readonly sizes: readonly number[];
  readonly units: readonly Unit[];
  readonly output: LinearForm;
}

/** Why a network has no normal form that this method can work with. */
export interface NotApplicable {
  readonly reason: string;
}

export function normalForm(
  network: Network,
  input: string,
  output: string,
  rules: ReadonlyMap<string, LightRule>,
): NormalForm | NotApplicable {
  if (storedEntries(network, rules) > largestEntries) return { reason: tooLarge };
  const size = elementCount(network.types.get(input)!.shape);
  const forms = new Map<string, LinearForm>([[input, variables(0, size)]]);
  const builder = new Builder(size, flooredMaxima(network, output, rules));
  try {
    for (const node of network.nodes) {
      const rule = rules.get(node.id);
      if (rule === undefined || rule.kind === 'constant' || !node.inputs.some((name) => forms.has(name))) continue;
      builder.add(network, node, rule, forms);
    }
  } catch (error) {
    if (error instanceof Inapplicable) return { reason: error.message };
    throw error;
  }
  const form = forms.get(output);
  if (form === undefined) return { reason: 'the output does not depend on the input' };
  return { sizes: builder.sizes, units: builder.units, output: form };
}

const tooLarge = 'the network is too large to be written out';

/** Entries other than 0 of the matrices that stay in the file, counted there: until there are too many, before the first of them is written out. */
function storedEntries(network: Network, rules: ReadonlyMap<string, LightRule>): number {
  let count = 0;
  for (const node of network.nodes) {
    const rule = rules.get(node.id)?.kind === 'affine' ? ruleOf(network, node) : undefined;
    const structure = rule?.kind === 'affine' ? rule.map.structure : undefined;
    if (structure?.kind !== 'dense' || structure.stored === undefined) continue;
    count += structure.repeats * nonZeros(structure.stored);
    if (count > largestEntries) break;
  }
  return count;
}

class Inapplicable extends Error {}

const variables = (block: number, size: number): LinearForm => ({
  rows: size,
  parts: new Map([[block, identity(size)]]),
});

class Builder {
  readonly sizes: number[];
  readonly units: Unit[] = [];
  readonly #joins = new Map<string, LinearForm>();
  readonly #floored: FlooredMaxima;
  #entries = 0;

  constructor(inputs: number, floored: FlooredMaxima) {
    this.sizes = [inputs];
    this.#floored = floored;
  }

  add(network: Network, node: Node, rule: LightRule, forms: Map<string, LinearForm>): void {
    const inputs = rule.kind === 'join' ? rule.inputs : 'input' in rule ? [rule.input] : [];
    const known = node.inputs.map((name) => forms.get(name));
    if (known.some((form, index) => form !== undefined && !inputs.includes(index)))
      throw new Inapplicable(
        `an input of ${node.op} node "${node.id}" that should be constant depends on the model's input`,
      );
    const [form] = inputs.map((index) => known[index]);
    if (rule.kind === 'affine') {
      const full = ruleOf(network, node);
      if (full.kind !== 'affine' || form === undefined)
        throw new Inapplicable(`${node.op} node "${node.id}" is not understood`);
      this.#affine(node, full, form, forms);
      return;
    }
    const [name, ...others] = node.outputs;
    if (others.some((other) => other !== '' && network.nodes.some(({ inputs: used }) => used.includes(other))))
      throw new Inapplicable(`${node.op} node "${node.id}" has several outputs`);
    forms.set(name!, this.#nonlinear(network, node, rule, form, known));
  }

  #affine(
    node: Node,
    rule: Extract<LipschitzRule, { kind: 'affine' }>,
    form: LinearForm,
    forms: Map<string, LinearForm>,
  ): void {
    for (const [index, name] of node.outputs.entries()) {
      if (name === '') continue;
      if (index > 0 && rule.parts === undefined)
        throw new Inapplicable(`${node.op} node "${node.id}" has several outputs`);
      forms.set(name, this.#image(node, rule.parts === undefined ? rule.map : rule.parts(index), 1, form));
    }
  }

  #nonlinear(
    network: Network,
    node: Node,
    rule: LightRule,
    form: LinearForm | undefined,
    known: readonly (LinearForm | undefined)[],
  ): LinearForm {
    if (this.#floored.floors.has(node.id) && form !== undefined) return form;
    const shape = network.types.get(node.outputs[0]!)?.shape;
    if (rule.kind === 'elementwise' && form !== undefined) return this.#elementwise(node, rule.slopes, form, shape);
    if (rule.kind === 'gain' && form !== undefined && shape !== undefined) {
      if (isMaxPooling(node)) return this.#largest(network, node, form, shape);
      return this.#unit(node.id, form, { kind: 'ball', gain: rule.gains.l2.upper }, elementCount(shape), undefined);
    }
    if (rule.kind === 'join' && rule.exactly !== undefined)
      return this.#joined(node, rule.inputs, rule.exactly(), known);
    throw new Inapplicable(`nothing is known of ${node.op} node "${node.id}" beyond its own constant`);
  }

  /** Elements whose two slopes are one number are linear, and no variables. */
  #elementwise(node: Node, slopes: Slopes, form: LinearForm, shape: Shape | undefined): LinearForm {
    const lower = slopes.kind === 'each' ? slopes.lower : new Float64Array(form.rows).fill(slopes.lower);
    const upper = slopes.kind === 'each' ? slopes.upper : new Float64Array(form.rows).fill(slopes.upper);
    const bent = Int32Array.from({ length: form.rows }, (_, i) => i).filter((i) => lower[i] !== upper[i]);
    const pick = selectionMap(bent, form.rows);
    const straight = diagonalMap(lower.map((slope, i) => (slope === upper[i] ? slope : 0)));
    if (bent.length === 0) return this.#image(node, straight, 1, form);
    const law: UnitLaw = { kind: 'slopes', lower: pick.apply(lower), upper: pick.apply(upper) };
    const grid = shape && gridOf(shape, bent);
    if (bent.length === form.rows) return this.#unit(node.id, form, law, form.rows, grid);
    const own = this.#unit(node.id, this.#image(node, pick, 1, form), law, bent.length, grid);
    const places = new Int32Array(form.rows).fill(-1);
    bent.forEach((to, from) => (places[to] = from));
    return this.#sum(
      this.#image(node, selectionMap(places, bent.length), 1, own),
      this.#image(node, straight, 1, form),
    );
  }

  /** The largest element of every window, and 0 where a ReLU stands before or behind it. */
  #largest(network: Network, node: Node, form: LinearForm, shape: Shape): LinearForm {
    const windows = windowsOf(factsOf(network, node));
    const starts = new Int32Array(windows.length + 1);
    windows.forEach((window, k) => (starts[k + 1] = starts[k]! + window.length));
    const elements = this.#image(node, selectionMap(Int32Array.from(windows.flat()), form.rows), 1, form);
    const law: UnitLaw = { kind: 'windows', starts, floored: this.#floored.maxima.has(node.id) };
    return this.#unit(node.id, elements, law, windows.length, gridOf(shape, undefined));
  }

  #unit(id: string, input: LinearForm, law: UnitLaw, size: number, grid: Grid | undefined): LinearForm {
    const block = this.sizes.length;
    this.sizes.push(size);
    this.units.push({ id, block, input, law, ...(grid === undefined ? {} : { grid }) });
    return variables(block, size);
  }

  /** max(p, q) = (p + q)/2 + |p - q|/2, min with a minus: linear but for one |p - q|, which MaxMin shares between the two. */
  #joined(
    node: Node,
    inputs: readonly number[],
    { kind, images }: Joined,
    known: readonly (LinearForm | undefined)[],
  ): LinearForm {
    const half = kind === 'sum' ? 1 : 0.5;
    const weighted = images.map(({ factor, map }, k) => this.#image(node, map, half * factor, known[inputs[k]!]!));
    const total = weighted.reduce((a, b) => this.#sum(a, b));
    if (kind === 'sum') return total;
    const key = inputs.map((index) => node.inputs[index]).join('\n');
    let spread = this.#joins.get(key);
    if (spread === undefined) {
      const difference = this.#sum(weighted[0]!, scaled(weighted[1]!, -1));
      const ones = new Float64Array(difference.rows).fill(1);
      const law: UnitLaw = { kind: 'slopes', lower: ones.map((one) => -one), upper: ones };
      spread = this.#unit(node.id, difference, law, difference.rows, undefined);
      this.#joins.set(key, spread);
    }
    return this.#sum(total, kind === 'largest' ? spread : scaled(spread, -1));
  }

  #image(node: Node, map: LinearMap, factor: number, form: LinearForm): LinearForm {
    const matrix = sparseOf(map);
    if (matrix === undefined) throw new Inapplicable(`${node.op} node "${node.id}" is too large to be written out`);
    const parts = new Map(
      [...form.parts].map(([block, part]) => [block, this.#counted(composed(matrix, part))] as const),
    );
    return factor === 1 ? { rows: map.rows, parts } : scaled({ rows: map.rows, parts }, factor);
  }

  #sum(a: LinearForm, b: LinearForm): LinearForm {
    const parts = new Map(a.parts);
    for (const [block, part] of b.parts) {
      const other = parts.get(block);
      parts.set(block, other === undefined ? part : this.#counted(sum(other, part)));
    }
    return { rows: a.rows, parts };
  }

  #counted(matrix: SparseMatrix): SparseMatrix {
    this.#entries += matrix.values.length;
    if (this.#entries > largestEntries) throw new Inapplicable(tooLarge);
    return matrix;
  }
}

/** Of [batch, channels, ...] and the elements that are variables; undefined for vectors. */
function gridOf(shape: Shape, elements: Int32Array | undefined): Grid | undefined {
  if (shape.length < 3) return undefined;
  const positions = elementCount(shape.slice(2));
  const places = elements ?? Int32Array.from({ length: elementCount(shape) }, (_, i) => i);
  return {
    channels: places.map((i) => Math.floor(i / positions) % shape[1]!),
    positions: places.map((i) => i % positions),
  };
}

/** A factor of 1, -1, 1/2 or -1/2 changes no digit. */
const scaled = ({ rows, parts }: LinearForm, factor: number): LinearForm => ({
  rows,
  parts: new Map(
    [...parts].map(([block, matrix]) => [
      block,
      {
        ...matrix,
        values: matrix.values.map((value) => factor * value),
        ...(matrix.majorants === undefined
          ? {}
          : { majorants: matrix.majorants.map((size) => Math.abs(factor) * size) }),
      },
    ]),
  ),
});
