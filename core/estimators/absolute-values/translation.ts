import type { Norm } from '../../bound.ts';
import { integer, type Network, type Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { broadcastSource } from '../../operators/broadcast.ts';
import type { Centred, Gain, NodeFacts, Slopes } from '../../operators/definition.ts';
import { factsOf, positiveAxis, required, requiredOutput } from '../../operators/facts.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { diagonalMap } from '../../operators/maps/diagonal-map.ts';
import { identityMap, selectionMap } from '../../operators/maps/selection-map.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import { above } from '../../rounding.ts';
import type { LightRule } from '../composition/product.ts';
import { windowsOf } from '../exact/windows.ts';
import { elementwise, largestOf, matrices, opaque, type Lane, type Step } from './step.ts';

/**
 * What a nonlinear unit leaves to the remainder. whole: all of it, |w| <= max |slope| |y|. centred: z = m y + w with |w| <= r |y|, m the
 * middle of its slopes and r half their width (slopes below 0 included), so that the middles of several branches or layers can cancel.
 */
export type Split = 'whole' | 'centred';

/** One node as steps. */
export class Translation {
  readonly #network: Network;
  readonly #node: Node;
  readonly #facts: NodeFacts;
  readonly #rule: LightRule;
  readonly #split: Split;
  readonly #known: ReadonlySet<string>;

  constructor(network: Network, node: Node, rule: LightRule, split: Split, known: ReadonlySet<string>) {
    this.#network = network;
    this.#node = node;
    this.#facts = factsOf(network, node);
    this.#rule = rule;
    this.#split = split;
    this.#known = known;
  }

  /** None where the rule gives no finite bound, or uses an input that should be constant. */
  steps(): readonly Step[] {
    const rule = this.#rule;
    const variable = this.#node.inputs.flatMap((name, index) => (this.#known.has(name) ? [index] : []));
    const covered = rule.kind === 'join' ? rule.inputs : 'input' in rule ? [rule.input] : [];
    if (variable.some((index) => !covered.includes(index))) return [];
    switch (rule.kind) {
      case 'affine':
        return this.#node.op === 'Split' ? this.#parts() : [this.#affine(rule.input)];
      case 'elementwise':
        return this.#count(rule.input) !== this.#size ? [] : [this.#bent(rule.input, rule.slopes)];
      case 'gain':
        if (this.#node.op === 'MaxPool' || this.#node.op === 'GlobalMaxPool') return [this.#pooled()];
        if (this.#split === 'centred' && rule.centred !== undefined) {
          const centred = this.#centred(rule.centred, variable);
          if (centred !== undefined && isNarrower(centred, rule.gains)) return centred;
        }
        return [
          this.#step(
            [],
            opaque(
              [this.#name(rule.input)],
              [this.#count(rule.input)],
              this.#size,
              ([largest]) => above(rule.gains.linf.upper * largest!),
              [rule.gains.l1.upper],
            ),
          ),
        ];
      case 'join':
        return (
          (this.#split === 'centred' && rule.centred !== undefined
            ? this.#centred(rule.centred, variable)
            : undefined) ?? this.#join(variable, (norm, constants) => rule.combine(norm, constants))
        );
      case 'constant':
      case 'unbounded':
      case 'unsupported':
        return [];
    }
  }

  get #size(): number {
    return elementCount(requiredOutput(this.#facts).shape);
  }

  #name(index: number): string {
    return this.#node.inputs[index]!;
  }

  #count(index: number): number {
    return elementCount(required(this.#facts, index).shape);
  }

  #step(lanes: readonly Lane[], remainder?: Step['remainder']): Step {
    const step = { to: this.#node.outputs[0]!, size: this.#size, lanes };
    return remainder === undefined ? step : { ...step, remainder };
  }

  /** Weights are read again whenever they are asked for. */
  #affine(input: number): Step {
    const [network, node] = [this.#network, this.#node];
    const map = (): LinearMap => {
      const rule = ruleOf(network, node);
      if (rule.kind !== 'affine') throw new Error(`${node.id} is no longer affine.`);
      return rule.map;
    };
    return this.#step([{ from: this.#name(input), map }]);
  }

  #parts(): readonly Step[] {
    const shape = required(this.#facts, 0).shape;
    const axis = positiveAxis(integer(this.#node, 'axis', 0), shape.length);
    const row = elementCount(shape.slice(axis));
    let start = 0;
    return this.#node.outputs.map((to, part) => {
      const own = this.#facts.output(part)!.shape;
      const width = elementCount(own.slice(axis));
      const from = start;
      start += width;
      const source = Int32Array.from(
        { length: elementCount(own) },
        (_, i) => Math.floor(i / width) * row + from + (i % width),
      );
      const map = (): LinearMap => selectionMap(source, elementCount(shape));
      return { to, size: source.length, lanes: [{ from: this.#name(0), map }] };
    });
  }

  #bent(input: number, slopes: Slopes): Step {
    const size = this.#count(input);
    const from = this.#name(input);
    const middle = new Float64Array(size);
    const width = new Float64Array(size);
    if (slopes.kind === 'same') {
      const own = this.#middleAndWidth(slopes.lower, slopes.upper);
      middle.fill(own.middle);
      width.fill(own.width);
    } else
      for (let i = 0; i < size; i++) {
        const own = this.#middleAndWidth(slopes.lower[i]!, slopes.upper[i]!);
        middle[i] = own.middle;
        width[i] = own.width;
      }
    const lanes = middle.some((m) => m !== 0) ? [{ from, map: () => diagonalMap(middle) }] : [];
    return this.#step(lanes, width.some((half) => half !== 0) ? elementwise(from, width) : undefined);
  }

  #middleAndWidth(lower: number, upper: number): { readonly middle: number; readonly width: number } {
    const middle = this.#split === 'whole' ? 0 : (lower + upper) / 2;
    const half = Math.max(upper - middle, middle - lower);
    // 0, 1/2, 1 and the like come out without rounding.
    const isExact = Number.isInteger(8 * lower) && Number.isInteger(8 * upper);
    return { middle, width: isExact ? half : above(half) };
  }

  /** Its steps inside are tensors of their own. */
  #centred(centred: Centred, variable: readonly number[]): readonly Step[] | undefined {
    const own = centred();
    if (own === undefined) return undefined;
    const tensors = own.map((_, at) =>
      at === own.length - 1 ? this.#node.outputs[0]! : `step ${at} of ${this.#node.id}`,
    );
    return own.map(({ size, parts, enclose }, at): Step => {
      const moving = parts.filter(({ from }) => 'step' in from || variable.includes(from.input));
      const names = moving.map(({ from }) => ('step' in from ? tensors[from.step]! : this.#name(from.input)));
      const lanes = moving.map(({ middle }, k) => ({ from: names[k]!, map: () => middle }));
      const step = { to: tensors[at]!, size, lanes, remainder: matrices(names, moving.map(({ radius }) => radius)) }; // prettier-ignore
      return enclose === undefined ? step : { ...step, enclose };
    });
  }

  #pooled(): Step {
    const windows = windowsOf(this.#facts).map((window) => window.map((i) => [0, i] as const));
    return this.#step([], largestOf([this.#name(0)], [this.#count(0)], windows));
  }

  #join(inputs: readonly number[], combine: (norm: Norm, constants: readonly number[]) => number): readonly Step[] {
    switch (this.#node.op) {
      case 'Add':
      case 'Sum':
        return [this.#sum(inputs, () => 1)];
      case 'Sub':
        return [this.#sum(inputs, (index) => (index === 0 ? 1 : -1))];
      case 'Concat':
        return [this.#concat(inputs)];
      case 'Max':
      case 'Min':
        return this.#extreme(inputs);
    }
    const covered = this.#rule.kind === 'join' ? this.#rule.inputs : [];
    const constantsOf = (values: readonly number[]): number[] =>
      covered.map((index) => values[inputs.indexOf(index)] ?? 0);
    const unit = (k: number): number[] => inputs.map((_, i) => Number(i === k));
    return [
      this.#step(
        [],
        opaque(
          inputs.map((index) => this.#name(index)),
          inputs.map((index) => this.#count(index)),
          this.#size,
          (largest) => combine('linf', constantsOf(largest)),
          inputs.map((_, k) => combine('l1', constantsOf(unit(k)))),
        ),
      ),
    ];
  }

  /** The input stretched to the shape of the output. */
  #stretched(index: number): LinearMap {
    const [from, to] = [required(this.#facts, index).shape, requiredOutput(this.#facts).shape];
    return elementCount(from) === elementCount(to)
      ? identityMap(elementCount(from))
      : selectionMap(broadcastSource(from, to), elementCount(from));
  }

  #sum(inputs: readonly number[], factor: (index: number) => number): Step {
    return this.#step(
      inputs.map((index) => ({
        from: this.#name(index),
        map: () => times(factor(index), this.#stretched(index)),
      })),
    );
  }

  #concat(inputs: readonly number[]): Step {
    const shape = requiredOutput(this.#facts).shape;
    const axis = positiveAxis(integer(this.#node, 'axis', 1), shape.length);
    const row = elementCount(shape.slice(axis));
    const widths = this.#node.inputs.map((_, index) => elementCount(required(this.#facts, index).shape.slice(axis)));
    return this.#step(
      inputs.map((index) => {
        const start = widths.slice(0, index).reduce((sum, width) => sum + width, 0);
        const width = widths[index]!;
        const source = new Int32Array(this.#size).fill(-1);
        const count = this.#count(index);
        for (let i = 0; i < count; i++) source[Math.floor(i / width) * row + start + (i % width)] = i;
        return { from: this.#name(index), map: () => selectionMap(source, count) };
      }),
    );
  }

  /** max(a, b) = (a + b) / 2 + |a - b| / 2: then what a and b have in common cancels. With a constant, slopes in [0, 1]. */
  #extreme(inputs: readonly number[]): readonly Step[] {
    const half = (index: number, sign: 1 | -1 = 1): Lane => ({
      from: this.#name(index),
      map: () => times(sign / 2, this.#stretched(index)),
    });
    const size = this.#size;
    const wholly = this.#split === 'whole' || inputs.length > 2;
    if (wholly || (inputs.length === 1 && this.#count(inputs[0]!) !== size)) {
      const sources = inputs.map((index) => broadcastSource(required(this.#facts, index).shape, requiredOutput(this.#facts).shape)); // prettier-ignore
      const windows = Array.from({ length: size }, (_, i) => sources.map((source, k) => [k, source[i]!] as const));
      const names = inputs.map((index) => this.#name(index));
      return [this.#step([], largestOf(names, inputs.map((index) => this.#count(index)), windows))]; // prettier-ignore
    }
    if (inputs.length === 1)
      return [this.#step([half(inputs[0]!)], elementwise(this.#name(inputs[0]!), new Float64Array(size).fill(0.5)))];
    const [a, b] = [inputs[0]!, inputs[1]!];
    const difference = `${this.#node.outputs[0]!} difference of ${this.#node.id}`;
    return [
      { to: difference, size, lanes: [half(a), half(b, -1)] },
      this.#step([half(a), half(b)], elementwise(difference, new Float64Array(size).fill(1))),
    ];
  }
}

/** Whether what the middles leave is less than everything by the constants. */
function isNarrower(steps: readonly Step[], { linf, l1 }: Readonly<Record<Norm, Gain>>): boolean {
  const { remainder, lanes, size } = steps.at(-1)!;
  if (remainder === undefined) return true;
  const most = (values: Float64Array): number => values.reduce((so, value) => Math.max(so, value), 0);
  const columns = lanes.map(({ map }) => map().columns);
  const row = most(remainder.forward(columns.map((count) => new Float64Array(count).fill(1))));
  const column = Math.max(...remainder.backward(new Float64Array(size).fill(1)).map(most));
  return row <= linf.upper && column <= l1.upper;
}

/** factor W, for a factor that is a power of two or a sign. */
const times = (factor: number, map: LinearMap): LinearMap =>
  factor === 1
    ? map
    : {
        ...map,
        structure: { kind: 'opaque' },
        apply: (x) => map.apply(x).map((value) => factor * value),
        applyTransposed: (y) => map.applyTransposed(y).map((value) => factor * value),
        magnitude: () => times(Math.abs(factor), map.magnitude()),
      };
