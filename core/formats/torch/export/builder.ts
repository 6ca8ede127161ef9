import { elementTypeCodes } from '../../../network/element-type-codes.ts';
import type { Attribute, Node, NodeOrigin } from '../../../network/network.ts';
import { nodeOf, type AttributeValue } from '../../../network/new-node.ts';
import { tensorOfNumbers, type ElementType, type Tensor } from '../../../network/tensor.ts';
import { isNamed, textIn, type Argument, type Call, type Named, type TensorMeta } from './program.ts';
import { typeOfCode } from './scalar-types.ts';

/** Thrown inside a translation: the call stays in the network under its own name, with this reason. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}

/** Writes the calls of a program as operators of ONNX. Every call gives its outputs their own names; what lies between gets names beneath. */
export class Builder {
  readonly nodes: Node[] = [];
  readonly constants: Map<string, Tensor>;
  readonly #values: ReadonlyMap<string, TensorMeta>;
  readonly #rename: (name: string) => string;
  readonly #used: ReadonlySet<string>;
  #call: Call | undefined;
  #made = 0;

  constructor(
    constants: ReadonlyMap<string, Tensor>,
    values: ReadonlyMap<string, TensorMeta>,
    /** Under which name a tensor of the program stands here and now. */
    current: (name: string) => string,
    /** The tensors that somebody reads. */
    used: ReadonlySet<string>,
  ) {
    this.#used = used;
    this.constants = new Map(constants);
    this.#values = values;
    this.#rename = current;
  }

  begin(call: Call): void {
    this.#call = call;
    this.#made = 0;
  }

  get call(): Call {
    return this.#call!;
  }

  /** Whether somebody reads this output of the call: of many that have two, such as a maximum and its place, only the first is. */
  isUsed(output: number): boolean {
    return this.#used.has(this.call.outputs[output] ?? '');
  }

  /** The second output of this call is what the given node between gives, where somebody reads it. */
  giveSecond(name: () => string): void {
    if (this.isUsed(1)) this.give(this.call.outputs[1]!, 'Identity', [name()]);
  }

  argument(name: string): Argument | undefined {
    return this.call.arguments.get(name);
  }

  /** The name of a tensor that the call needs. */
  tensor(name: string): string {
    const value = this.argument(name);
    if (!isNamed(value)) throw new NotUnderstood(`its argument "${name}" is no tensor`);
    return this.#rename(value.name);
  }

  optionalTensor(name: string): string {
    const value = this.argument(name);
    return isNamed(value) ? this.#rename(value.name) : '';
  }

  tensors(name: string): readonly string[] {
    const value = this.argument(name);
    if (!Array.isArray(value)) throw new NotUnderstood(`its argument "${name}" is no list of tensors`);
    return value.map((one: Argument) => (isNamed(one) ? this.#rename(one.name) : ''));
  }

  number(name: string, otherwise?: number): number {
    const value = this.argument(name);
    if (typeof value === 'number') return value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (otherwise !== undefined && (value === null || value === undefined)) return otherwise;
    throw new NotUnderstood(`its argument "${name}" is not a known number`);
  }

  flag(name: string): boolean {
    return this.argument(name) === true;
  }

  numbers(name: string, otherwise?: readonly number[]): readonly number[] {
    const value = this.argument(name);
    if (typeof value === 'number') return [value];
    if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return value;
    if (otherwise !== undefined && (value === null || value === undefined)) return otherwise;
    throw new NotUnderstood(`its argument "${name}" is not a list of known numbers`);
  }

  /** One number for each spatial axis, where a single one stands for all. */
  perAxis(name: string, axes: number, otherwise: number): readonly number[] {
    const given = this.numbers(name, []);
    if (given.length === 0) return Array.from({ length: axes }, () => otherwise);
    return given.length === 1 ? Array.from({ length: axes }, () => given[0]!) : given;
  }

  sizes(name: string): readonly (number | string)[] {
    const meta = this.#values.get(name);
    if (meta !== undefined) return meta.sizes;
    const constant = this.constants.get(name);
    if (constant !== undefined) return constant.shape;
    throw new NotUnderstood(`the shape of "${name}" is not in the file`);
  }

  /** All sizes, none of which may be free. */
  shape(name: string): readonly number[] {
    return this.sizes(name).map((_, axis) => this.size(name, axis));
  }

  /** Those of the last axes, where the ones before may be free. */
  lastSizes(name: string, count: number): readonly number[] {
    return Array.from({ length: count }, (_, axis) => this.size(name, axis - count));
  }

  rank(name: string): number {
    return this.sizes(name).length;
  }

  size(name: string, axis: number): number {
    const sizes = this.sizes(name);
    const size = sizes[axis < 0 ? axis + sizes.length : axis];
    if (typeof size !== 'number') throw new NotUnderstood(`the size of axis ${axis} of "${name}" is free`);
    return size;
  }

  axis(name: string, axis: number): number {
    const rank = Math.max(1, this.rank(name));
    const counted = axis < 0 ? axis + rank : axis;
    if (!(Number.isInteger(counted) && counted >= 0 && counted < rank))
      throw new NotUnderstood(`"${name}" has no axis ${axis}`);
    return counted;
  }

  typeOf(name: string): ElementType {
    const meta = this.#values.get(name);
    return (meta === undefined ? this.constants.get(name)?.type : typeOfCode(meta.dtype)) ?? 'float32';
  }

  /** The name of a constant of these whole numbers: a list, or in another shape. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(shape, values, 'int64');
  }

  integer(value: number): string {
    return this.#constant([], [value], 'int64');
  }

  scalar(value: number, type: ElementType = 'float32'): string {
    const held = type === 'int64' || type === 'float64' ? type : 'float32';
    const name = this.#constant([], [value], held);
    return held === type ? name : this.emit('Cast', [name], { to: elementTypeCodes[type] });
  }

  numbersConstant(shape: readonly number[], values: readonly number[]): string {
    return this.#constant(shape, values, 'float32');
  }

  #constant(shape: readonly number[], values: readonly number[], type: 'float32' | 'float64' | 'int64'): string {
    if (type === 'int64') requireWhole(values);
    const name = this.#fresh();
    this.constants.set(name, tensorOfNumbers(name, shape, values, type));
    return name;
  }

  /** An operand that is a tensor, a symbolic size or a number, in the type of another. */
  operand(name: string, like: string): string {
    const value = this.argument(name);
    const type = this.typeOf(like);
    if (!isNamed(value)) return this.scalar(this.number(name), type);
    const operand = this.#rename(value.name);
    const isSize = !this.#values.has(value.name) && !this.constants.has(operand);
    return isSize && type !== 'int64' ? this.emit('Cast', [operand], { to: elementTypeCodes[type] }) : operand;
  }

  /** A node between; its output's name is the answer. */
  emit(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue | Attribute>> = {},
  ): string {
    const output = this.#fresh();
    this.#push(op, inputs, [output], attributes);
    return output;
  }

  /** A node between of several outputs. */
  emitMany(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, AttributeValue | Attribute>> = {},
  ): readonly string[] {
    const outputs = Array.from({ length: count }, () => this.#fresh());
    this.#push(op, inputs, outputs, attributes);
    return outputs;
  }

  /** The node that gives the call's first output. */
  finish(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue | Attribute>> = {},
    outputs = 1,
  ): void {
    this.#push(op, inputs, this.call.outputs.slice(0, outputs), attributes);
  }

  /** A node for the given outputs, such as one of several of the call. */
  give(
    output: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue | Attribute>> = {},
  ): void {
    this.#push(op, inputs, [output], attributes);
  }

  /** The call as it is: named, not understood. It also gives what it changes besides its own outputs. */
  foreign(reason: string, changed: readonly string[] = []): void {
    const inputs = [...this.call.arguments.values()].flatMap((value) =>
      (Array.isArray(value) ? (value as readonly Argument[]) : [value]).flatMap((one) =>
        isNamed(one) ? [this.#rename(one.name)] : [],
      ),
    );
    const outputs = [...this.call.outputs.filter((name) => name !== ''), ...changed];
    this.nodes.push({
      ...nodeOf(this.call.target, outputs[0] ?? this.call.target, inputs, outputs),
      domain: 'torch',
      origin: { ...this.#origin(), ...(reason === '' ? {} : { untranslated: reason }) },
    });
  }

  #push(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue | Attribute>>,
  ): void {
    for (const value of Object.values(attributes))
      if (typeof value === 'number') requireWhole([value]);
      else if (Array.isArray(value)) requireWhole(value as readonly number[]);
    this.nodes.push({ ...nodeOf(op, outputs[0]!, inputs, outputs, attributes), origin: this.#origin() });
  }

  #fresh(): string {
    return `${this.call.outputs[0] ?? this.call.target}/${++this.#made}`;
  }

  #origin(): NodeOrigin {
    const stackTrace = textIn(this.call.metadata, 'stack_trace');
    // "key,path,class" of every module around, outermost first.
    const modules = textIn(this.call.metadata, 'nn_module_stack')
      .split(';')
      .map((entry) => entry.split(','))
      .filter((entry) => entry.length >= 3);
    return {
      ...(stackTrace === '' ? {} : { stackTrace }),
      ...(modules.length === 0
        ? {}
        : {
            scopes: [...modules.map(([, path]) => path!), this.call.outputs[0] ?? ''],
            classes: [...modules.map((entry) => entry.at(-1)!), this.call.target],
          }),
    };
  }
}

/** Sizes and places that follow from numbers of a damaged file may be anything. */
function requireWhole(values: readonly number[]): void {
  if (!Array.from(values).every(Number.isSafeInteger))
    throw new NotUnderstood('a size or place in it is no whole number');
}

export const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) });

/** A symbolic size, or a tensor, in the place of a number. */
export const isNamedSize = (value: unknown): value is Named =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
