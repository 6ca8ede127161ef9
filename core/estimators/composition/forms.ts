import type { Network, Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { ruleOf } from '../../operators/rule-of.ts';
import { gamma } from '../../rounding.ts';
import type { Block } from './blocks.ts';
import type { LightRule } from './product.ts';

/** A coefficient, and the sum of the sizes of what it adds up, which is what its rounding is relative to. */
export interface Coefficient {
  readonly value: number;
  readonly size: number;
}

/** An element as a sum: coefficients of elements of the entry and of kinks before it, by place, and a number. */
export interface Form {
  readonly parts: ReadonlyMap<number, Coefficient>;
  readonly constant: number;
  /** Nothing was rounded. */
  readonly exact: boolean;
}

const mostElements = 2 ** 14;
const mostProducts = 2 ** 20;
/** Of one element: it is a small group that is looked for. */
const mostParts = 64;

/** They are a x + b |x|, so that what bends at the same place bends alike. */
const bentAtZero = new Set(['Relu', 'LeakyRelu', 'PRelu', 'Abs']);

/**
 * The elements behind a block written in those of its entry and in kinks: a kink is a number whose change is that of its own form times a slope between -1 and 1. Kinks of the same form (up to its sign) are one.
 */
export class Forms {
  readonly entries: number;
  readonly kinks: Form[] = [];
  exit: readonly Form[] = [];
  /** Of any coefficient, relative to the sum of the sizes of what it adds up. */
  relativeError = 0;
  readonly #network: Network;
  readonly #known = new Map<string, readonly Form[]>();
  readonly #same = new Map<string, number>();

  private constructor(network: Network, entry: string) {
    this.#network = network;
    this.entries = elementCount(network.types.get(entry)!.shape);
    this.#known.set(
      entry,
      Array.from({ length: this.entries }, (_, i) => unitOf(i)),
    );
  }

  /** undefined where an operator does something else, or where they are too many. */
  static of(network: Network, { entry, exit, nodes }: Block, rules: ReadonlyMap<string, LightRule>): Forms | undefined {
    const sizeOf = (name: string): number => {
      const shape = network.types.get(name)?.shape;
      return shape === undefined ? Number.POSITIVE_INFINITY : elementCount(shape);
    };
    if ([entry, ...nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ''))].some((name) => sizeOf(name) > mostElements)) return undefined; // prettier-ignore
    const forms = new Forms(network, entry);
    for (const node of nodes) if (!forms.#follow(node, rules.get(node.id))) return undefined;
    const found = forms.#known.get(exit);
    if (found === undefined) return undefined;
    forms.exit = found;
    return forms;
  }

  #follow(node: Node, light: LightRule | undefined): boolean {
    if (light === undefined) return false;
    const [output] = node.outputs as readonly [string];
    switch (light.kind) {
      case 'affine': {
        const rule = ruleOf(this.#network, node);
        const from = this.#known.get(node.inputs[light.input]!);
        if (rule.kind !== 'affine' || from === undefined) return false;
        const offset = rule.offset?.();
        return node.outputs.every((name, at) => {
          if (name === '') return true;
          const map = rule.parts?.(at) ?? (at === 0 ? rule.map : undefined);
          const image = map && this.#image(map, from);
          if (image === undefined) return false;
          this.#known.set(name, offset === undefined ? image : image.map((form, i) => shifted(form, offset.values[i]!, offset.error))); // prettier-ignore
          return true;
        });
      }
      case 'elementwise': {
        const from = this.#known.get(node.inputs[light.input]!);
        if (from === undefined) return false;
        const { slopes } = light;
        const bend = bentAtZero.has(node.op);
        const ends = (i: number): readonly [number, number] => slopes.kind === 'same' ? [slopes.lower, slopes.upper] : [slopes.lower[i]!, slopes.upper[i]!]; // prettier-ignore
        if (from.some((_, i) => !ends(i).every(Number.isFinite))) return false;
        this.#known.set(output, from.map((form, i) => this.#bent(form, ends(i), bend))); // prettier-ignore
        this.relativeError += gamma(8);
        return true;
      }
      case 'join': {
        const joined = light.exactly?.();
        if (joined === undefined) return false;
        const images: (readonly Form[])[] = [];
        for (const [k, { factor, map }] of joined.images.entries()) {
          const from = this.#known.get(node.inputs[light.inputs[k]!]!);
          const image = from && this.#image(map, from);
          if (image === undefined) return false;
          images.push(image.map((form) => sumOf([[factor, form]])));
        }
        this.relativeError += gamma(2 * images.length + 8);
        const elements = Array.from({ length: images[0]!.length }, (_, i) => images.map((image) => image[i]!));
        if (joined.kind === 'sum')
          this.#known.set(output, elements.map((own) => sumOf(own.map((form) => [1, form])))); // prettier-ignore
        else {
          const sign = joined.kind === 'largest' ? 1 : -1;
          if (images.length !== 2) return false;
          this.#known.set(output, elements.map(([a, b]) => this.#extreme(a!, b!, sign))); // prettier-ignore
        }
        return true;
      }
      case 'constant':
      case 'gain':
      case 'unbounded':
      case 'unsupported':
        return false;
    }
  }

  /** Max and Min are (a + b) / 2 with half of |a - b| more or less. */
  #extreme(a: Form, b: Form, sign: 1 | -1): Form {
    const apart = this.#kink(sumOf([[1, a], [-1, b]]), true); // prettier-ignore
    return sumOf([[0.5, a], [0.5, b], [0.5 * sign, apart]]); // prettier-ignore
  }

  /** Any function with difference quotients between the two is their middle times x, and half of their distance times a kink. */
  #bent(form: Form, [lower, upper]: readonly [number, number], atZero: boolean): Form {
    const half = upper / 2 - lower / 2;
    const middle = sumOf([[lower / 2 + upper / 2, form]]);
    return half === 0 || form.parts.size === 0 ? { ...middle, exact: false } : { ...sumOf([[1, middle], [half, this.#kink(form, atZero)]]), exact: false }; // prettier-ignore
  }

  /** |form|, or another function of it of the same slopes. */
  #kink(form: Form, absolute: boolean): Form {
    const parts = [...form.parts].sort(([a], [b]) => a - b);
    const sign = Math.sign(parts[0]?.[1].value ?? 1);
    const key = absolute && form.exact ? JSON.stringify([sign * form.constant + 0, parts.map(([at, { value }]) => [at, sign * value])]) : undefined; // prettier-ignore
    let place = key === undefined ? undefined : this.#same.get(key);
    if (place === undefined) {
      place = this.entries + this.kinks.length;
      this.kinks.push(form);
      if (key !== undefined) this.#same.set(key, place);
    }
    return unitOf(place);
  }

  #image(map: LinearMap, from: readonly Form[]): readonly Form[] | undefined {
    const { structure, rows, columns, entryError } = map;
    this.relativeError += entryError;
    if (structure.kind === 'selection') {
      const places = map.apply(Float64Array.from({ length: columns }, (_, i) => i + 1));
      return Array.from(places, (place) => (place === 0 ? nothing : from[place - 1]!));
    }
    if (structure.kind === 'diagonal') {
      this.relativeError += gamma(4);
      return from.map((form, i) => ({ ...sumOf([[structure.entries[i]!, form]]), ...(entryError > 0 ? { exact: false } : {}) })); // prettier-ignore
    }
    if (rows * columns > mostProducts) return undefined;
    const terms: [number, Form][][] = Array.from({ length: rows }, () => []);
    const one = new Float64Array(columns);
    for (let j = 0; j < columns; j++) {
      one[j] = 1;
      let met = 0;
      map.apply(one).forEach((value, i) => {
        if (value !== 0) met = Math.max(++met, terms[i]!.push([value, from[j]!]));
      });
      if (met > mostParts) return undefined;
      one[j] = 0;
    }
    this.relativeError += gamma(2 * map.terms + 8);
    const image = terms.map((own) => ({ ...sumOf(own), ...(entryError > 0 ? { exact: false } : {}) }));
    return image.some(({ parts }) => parts.size > mostParts) ? undefined : image;
  }
}

const unitOf = (place: number): Form => ({
  parts: new Map([[place, { value: 1, size: 1 }]]),
  constant: 0,
  exact: true,
});

const nothing: Form = { parts: new Map(), constant: 0, exact: true };

function shifted(form: Form, by: number, error: number): Form {
  const sum = form.constant + by;
  return { ...form, constant: sum, exact: form.exact && error === 0 && lostIn(form.constant, by, sum) === 0 };
}

/** What rounding took away (Knuth's two-sum). */
function lostIn(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

/** Nobody loses a digit whose product with 2^-1, 1 or -1 is taken; of other factors it is not asked. */
const keepsDigits = (factor: number): boolean => Math.abs(factor) === 1 || Math.abs(factor) === 0.5;

function sumOf(terms: readonly (readonly [number, Form])[]): Form {
  const parts = new Map<number, Coefficient>();
  let [constant, exact] = [0, true];
  const add = (sum: number, value: number): number => {
    const total = sum + value;
    exact &&= lostIn(sum, value, total) === 0;
    return total;
  };
  for (const [factor, form] of terms) {
    const plain = form.constant === 0 && [...form.parts.values()].every(({ value }) => Math.abs(value) === 1);
    exact &&= form.exact && (plain || keepsDigits(factor));
    for (const [place, { value, size }] of form.parts) {
      const before = parts.get(place) ?? { value: 0, size: 0 };
      parts.set(place, { value: add(before.value, factor * value), size: before.size + Math.abs(factor) * size });
    }
    constant = add(constant, factor * form.constant);
  }
  return { parts, constant, exact };
}
