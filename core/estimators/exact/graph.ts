import type { Network, Node } from '../../network/network.ts';
import { integer } from '../../network/network.ts';
import { elementCount, isFloating, numbersOf } from '../../network/tensor.ts';
import { broadcastSource } from '../../operators/broadcast.ts';
import type { NodeFacts } from '../../operators/definition.ts';
import { sortedLines, type SortedLines } from '../../operators/choice.ts';
import { factsOf, positiveAxis, required, requiredOutput } from '../../operators/facts.ts';
import { reducedAxes, reducedGroups } from '../../operators/reductions.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import {
  constantForms,
  exactColumn,
  joined,
  mapped,
  picked,
  scaled,
  sum,
  type AffineForms,
  type Column,
} from './affine-forms.ts';
import { activationOf, relu } from './pieces-of.ts';
import { withoutIdleUnits, type PiecewiseLinearProgram } from './program.ts';
import { combinationOf, UnitList } from './unit-list.ts';
import { windowsOf } from './windows.ts';

/** What "small" means: beyond this no search over activation regions ends. */
export const mostInputs = 64;
export interface ProgramLimits {
  readonly inputs: number;
  readonly units: number;
  /** Of one tensor: elements times columns. */
  readonly entries: number;
}
const small: ProgramLimits = { inputs: mostInputs, units: 200, entries: 400_000 };

/** The network as a piecewise-linear program, or undefined where it is none, or none that is small. */
export function programOf(
  network: Network,
  input: string,
  output: string,
  limits = small,
): PiecewiseLinearProgram | undefined {
  const type = network.types.get(input);
  if (type === undefined || elementCount(type.shape) > limits.inputs) return undefined;
  const inputs = elementCount(type.shape);
  const columns = Array.from({ length: inputs }, (_, j): [number, Column] => [
    1 + j,
    exactColumn(Float64Array.from({ length: inputs }, (_v, i) => Number(i === j))),
  ]);
  return programFrom(network, input, output, { count: inputs, columns: new Map(columns) }, inputs, limits);
}

/** The same where the input is an affine function of `inputs` coordinates: its restriction to a plane, say. */
export function programFrom(
  network: Network,
  input: string,
  output: string,
  start: AffineForms,
  inputs: number,
  limits: ProgramLimits,
): PiecewiseLinearProgram | undefined {
  const walk = new Walk(network, inputs, limits);
  walk.forms.set(input, start);
  for (const node of network.nodes) {
    if (walk.forms.has(output)) break;
    if (!walk.visit(node)) return undefined;
  }
  const result = walk.forms.get(output);
  if (result === undefined) return undefined;
  const outputs = Array.from({ length: result.count }, (_, i) => combinationOf(result, i, inputs));
  const program = withoutIdleUnits({ inputs, units: walk.units.units, outputs });
  return program.units.length > limits.units ? undefined : program;
}

class Walk {
  readonly forms = new Map<string, AffineForms>();
  readonly units: UnitList;
  readonly #network: Network;
  readonly #limits: ProgramLimits;

  constructor(network: Network, inputs: number, limits: ProgramLimits) {
    this.#network = network;
    this.#limits = limits;
    this.units = new UnitList(inputs);
  }

  /** Whether the search can go on behind this node. */
  visit(node: Node): boolean {
    if ([...node.attributes.values()].some(({ kind }) => kind === 'opaque')) return false;
    if (!node.inputs.some((name) => this.forms.has(name))) return true;
    const images = this.#imagesOf(node);
    if (images === undefined) return false;
    for (const [index, image] of images.entries()) {
      const name = node.outputs[index];
      if (name === undefined || name === '') continue;
      if (image.count * image.columns.size > this.#limits.entries || !finite(image)) return false;
      this.forms.set(name, image);
    }
    return (
      this.units.units.length <= 4 * this.#limits.units &&
      node.outputs.every((name) => name === '' || this.forms.has(name) || !this.#isRead(name))
    );
  }

  #imagesOf(node: Node): readonly AffineForms[] | undefined {
    const facts = factsOf(this.#network, node);
    const rule = ruleOf(this.#network, node);
    if (rule.kind === 'unsupported' || rule.kind === 'unbounded' || rule.kind === 'constant') return undefined;
    const only = (index: number): boolean => node.inputs.every((name, i) => (i === index) === this.forms.has(name));
    switch (node.op) {
      case 'Split':
        return only(0) ? splitForms(facts, this.forms.get(node.inputs[0]!)!) : undefined;
      case 'Concat':
        return this.#joined(facts);
      case 'Max':
      case 'Min':
        return this.#extreme(facts, node.op === 'Max' ? 1 : -1);
      case 'MaxPool':
      case 'GlobalMaxPool':
        return node.outputs.length === 1 && only(0) ? this.#pooled(facts, windowsOf(facts), 1) : undefined;
      case 'ReduceMax':
      case 'ReduceMin':
        return only(0) && reducedAxes(facts).length > 0
          ? this.#pooled(facts, reducedGroups(facts), node.op === 'ReduceMax' ? 1 : -1)
          : undefined;
      case 'TopK':
        return only(0) && rule.kind === 'gain' ? this.#sorted(facts, sortedLines(facts)) : undefined;
    }
    if (node.outputs.filter((name) => name !== '').length > 1) return undefined;
    if (rule.kind === 'elementwise') {
      const activation = activationOf(facts);
      if (activation === undefined || !only(0)) return undefined;
      const count = elementCount(requiredOutput(facts).shape);
      if (this.units.units.length + count > 4 * this.#limits.units) return undefined;
      const argument = scaled(this.forms.get(node.inputs[0]!)!, activation.scale, activation.shift);
      return [this.units.activated(argument, activation.pieces)];
    }
    if (rule.kind === 'affine') {
      const argument = this.forms.get(node.inputs[rule.input]!);
      if (argument === undefined || !only(rule.input)) return undefined;
      if (rule.map.rows * (argument.columns.size + 1) > this.#limits.entries) return undefined;
      return [mapped(rule.map, rule.offset?.(), argument)];
    }
    if (rule.kind === 'join' && (node.op === 'Add' || node.op === 'Sum' || node.op === 'Sub')) {
      const summands = this.#broadcast(facts);
      return summands === undefined ? undefined : [sum(summands, summands.map((_, k) => (node.op === 'Sub' && k > 0 ? -1 : 1)))]; // prettier-ignore
    }
    return undefined;
  }

  /** The forms of an input, constants included. */
  #input(facts: NodeFacts, index: number): AffineForms | undefined {
    const forms = this.forms.get(facts.node.inputs[index]!);
    if (forms !== undefined) return forms;
    const tensor = facts.constant(index);
    if (tensor === undefined || !isFloating(tensor.type)) return undefined;
    if (tensor.relativeError !== undefined || tensor.absoluteError !== undefined) return undefined;
    return constantForms(numbersOf(tensor));
  }

  #inputs(facts: NodeFacts): readonly AffineForms[] | undefined {
    const all = facts.node.inputs.map((_, index) => this.#input(facts, index));
    return all.every((forms) => forms !== undefined) ? all : undefined;
  }

  #broadcast(facts: NodeFacts): readonly AffineForms[] | undefined {
    const shape = requiredOutput(facts).shape;
    if (elementCount(shape) > this.#limits.entries) return undefined;
    return this.#inputs(facts)?.map((forms, index) =>
      forms.count === elementCount(shape) ? forms : picked(forms, broadcastSource(required(facts, index).shape, shape)),
    );
  }

  #joined(facts: NodeFacts): readonly AffineForms[] | undefined {
    const parts = this.#inputs(facts);
    const shape = requiredOutput(facts).shape;
    const axis = positiveAxis(integer(facts.node, 'axis', 1), shape.length);
    const stride = elementCount(shape.slice(axis));
    let start = 0;
    const places = facts.node.inputs.map((_, index) => {
      const width = elementCount(required(facts, index).shape.slice(axis));
      const from = start;
      start += width;
      return Int32Array.from(
        { length: elementCount(required(facts, index).shape) },
        (_value, i) => Math.floor(i / width) * stride + from + (i % width),
      );
    });
    return parts === undefined ? undefined : [joined(parts, places)];
  }

  /** max(a, b) = b + relu(a - b) and min(a, b) = a - relu(a - b): together (MaxMin) they need one unit. */
  #extreme(facts: NodeFacts, sign: 1 | -1): readonly AffineForms[] | undefined {
    const [first, ...others] = this.#broadcast(facts) ?? [];
    if (first === undefined) return undefined;
    let best = first;
    for (const other of others) best = this.#larger(best, other, sign);
    return [best];
  }

  #larger(a: AffineForms, b: AffineForms, sign: 1 | -1): AffineForms {
    const gain = this.units.activated(sum([a, b], [1, -1]), () => relu);
    return sum([sign === 1 ? b : a, gain], [1, sign]);
  }

  #isRead(tensor: string): boolean {
    return this.#network.nodes.some(({ inputs }) => inputs.includes(tensor));
  }

  #pooled(facts: NodeFacts, windows: readonly (readonly number[])[], sign: 1 | -1): readonly AffineForms[] | undefined {
    const forms = this.#input(facts, 0)!;
    const most = Math.max(...windows.map((window) => window.length));
    if (windows.length * most > 4 * this.#limits.units) return undefined;
    // Short windows (at the border) repeat their last element, to no effect.
    const at = (tap: number): Int32Array =>
      Int32Array.from(windows, (window) => window[Math.min(tap, window.length - 1)]!);
    let best = picked(forms, at(0));
    for (let tap = 1; tap < most; tap++) {
      const rest = windows.map((window) => tap < window.length);
      const larger = this.#larger(picked(forms, at(tap)), best, sign);
      best = rest.every(Boolean) ? larger : mixed(larger, best, rest);
    }
    return [best];
  }

  /** Neighbours are compared and exchanged, as many rounds as there are places: then all are in order (odd-even transposition sort). */
  #sorted(facts: NodeFacts, { lines, kept, falling, placeOf }: SortedLines): readonly AffineForms[] | undefined {
    const size = lines[0]?.length ?? 0;
    if ((lines.length * size * size) / 2 > 4 * this.#limits.units) return undefined;
    const forms = this.#input(facts, 0)!;
    let places = Array.from({ length: size }, (_, k) =>
      picked(
        forms,
        Int32Array.from(lines, (line) => line[k]!),
      ),
    );
    for (let round = 0; round < size; round++) {
      places = places.map((own, k) => {
        const first = k % 2 === round % 2;
        const other = places[first ? k + 1 : k - 1];
        if (other === undefined) return own;
        return first ? this.#larger(own, other, 1) : this.#larger(other, own, -1);
      });
    }
    const results = (falling ? places : places.toReversed()).slice(0, kept);
    return [joined(results, results.map((_, k) => Int32Array.from(lines, (_line, at) => placeOf(at, k))))]; // prettier-ignore
  }
}

/** Elements of `a` where `first` says so, of `b` elsewhere. */
function mixed(a: AffineForms, b: AffineForms, first: readonly boolean[]): AffineForms {
  const both = joined([a, b], [indices(0, a.count), indices(a.count, b.count)]);
  return picked(
    both,
    Int32Array.from(first, (use, i) => (use ? i : a.count + i)),
  );
}

const indices = (start: number, count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => start + i);

function splitForms(facts: NodeFacts, forms: AffineForms): readonly AffineForms[] {
  const shape = required(facts, 0).shape;
  const axis = positiveAxis(integer(facts.node, 'axis', 0), shape.length);
  const inner = elementCount(shape.slice(axis + 1));
  let start = 0;
  return facts.node.outputs.map((_, part) => {
    const own = facts.output(part)!.shape;
    const width = own[axis]! * inner;
    const from = start;
    start += width;
    const at = (i: number): number => Math.floor(i / width) * shape[axis]! * inner + from + (i % width);
    return picked(
      forms,
      Int32Array.from({ length: elementCount(own) }, (_value, i) => at(i)),
    );
  });
}

const finite = ({ columns }: AffineForms): boolean =>
  [...columns.values()].every(({ values, errors }) => values.every(Number.isFinite) && errors.every(Number.isFinite));
