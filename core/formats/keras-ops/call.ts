import { elementTypeCodes } from '../../network/element-type-codes.ts';
import type { ElementType } from '../../network/tensor.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { noArguments, type LayerCall } from '../keras-layers/layer.ts';
import { KnownNumbers } from '../tensorflow-ops/known-numbers.ts';
import { OperationAttributes } from '../tensorflow-ops/attributes.ts';
import { operationOf } from '../tensorflow-ops/index.ts';
import { Operation } from '../tensorflow-ops/operation.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { Value } from '../tensorflow/value.ts';
import { readGiven, type Arguments, type Given } from './given.ts';

/** What a function of keras.ops or of TensorFlow means. A new one is an entry in one of the files beside this one. */
export interface FunctionDefinition {
  /** In the words of keras.ops: its class for each function. */
  readonly names: readonly string[];
  write(call: FunctionCall): Value | readonly Value[];
}

/** One call of a function in a functional model, on its way into operations of TensorFlow, which are translated already. */
export class FunctionCall {
  /** In the words of keras.ops. */
  readonly name: string;
  /** Whose defaults hold. */
  readonly origin: 'keras' | 'tensorflow';
  readonly #layer: LayerCall;
  readonly #given: Arguments<Value>;
  readonly #known: KnownNumbers;

  constructor(name: string, origin: FunctionCall['origin'], layer: LayerCall, given: Arguments<Value>) {
    this.name = name;
    this.origin = origin;
    this.#layer = layer;
    this.#given = given;
    this.#known = new KnownNumbers(layer.draft);
  }

  get id(): string {
    return this.#layer.id;
  }

  /**
   * An argument by its names, or by its place. Keras 3 keeps what shapes the function in its configuration and what it acts on in its call;
   * Keras 2 writes down the arguments of TensorFlow's function.
   */
  argument(names: string | readonly string[], place?: number): Given<Value> | undefined {
    for (const name of typeof names === 'string' ? [names] : names) {
      if (Object.hasOwn(this.#given.named, name)) return this.#given.named[name];
      const stated = this.#layer.settings.values[name];
      if (name !== 'name' && stated !== undefined) return readGiven<Value>(stated, () => undefined);
    }
    return place === undefined ? undefined : this.#given.positional[place];
  }

  /** The tensor at a place; a number there becomes one. */
  tensor(names: string | readonly string[], place: number): Value {
    const given = this.argument(names, place);
    if (given === undefined)
      throw new Unsupported(`${place === 0 ? 'what it acts on' : 'one of its arguments'} is not in the file`);
    return this.#asTensor(given, place);
  }

  /** Several tensors in one argument. */
  tensors(names: string | readonly string[], place: number): readonly Value[] {
    const given = this.argument(names, place);
    if (given?.kind === 'tensor') return [given.tensor];
    if (given?.kind !== 'list' || given.items.length === 0) throw new Unsupported('what it joins is not in the file');
    return given.items.map((item) => this.#asTensor(item, place));
  }

  /** All tensors of the call, in order. */
  operands(): readonly Value[] {
    const { positional, named: others } = this.#given;
    const holdsTensors = (given: Given<Value>): boolean =>
      given.kind === 'tensor' || (given.kind === 'list' && given.items.some(holdsTensors));
    const within = (given: Given<Value>, place: number): readonly Value[] => {
      if (given.kind !== 'list' && given.kind !== 'tensor') return [];
      return given.kind === 'list' && holdsTensors(given)
        ? given.items.flatMap(within)
        : [this.#asTensor(given, place)];
    };
    return [...positional, ...Object.values(others)].flatMap(within);
  }

  #asTensor(given: Given<Value>, place: number): Value {
    if (given.kind === 'tensor') return given.tensor;
    // Keras 2 may put a list around the one tensor that a function acts on.
    const only =
      this.origin === 'tensorflow' && given.kind === 'list' && given.items.length === 1 ? given.items[0]! : given;
    if (only.kind === 'tensor') return only.tensor;
    const { shape, numbers } = numbersIn(given);
    const { draft } = this.#layer;
    const name = `${this.id}/argument ${place + 1}`;
    return Value.plain(draft, draft.floats(name, shape, numbers), shape);
  }

  number(names: string | readonly string[], otherwise: number, place?: number): number {
    const value = plain(this.argument(names, place));
    if (value === undefined || value === null) return otherwise;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new Unsupported(`its ${first(names)} is no number of the file`);
  }

  flag(names: string | readonly string[], otherwise: boolean, place?: number): boolean {
    const value = plain(this.argument(names, place));
    return typeof value === 'boolean' ? value : otherwise;
  }

  text(names: string | readonly string[], otherwise: string, place?: number): string {
    const value = plain(this.argument(names, place));
    if (typeof value === 'string') return value;
    if (value === undefined || value === null) return otherwise;
    throw new Unsupported(`its ${first(names)} is no text`);
  }

  /** Whole numbers, one or a list; undefined where none are stated. What is free is -1. */
  integers(names: string | readonly string[], place?: number): readonly number[] | undefined {
    const given = this.argument(names, place);
    if (given === undefined || (given.kind === 'plain' && given.value === null)) return undefined;
    const list = given.kind === 'list' ? given.items.map((item) => plain(item)) : [plain(given)];
    const numbers = list.map((value) => (value === null ? -1 : value));
    if (numbers.every((value): value is number => typeof value === 'number' && Number.isSafeInteger(value)))
      return numbers;
    throw new Unsupported(`its ${first(names)} is not fixed in the file`);
  }

  /** Axes counted from the front; all but none of the batch, whose samples have nothing to do with each other. */
  axes(
    x: Value,
    otherwise: readonly number[] | 'all',
    names: string | readonly string[] = 'axis',
    place?: number,
  ): readonly number[] {
    const given = this.integers(names, place) ?? (otherwise === 'all' ? x.shape.map((_, axis) => axis) : otherwise);
    const axes = given.map((axis) => this.axis(axis, x.rank));
    if (axes.includes(0)) throw new Unsupported('it goes along the samples of a batch');
    return axes;
  }

  axis(given: number, rank: number): number {
    const axis = given < 0 ? given + rank : given;
    if (axis >= 0 && axis < rank) return axis;
    throw new Unsupported(`its axis ${given} is none of the ${rank} that its input has`);
  }

  /** Numbers of the file in the place of a tensor that TensorFlow would read them from. */
  fixed(part: string, numbers: readonly number[]): Value {
    const value = Value.plain(this.#layer.draft, `${this.id}/${part}`, [numbers.length], 'int32');
    this.#known.learn(value, numbers);
    return value;
  }

  fixedOne(part: string, number: number): Value {
    const value = Value.plain(this.#layer.draft, `${this.id}/${part}`, [], 'int32');
    this.#known.learn(value, [number]);
    return value;
  }

  /** Places that stay in the network: a row, or a single one without an axis. */
  wholeNumbers(part: string, numbers: readonly number[], asRow: boolean): Value {
    const { draft } = this.#layer;
    const name = `${this.id}/${part}`;
    return asRow
      ? Value.plain(draft, draft.integers(name, numbers), [numbers.length], 'int64')
      : Value.plain(draft, draft.integer(name, numbers[0] ?? 0), [], 'int64');
  }

  /** Numbers that are the same for every entry but along the last axis. */
  row(part: string, numbers: readonly number[]): Value {
    const { draft } = this.#layer;
    return Value.plain(draft, draft.floats(`${this.id}/${part}`, [numbers.length], numbers), [numbers.length]);
  }

  scalar(part: string, number: number): Value {
    const { draft } = this.#layer;
    return Value.plain(draft, draft.scalar(`${this.id}/${part}`, number), []);
  }

  /** What an operation of TensorFlow makes. Without a part's name it is the function itself. */
  all(op: string, inputs: readonly Value[], attributes: JsonObject = {}, part = '', outputs = 1): readonly Value[] {
    const definition = operationOf.get(op)!;
    const { draft } = this.#layer;
    const name = part === '' ? this.id : `${this.id}/${part}`;
    const node = { name, op, attributes: new OperationAttributes(attributes) };
    const written = definition.write(new Operation(node, inputs, draft, this.#known, outputs));
    return written instanceof Value ? [written] : written;
  }

  one(op: string, inputs: readonly Value[], attributes: JsonObject = {}, part = ''): Value {
    return this.all(op, inputs, attributes, part)[0]!;
  }

  /** What a layer of Keras makes that computes the same. */
  layer(className: string, config: JsonObject, x: Value): Value {
    const { id, layerId, weights, write } = this.#layer;
    const layer = { className, module: 'keras.layers', config: { name: id, ...config }, built: {} };
    return write(layer, { id, layerId, inputs: [x], weights, arguments: noArguments })[0]!;
  }

  /** Numbers of two types meet as TensorFlow would have them meet in Keras: as the wider one. */
  alike(values: readonly Value[]): readonly Value[] {
    const types = new Set(values.map(({ type }) => type));
    if (types.size < 2) return values;
    const type: ElementType = types.has('float32') ? 'float32' : types.has('int64') ? 'int64' : 'int32';
    return values.map((value) => this.as(type, value));
  }

  as(type: ElementType, value: Value): Value {
    if (value.type === type) return value;
    return value.entrywise(
      (x) => this.#layer.draft.node('Cast', `${x}/${type}`, [x], { to: elementTypeCodes[type] }),
      type,
    );
  }
}

const first = (names: string | readonly string[]): string => (typeof names === 'string' ? names : names[0]!);

export const plain = (given: Given<Value> | undefined): Json | undefined =>
  given?.kind === 'plain' ? given.value : given === undefined ? undefined : {};

const mostNumbers = 2 ** 24;

/** A number, or an array of numbers written as lists of lists. */
function numbersIn(given: Given<Value>): { readonly shape: readonly number[]; readonly numbers: Float32Array } {
  const shape: number[] = [];
  for (let at: Given<Value> | undefined = given; at?.kind === 'list' && shape.length < 8; at = at.items[0])
    shape.push(at.items.length);
  const flat: number[] = [];
  const collect = (at: Given<Value>, depth: number): void => {
    if (at.kind === 'list') {
      if (at.items.length !== shape[depth] || flat.length > mostNumbers)
        throw new Unsupported('one of its arguments is an array whose rows differ in length');
      for (const item of at.items) collect(item, depth + 1);
    } else {
      const value = at.kind === 'plain' ? at.value : undefined;
      if (depth !== shape.length || (typeof value !== 'number' && typeof value !== 'boolean'))
        throw new Unsupported(`one of its arguments is neither a tensor nor numbers${named(value)}`);
      flat.push(Number(value));
    }
  };
  collect(given, 0);
  return { shape, numbers: Float32Array.from(flat) };
}

const named = (value: Json | undefined): string =>
  isObject(value) && typeof value['class_name'] === 'string' ? `, but of the class ${value['class_name']}` : '';
