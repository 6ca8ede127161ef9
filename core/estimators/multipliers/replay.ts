import type { Network, Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { Slopes } from '../../operators/definition.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { factsOf } from '../../operators/facts.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import { above, gamma } from '../../rounding.ts';
import type { LightRule } from '../composition/product.ts';
import { windowsOf } from '../exact/windows.ts';
import { flooredMaxima, type FlooredMaxima, isMaxPooling } from './floored-maxima.ts';
import type { WindowsLaw } from './normal-form.ts';

/** A change of a tensor as a linear function of one variable: |computed - exact| <= error x size, entry by entry. */
export interface Change {
  readonly values: Float64Array;
  readonly sizes: Float64Array;
  readonly error: number;
}

/** One nonlinear unit: which elements of its node's input it bends (all of them for a ball), and how. */
export type BentUnit =
  | { readonly kind: 'slopes'; readonly lower: Float64Array; readonly upper: Float64Array }
  | { readonly kind: 'ball'; readonly gain: number; readonly inputs: number; readonly outputs: number }
  /** Window k is elements starts[k] .. starts[k + 1] - 1 of what arrives. */
  | WindowsLaw;

/**
 * The network with its bent units cut open, walked with changes in place of values: for each variable (an element of the input or of a
 * unit's output), what arrives at every unit and at the output. Shares nothing with the sparse normal form but the rules.
 */
export class Replay {
  readonly units: readonly BentUnit[];
  /** Number of variables: of the input, then of every unit. */
  readonly sizes: readonly number[];
  readonly outputs: number;
  readonly #steps: readonly Step[];
  readonly #output: string;

  private constructor({ steps, units, sizes }: Planner, output: string, outputs: number) {
    this.#steps = steps;
    this.units = units;
    this.sizes = sizes;
    this.outputs = outputs;
    this.#output = output;
  }

  /** Undefined where an operator's rule is not one of those that the multiplier method knows. */
  static of(
    network: Network,
    input: string,
    output: string,
    rules: ReadonlyMap<string, LightRule>,
  ): Replay | undefined {
    const floored = flooredMaxima(network, output, rules);
    const planner = new Planner(input, elementCount(network.types.get(input)!.shape), floored);
    for (const node of network.nodes) {
      const rule = rules.get(node.id);
      if (rule === undefined || rule.kind === 'constant' || !node.inputs.some((name) => planner.depends.has(name)))
        continue;
      if (!planner.plan(network, node, rule)) return undefined;
    }
    return new Replay(planner, output, sizeOf(network, output));
  }

  /** One for each element that a slope unit bends, one for a ball; for windows one each, and theta. */
  get multiplierCounts(): readonly number[] {
    return this.units.map((unit) =>
      unit.kind === 'ball' ? 1 : unit.kind === 'slopes' ? unit.lower.length : unit.starts.length,
    );
  }

  /** What a unit change of one variable makes of the units' inputs (undefined where nothing arrives) and of the output. */
  walk(block: number, index: number): { readonly inputs: (Change | undefined)[]; readonly output: Change | undefined } {
    const changes = new Map<string, Change>();
    const inputs: (Change | undefined)[] = this.units.map(() => undefined);
    const given = new Float64Array(this.sizes[block]!);
    given[index] = 1;
    for (const step of this.#steps) step({ changes, inputs, block, given: { values: given, sizes: given, error: 0 } });
    return { inputs, output: changes.get(this.#output) };
  }
}

interface Walk {
  readonly changes: Map<string, Change>;
  readonly inputs: (Change | undefined)[];
  readonly block: number;
  readonly given: Change;
}

type Step = (walk: Walk) => void;

class Planner {
  readonly steps: Step[] = [];
  readonly units: BentUnit[] = [];
  readonly sizes: number[];
  readonly depends: Set<string>;
  readonly #spreads = new Map<string, number>();

  readonly #floored: FlooredMaxima;

  constructor(input: string, size: number, floored: FlooredMaxima) {
    this.#floored = floored;
    this.sizes = [size];
    this.depends = new Set([input]);
    this.steps.push(({ changes, block, given }) => {
      if (block === 0) changes.set(input, given);
    });
  }

  plan(network: Network, node: Node, rule: LightRule): boolean {
    const used = rule.kind === 'join' ? rule.inputs : 'input' in rule ? [rule.input] : [];
    if (node.inputs.some((name, index) => this.depends.has(name) && !used.includes(index))) return false;
    for (const name of node.outputs) this.depends.add(name);
    const [from, to] = [node.inputs[used[0] ?? 0]!, node.outputs[0]!];
    if (rule.kind === 'affine') return this.#affine(network, node, from);
    if (node.outputs.slice(1).some((name) => network.nodes.some(({ inputs }) => inputs.includes(name) && name !== '')))
      return false;
    if (this.#floored.floors.has(node.id)) this.steps.push(({ changes }) => set(changes, to, changes.get(from)));
    else if (rule.kind === 'elementwise') this.#elementwise(rule.slopes, from, to, sizeOf(network, from));
    else if (rule.kind === 'gain' && isMaxPooling(node)) this.#windows(network, node, from, to);
    else if (rule.kind === 'gain')
      this.#ball(
        { kind: 'ball', gain: rule.gains.l2.upper, inputs: sizeOf(network, from), outputs: sizeOf(network, to) },
        from,
        to,
      );
    else if (rule.kind === 'join' && rule.exactly !== undefined) {
      const { kind, images } = rule.exactly();
      const sources = images.map(({ factor, map }, k) => ({ factor, map, name: node.inputs[used[k]!]! }));
      if (kind === 'sum') this.steps.push(({ changes }) => set(changes, to, total(changes, sources, 1)));
      else this.#extreme(kind === 'largest' ? 1 : -1, sources, to, sizeOf(network, to));
    } else return false;
    return true;
  }

  #affine(network: Network, node: Node, from: string): boolean {
    const rule = ruleOf(network, node);
    if (rule.kind !== 'affine') return false;
    const { map, parts } = rule;
    if (parts === undefined && node.outputs.slice(1).some((name) => name !== '')) return false;
    const maps = node.outputs.map((_, index) => (parts === undefined ? map : parts(index)));
    for (const [index, to] of node.outputs.entries())
      this.steps.push(({ changes }) => set(changes, to, image(maps[index]!, changes.get(from))));
    return true;
  }

  #elementwise(slopes: Slopes, from: string, to: string, size: number): void {
    const at = (which: 'lower' | 'upper', i: number): number =>
      slopes.kind === 'each' ? slopes[which][i]! : slopes[which];
    const bent = Array.from({ length: size }, (_, i) => i).filter((i) => at('lower', i) !== at('upper', i));
    const unit = this.units.length;
    if (bent.length > 0) {
      this.units.push({
        kind: 'slopes',
        lower: Float64Array.from(bent, (i) => at('lower', i)),
        upper: Float64Array.from(bent, (i) => at('upper', i)),
      });
      this.sizes.push(bent.length);
    }
    const isBent = new Set(bent);
    this.steps.push(({ changes, inputs, block, given }) => {
      const before = changes.get(from);
      if (before !== undefined && bent.length > 0)
        inputs[unit] = {
          values: Float64Array.from(bent, (i) => before.values[i]!),
          sizes: Float64Array.from(bent, (i) => before.sizes[i]!),
          error: before.error,
        };
      if (bent.length > 0 && block === unit + 1) {
        const values = new Float64Array(size);
        bent.forEach((i, k) => (values[i] = given.values[k]!));
        changes.set(to, { values, sizes: values.map(Math.abs), error: 0 });
      } else if (before !== undefined && bent.length < size) {
        const factor = (i: number): number => (isBent.has(i) ? 0 : at('lower', i));
        set(changes, to, {
          values: before.values.map((value, i) => value * factor(i)),
          sizes: before.sizes.map((value, i) => raised(value * Math.abs(factor(i)))),
          error: grown(before.error, 2),
        });
      }
    });
  }

  #windows(network: Network, node: Node, from: string, to: string): void {
    const windows = windowsOf(factsOf(network, node));
    const elements = windows.flat();
    const starts = new Int32Array(windows.length + 1);
    windows.forEach((window, k) => (starts[k + 1] = starts[k]! + window.length));
    const unit = this.units.length;
    this.units.push({ kind: 'windows', starts, floored: this.#floored.maxima.has(node.id) });
    this.sizes.push(windows.length);
    this.steps.push(({ changes, inputs, block, given }) => {
      const before = changes.get(from);
      if (before !== undefined)
        inputs[unit] = {
          values: Float64Array.from(elements, (i) => before.values[i]!),
          sizes: Float64Array.from(elements, (i) => before.sizes[i]!),
          error: before.error,
        };
      if (block === unit + 1) changes.set(to, given);
    });
  }

  #ball(law: BentUnit & { kind: 'ball' }, from: string, to: string): void {
    const unit = this.units.length;
    this.units.push(law);
    this.sizes.push(law.outputs);
    this.steps.push(({ changes, inputs, block, given }) => {
      inputs[unit] = changes.get(from);
      if (block === unit + 1) changes.set(to, given);
    });
  }

  /** max(p, q) and min(p, q) as (p + q)/2 plus and minus half of |p - q|, one unit for both. */
  #extreme(sign: 1 | -1, sources: readonly Source[], to: string, size: number): void {
    const key = sources.map(({ name }) => name).join('\n');
    const known = this.#spreads.get(key);
    const unit = known ?? this.units.length;
    if (known === undefined) {
      this.#spreads.set(key, unit);
      this.units.push({
        kind: 'slopes',
        lower: new Float64Array(size).fill(-1),
        upper: new Float64Array(size).fill(1),
      });
      this.sizes.push(size);
    }
    const [p, q] = sources as [Source, Source];
    this.steps.push(({ changes, inputs, block, given }) => {
      inputs[unit] = total(changes, [p, { ...q, factor: -q.factor }], 0.5);
      if (block === unit + 1)
        changes.set(to, { values: given.values.map((value) => sign * value), sizes: given.sizes, error: 0 });
      else set(changes, to, total(changes, sources, 0.5));
    });
  }
}

interface Source {
  readonly factor: number;
  readonly map: LinearMap;
  readonly name: string;
}

const sizeOf = (network: Network, name: string): number => elementCount(network.types.get(name)!.shape);

/** What is exactly nothing stays nothing. */
const raised = (size: number): number => (size === 0 ? 0 : above(size));

/** An error after so many more roundings. */
const grown = (error: number, roundings: number): number =>
  above(above(1 + error) * above(1 + 2 * gamma(roundings)) - 1);

function set(changes: Map<string, Change>, name: string, change: Change | undefined): void {
  if (change !== undefined && name !== '') changes.set(name, change);
}

function image(map: LinearMap, change: Change | undefined): Change | undefined {
  if (change === undefined) return undefined;
  const { entryError } = map;
  const inexact = entryError === 0 ? 0 : above(entryError / (1 - entryError));
  return {
    values: map.apply(change.values),
    sizes: map
      .magnitude()
      .apply(change.sizes)
      .map((size) => raised(size * (1 + 2 * gamma(map.terms + 2)))),
    error: grown(above(above((1 + change.error) * (1 + inexact)) - 1), map.terms + 2),
  };
}

/** factor x the sum of the images. */
function total(changes: Map<string, Change>, sources: readonly Source[], factor: number): Change | undefined {
  let sum: Change | undefined;
  for (const { factor: own, map, name } of sources) {
    const next = image(map, changes.get(name));
    if (next === undefined) continue;
    const weight = factor * own;
    const [values, sizes] = [
      next.values.map((value) => weight * value),
      next.sizes.map((size) => Math.abs(weight) * size),
    ];
    sum =
      sum === undefined
        ? { values, sizes, error: next.error }
        : {
            values: sum.values.map((value, i) => value + values[i]!),
            sizes: sum.sizes.map((size, i) => raised(size + sizes[i]!)),
            error: grown(Math.max(sum.error, next.error), 2),
          };
  }
  return sum;
}
