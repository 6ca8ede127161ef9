import { elementCount, numbersOf, type Tensor } from '../../../../network/tensor.ts';
import { isInPlace, sharesMemory, writtenBy } from '../memory.ts';
import { isNamed, type Argument, type Call, type Graph, type Program } from '../program.ts';

/** Tensors of the file that are this small are looked at. */
const mostNumbers = 4096;

type Step = (given: (name: string) => number | undefined) => number | undefined;

const ofTwo =
  (compute: (a: number, b: number) => number): Step =>
  (given) => {
    const [a, b] = [given('self') ?? given('a'), given('other') ?? given('b')];
    return a === undefined || b === undefined ? undefined : compute(a, b);
  };

const same: Step = (given) => given('self');
const comparison = (holds: (a: number, b: number) => boolean): Step => ofTwo((a, b) => Number(holds(a, b)));

/** What counters and conditions of loops are made of. */
const steps: Readonly<Record<string, Step>> = {
  add: ofTwo((a, b) => a + b),
  sub: ofTwo((a, b) => a - b),
  mul: ofTwo((a, b) => a * b),
  lt: comparison((a, b) => a < b),
  le: comparison((a, b) => a <= b),
  gt: comparison((a, b) => a > b),
  ge: comparison((a, b) => a >= b),
  eq: comparison((a, b) => a === b),
  ne: comparison((a, b) => a !== b),
  logical_and: comparison((a, b) => a !== 0 && b !== 0),
  logical_or: comparison((a, b) => a !== 0 || b !== 0),
  logical_not: (given) => {
    const value = given('self');
    return value === undefined ? undefined : Number(value === 0);
  },
  scalar_tensor: (given) => given('s'),
  ...Object.fromEntries(
    ['lift_fresh_copy', 'lift_fresh', 'detach', 'detach_', 'clone', 'alias', 'to', '_to_copy', 'item', 'squeeze'].map(
      (name) => [name, same],
    ),
  ),
};

/** Of a few numbers of the file. */
const ofSeveral: Readonly<Record<string, (numbers: readonly number[]) => number>> = {
  sum: (numbers) => numbers.reduce((sum, value) => sum + value, 0),
  any: (numbers) => Number(numbers.some((value) => value !== 0)),
  all: (numbers) => Number(numbers.every((value) => value !== 0)),
};

/** Single numbers of a program that follow from the file alone. */
export class KnownScalars {
  readonly #values = new Map<string, number>();
  /** Names of tensors that lie in the memory of another one. */
  readonly #roots = new Map<string, string>();
  /** Set once something known was written into. */
  #overwritten = false;
  readonly #held: ReadonlyMap<string, string>;
  readonly #tensors: ReadonlyMap<string, Tensor>;

  constructor({ held }: Program, tensors: ReadonlyMap<string, Tensor>) {
    this.#held = held;
    this.#tensors = tensors;
  }

  of(value: Argument | undefined): number | undefined {
    return valueOf(value, (name) => this.#values.get(name) ?? this.#single(name));
  }

  learn(call: Call): void {
    const root = this.#root(writtenBy(call));
    if (isInPlace(call.target) && call.target !== 'aten.detach_' && (this.#held.has(root) || this.#values.has(root)))
      this.#forget();
    if (sharesMemory(call.target)) for (const output of call.outputs) this.#roots.set(output, root);
    const found = this.#result(call, (value) => this.of(value));
    if (found !== undefined) this.#values.set(call.outputs[0] ?? '', found);
  }

  #root(name: string): string {
    return this.#roots.get(name) ?? name;
  }

  /** What shares memory with what is not followed further. */
  #forget(): void {
    this.#overwritten = true;
    this.#values.clear();
  }

  /** The first output of a graph for these arguments. */
  evaluated(graph: Graph, given: readonly Argument[]): number | undefined {
    if (graph.calls.some(({ target }) => isInPlace(target) && target !== 'aten.detach_')) return undefined;
    const inside = new Map<string, number>();
    graph.inputs.forEach((input, at) => {
      const value = this.of(given[at]);
      if (isNamed(input) && value !== undefined) inside.set(input.name, value);
    });
    const look = (value: Argument | undefined): number | undefined => valueOf(value, (name) => inside.get(name));
    for (const call of graph.calls) {
      const found = this.#result(call, look);
      if (found !== undefined) inside.set(call.outputs[0] ?? '', found);
    }
    return look(graph.outputs[0]);
  }

  #result(call: Call, look: (value: Argument | undefined) => number | undefined): number | undefined {
    const name = call.target.replace(/^(?:aten|_operator)\./u, '');
    if (Object.hasOwn(ofSeveral, name)) {
      const self = call.arguments.get('self');
      const ofAll = [...call.arguments.values()].slice(1).every((value) => value === null || isEmpty(value));
      const numbers = isNamed(self) && ofAll ? this.#numbers(self.name) : undefined;
      return numbers === undefined ? undefined : ofSeveral[name]!(numbers);
    }
    return Object.hasOwn(steps, name) ? steps[name]!((argument) => look(call.arguments.get(argument))) : undefined;
  }

  #numbers(name: string): readonly number[] | undefined {
    const tensor = this.#overwritten ? undefined : this.#tensors.get(this.#held.get(name) ?? '');
    return tensor === undefined || elementCount(tensor.shape) > mostNumbers ? undefined : [...numbersOf(tensor)];
  }

  #single(name: string): number | undefined {
    const tensor = this.#overwritten ? undefined : this.#tensors.get(this.#held.get(name) ?? '');
    return tensor !== undefined && elementCount(tensor.shape) === 1 ? numbersOf(tensor)[0] : undefined;
  }
}

const isEmpty = (value: Argument): boolean => Array.isArray(value) && value.length === 0;

function valueOf(value: Argument | undefined, look: (name: string) => number | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  return isNamed(value) ? look(value.name) : undefined;
}
