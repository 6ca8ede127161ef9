import type { ElementType } from '../../network/tensor.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';

/** The settings of an operation, as protobuf's JSON writes them: whole numbers as texts, texts in base64. */
export class OperationAttributes {
  readonly #values: JsonObject;

  constructor(values: JsonObject) {
    this.#values = values;
  }

  has(name: string): boolean {
    return isObject(this.#values[name]);
  }

  flag(name: string): boolean {
    return this.#entry(name)['b'] === true;
  }

  integer(name: string, otherwise: number): number {
    return wholeNumber(this.#entry(name)['i']) ?? otherwise;
  }

  decimal(name: string, otherwise: number): number {
    const given = this.#entry(name)['f'];
    if (given === undefined || given === null) return otherwise;
    const value = Number(given);
    if (typeof given === 'boolean' || Number.isNaN(value)) throw new Unsupported(`its ${name} is no number`);
    return value;
  }

  text(name: string, otherwise: string): string {
    const given = this.#entry(name)['s'];
    return typeof given === 'string' ? decoded(given) : otherwise;
  }

  integers(name: string): readonly number[] {
    const list = this.#list(name)['i'];
    return (Array.isArray(list) ? (list as readonly Json[]) : []).map((item) => {
      const value = wholeNumber(item);
      if (value === undefined) throw new Unsupported(`its ${name} are no whole numbers`);
      return value;
    });
  }

  texts(name: string): readonly string[] {
    const list = this.#list(name)['s'];
    return (Array.isArray(list) ? (list as readonly Json[]) : []).flatMap((item) =>
      typeof item === 'string' ? [decoded(item)] : [],
    );
  }

  /** The type that TensorFlow.js computes with in its place; undefined for complex numbers and texts. */
  type(name: string, otherwise: ElementType = 'float32'): ElementType | undefined {
    const given = this.#entry(name)['type'];
    return given === undefined || given === null ? otherwise : elementType(given);
  }

  /** Sizes, -1 as null; undefined where not even the number of axes is stated. */
  shape(name: string): readonly (number | null)[] | undefined {
    return shapeFrom(this.#entry(name)['shape']);
  }

  #entry(name: string): JsonObject {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    return isObject(value) ? value : {};
  }

  #list(name: string): JsonObject {
    const { list } = this.#entry(name);
    return isObject(list) ? list : {};
  }
}

export function shapeFrom(value: Json | undefined): readonly (number | null)[] | undefined {
  if (!isObject(value) || value['unknownRank'] === true || value['unknown_rank'] === true) return undefined;
  const { dim } = value;
  return (Array.isArray(dim) ? (dim as readonly Json[]) : []).map((one) => {
    const size = isObject(one) ? wholeNumber(one['size']) : undefined;
    return size === undefined || size < 0 ? null : size;
  });
}

function wholeNumber(value: Json | undefined): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value === '')) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The converter writes base64; older files have the text itself or the list of its bytes. */
function decoded(text: string): string {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/u.test(text)) return text;
  const bytes = Buffer.from(text, 'base64').toString('latin1');
  return /^[\x20-\x7e]*$/u.test(bytes) ? bytes : text;
}

/** By protobuf's names and numbers. TensorFlow.js knows float32, int32 and bool; what is wider or narrower becomes one of these. */
const types: ReadonlyMap<string, ElementType> = new Map(
  (
    [
      ['float32', ['DT_FLOAT', 1, 'DT_DOUBLE', 2, 'DT_HALF', 19, 'DT_BFLOAT16', 14]],
      ['int32', ['DT_INT32', 3, 'DT_UINT8', 4, 'DT_INT16', 5, 'DT_INT8', 6, 'DT_INT64', 9]],
      ['bool', ['DT_BOOL', 10]],
    ] as const
  ).flatMap(([type, names]) => names.map((name) => [String(name), type] as const)),
);

export const elementType = (given: Json): ElementType | undefined =>
  typeof given === 'string' || typeof given === 'number' ? types.get(String(given)) : undefined;
