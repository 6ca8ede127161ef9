import { elementCount, numbersOf, type Tensor } from '../../network/tensor.ts';
import type { Draft } from '../tensorflow/draft.ts';
import type { Value } from '../tensorflow/value.ts';

/** The entries of a small tensor, row by row; null for one that is only known when the network runs. */
export type Numbers = readonly (number | null)[];

const most = 256;

const smallNumbers = (tensor: Tensor): Numbers | undefined =>
  tensor.type !== 'string' && elementCount(tensor.shape) <= most ? [...numbersOf(tensor)] : undefined;

/**
 * What the reader knows of the small tensors that say sizes. TensorFlow computes them as it computes everything (Shape, StridedSlice,
 * Pack, Reshape), mostly to keep the batch free; ONNX wants most of them fixed.
 */
export class KnownNumbers {
  readonly #draft: Draft;
  readonly #known = new WeakMap<Value, Numbers>();

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  of(value: Value): Numbers | undefined {
    const known = this.#known.get(value);
    if (known !== undefined || !value.isPlain) return known;
    const tensor = this.#draft.constants.get(value.name);
    const numbers = tensor === undefined ? undefined : smallNumbers(tensor);
    if (numbers !== undefined) this.#known.set(value, numbers);
    return numbers;
  }

  learn(value: Value, numbers: Numbers | undefined): void {
    if (numbers !== undefined && numbers.length <= most) this.#known.set(value, numbers);
  }

  /** What is known of an operation's result by what is known of its inputs. */
  learnFrom(op: string, inputs: readonly Value[], output: Value): void {
    if (this.#known.has(output)) return;
    const follow = Object.hasOwn(followers, op) ? followers[op] : undefined;
    if (follow === undefined) return;
    const given = inputs.map((input) => this.of(input));
    if (given.every((numbers) => numbers !== undefined)) this.learn(output, follow(given, output));
  }
}

type Follower = (inputs: readonly Numbers[], output: Value) => Numbers | undefined;

const each =
  (compute: (a: number, b: number) => number): Follower =>
  ([a = [], b = []]) => {
    const length = Math.max(a.length, b.length);
    if ((a.length !== length && a.length !== 1) || (b.length !== length && b.length !== 1)) return undefined;
    return Array.from({ length }, (_, i) => {
      const [left, right] = [a, b].map((numbers) => numbers[numbers.length === 1 ? 0 : i] ?? null);
      return typeof left !== 'number' || typeof right !== 'number' ? null : compute(left, right);
    });
  };

const folded =
  (from: number, compute: (a: number, b: number) => number): Follower =>
  ([numbers = []], output) => {
    if (!output.isRanked || output.rank !== 0) return undefined;
    return [numbers.reduce<number | null>((all, n) => (all === null || n === null ? null : compute(all, n)), from)];
  };

const followers: Readonly<Record<string, Follower | undefined>> = {
  Add: each((a, b) => a + b),
  AddV2: each((a, b) => a + b),
  Sub: each((a, b) => a - b),
  Mul: each((a, b) => a * b),
  RealDiv: each((a, b) => a / b),
  FloorDiv: each((a, b) => Math.floor(a / b)),
  FloorMod: each((a, b) => a - b * Math.floor(a / b)),
  Maximum: each(Math.max),
  Minimum: each(Math.min),
  Neg: ([numbers]) => numbers?.map((value) => (value === null ? null : -value)),
  Prod: folded(1, (a, b) => a * b),
  Sum: folded(0, (a, b) => a + b),
  Max: folded(Number.NEGATIVE_INFINITY, Math.max),
  Cast: ([numbers], { type }) =>
    type === 'float32' ? numbers : numbers?.map((value) => (value === null ? null : Math.trunc(value))),
};
