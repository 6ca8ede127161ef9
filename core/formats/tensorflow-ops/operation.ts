import type { ElementType, Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { Attributes, Draft } from '../tensorflow/draft.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { Value, type Sizes } from '../tensorflow/value.ts';
import { quoted } from '../wording.ts';
import type { OperationAttributes } from './attributes.ts';
import type { GraphNode } from './graph-def.ts';
import type { KnownNumbers } from './known-numbers.ts';

/** What a kind of operation means. A new one is an entry in one of the files beside this one. */
export interface OperationDefinition {
  readonly ops: readonly string[];
  write(operation: Operation): Value | readonly Value[];
}

/** One operation of the graph on its way into the operators of ONNX. */
export class Operation {
  readonly id: string;
  readonly op: string;
  readonly attributes: OperationAttributes;
  readonly inputs: readonly Value[];
  readonly draft: Draft;
  readonly known: KnownNumbers;
  /** How many of its outputs somebody reads: the highest one, counted from one. */
  readonly outputsRead: number;

  constructor(
    node: Omit<GraphNode, 'inputs'>,
    inputs: readonly Value[],
    draft: Draft,
    known: KnownNumbers,
    outputsRead: number,
  ) {
    this.id = node.name;
    this.op = node.op;
    this.attributes = node.attributes;
    this.inputs = inputs;
    this.draft = draft;
    this.known = known;
    this.outputsRead = outputsRead;
  }

  input(index: number): Value {
    const value = this.inputs[index];
    if (value !== undefined) return value;
    throw new UserError(`The operation ${quoted(this.id)} (${this.op}) has only ${this.inputs.length} inputs.`);
  }

  /** The numbers of the file behind an input, where it is one of its weights. */
  constant(value: Value): Tensor | undefined {
    return value.isPlain ? this.draft.constants.get(value.name) : undefined;
  }

  /** The numbers of an input that must not depend on anything: axes, sizes, paddings. */
  numbers(index: number, what: string): readonly number[] {
    const known = this.known.of(this.input(index));
    if (known?.every((value) => value !== null) === true) return known;
    throw new Unsupported(`its ${what} is not fixed in the file`);
  }

  number(index: number, what: string): number {
    const [value, ...more] = this.numbers(index, what);
    if (value !== undefined && more.length === 0) return value;
    throw new Unsupported(`its ${what} is not one number`);
  }

  /** A node of ONNX; its output's name is the answer. Without a name of its own it is the operation itself. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}, part = ''): string {
    return this.draft.node(op, part === '' ? this.id : `${this.id}/${part}`, inputs, attributes);
  }

  plain(name: string, shape: Sizes, type: ElementType = this.inputs[0]?.type ?? 'float32'): Value {
    return Value.plain(this.draft, name, shape, type);
  }

  integers(part: string, numbers: readonly number[]): string {
    if (!numbers.every(Number.isSafeInteger)) throw new Unsupported(`its ${part} are no whole numbers`);
    return this.draft.integers(`${this.id}/${part}`, numbers);
  }

  /** Whole numbers as ONNX wants its sizes. */
  int64(value: Value): string {
    const known = this.known.of(value);
    if (value.isRanked && value.rank === 1 && known?.every((number) => Number.isSafeInteger(number)) === true)
      return this.draft.integers(`${value.name}/int64`, known as readonly number[]);
    return this.draft.node('Cast', `${value.name}/int64`, [value.name], { to: 7 });
  }

  integer(part: string, number: number): string {
    if (!Number.isSafeInteger(number)) throw new Unsupported(`its ${part} is no whole number`);
    return this.draft.integer(`${this.id}/${part}`, number);
  }

  scalar(part: string, value: number): string {
    return this.draft.scalar(`${this.id}/${part}`, value);
  }

  /** The same operation on other inputs. */
  on(inputs: readonly Value[]): Operation {
    const { op, attributes, draft, known, outputsRead } = this;
    return new Operation({ name: this.id, op, attributes }, inputs, draft, known, outputsRead);
  }

  /** A step on the way to the operation, on other inputs. */
  part(name: string, inputs: readonly Value[]): Operation {
    const { op, attributes, draft, known } = this;
    return new Operation({ name: `${this.id}/${name}`, op, attributes }, inputs, draft, known, 1);
  }

  /** An axis counted from the front. */
  axis(given: number, rank: number): number {
    const axis = given < 0 ? given + rank : given;
    if (axis >= 0 && axis < rank) return axis;
    throw new Unsupported(`its axis ${given} is none of the ${rank} that its input has`);
  }
}

/** A tensor in whichever order of axes it is at hand, for what works along any axes. */
export interface Laid {
  readonly name: string;
  /** Where an axis of the model's order is. */
  axis(axis: number): number;
  /** One entry per axis of the model's order, moved to where the axes are. */
  moved<T>(perAxis: readonly T[]): readonly T[];
  made(name: string, shape: Sizes, type?: ElementType): Value;
}

export function laid({ draft }: Operation, x: Value): Laid {
  const { rank, type } = x;
  if (!x.isChannelsFirst || rank < 3) {
    return {
      name: x.name,
      axis: (axis) => axis,
      moved: (perAxis) => perAxis,
      made: (name, shape, of = type) => Value.plain(draft, name, shape, of),
    };
  }
  return {
    name: x.firstName,
    axis: (axis) => (axis === 0 ? 0 : axis === rank - 1 ? 1 : axis + 1),
    moved: (perAxis) => [perAxis[0]!, perAxis[rank - 1]!, ...perAxis.slice(1, rank - 1)],
    made: (name, shape, of = type) => Value.channelsFirst(draft, name, shape, of),
  };
}

/** How many entries; null where a size is not fixed. */
export const countOf = (shape: Sizes): number | null =>
  shape.reduce<number | null>((count, size) => (count === null || size === null ? null : count * size), 1);
