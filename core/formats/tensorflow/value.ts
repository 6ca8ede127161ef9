import type { Dimension } from '../../network/network.ts';
import type { ElementType } from '../../network/tensor.ts';
import type { Draft } from './draft.ts';
import { Unsupported } from './unsupported.ts';

export type Sizes = readonly (number | null)[];

/**
 * A tensor of the model. TensorFlow keeps channels last, ONNX's layers want them second: a value knows under which names it exists in
 * either order, and is transposed only where somebody asks for the other one, so that a row of convolutions stays in one order.
 */
export class Value {
  readonly #shape: Sizes | undefined;
  readonly type: ElementType;
  readonly #draft: Draft;
  #plain: string | undefined;
  #channelsFirst: string | undefined;

  private constructor(
    draft: Draft,
    shape: Sizes | undefined,
    type: ElementType,
    plain?: string,
    channelsFirst?: string,
  ) {
    this.#draft = draft;
    this.#shape = shape;
    this.type = type;
    this.#plain = plain;
    this.#channelsFirst = channelsFirst;
  }

  static plain(draft: Draft, name: string, shape: Sizes, type: ElementType = 'float32'): Value {
    return new Value(draft, shape, type, name);
  }

  /** `shape` in the model's order, channels last. */
  static channelsFirst(draft: Draft, name: string, shape: Sizes, type: ElementType = 'float32'): Value {
    return new Value(draft, shape, type, undefined, name);
  }

  /** What nothing says the number of axes of, since it comes from something that is not understood. */
  static unranked(draft: Draft, name: string, type: ElementType = 'float32'): Value {
    return new Value(draft, undefined, type, name);
  }

  /** In the model's own order; null where it is not fixed. The first axis is the batch. */
  get shape(): Sizes {
    if (this.#shape !== undefined) return this.#shape;
    throw new Unsupported('nothing says how many axes its input has');
  }

  get isRanked(): boolean {
    return this.#shape !== undefined;
  }

  /** What it goes into can only have so many axes. */
  withRank(rank: number): Value {
    if (this.#shape === undefined)
      return Value.plain(
        this.#draft,
        this.name,
        range(0, rank).map(() => null),
        this.type,
      );
    if (this.#shape.length === rank) return this;
    throw new Unsupported(`its input has ${this.#shape.length} axes instead of ${rank}`);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** The tensor in the model's own order. */
  get name(): string {
    return (this.#plain ??= this.#draft.node(
      'Transpose',
      `${this.#channelsFirst!}/channels last`,
      [this.#channelsFirst!],
      { perm: [0, ...range(2, this.rank), 1] },
    ));
  }

  /** The tensor with the last axis of the model's order in second place. */
  get firstName(): string {
    const { rank } = this;
    if (rank < 3) return this.name;
    return (this.#channelsFirst ??= this.#draft.node('Transpose', `${this.#plain!}/channels first`, [this.#plain!], {
      perm: [0, rank - 1, ...range(1, rank - 1)],
    }));
  }

  get isPlain(): boolean {
    return this.#plain !== undefined;
  }

  get isChannelsFirst(): boolean {
    return this.#channelsFirst !== undefined;
  }

  /** What acts on every entry is applied in the order that is there. */
  entrywise(apply: (name: string) => string, type: ElementType = this.type): Value {
    return this.isChannelsFirst
      ? new Value(this.#draft, this.#shape, type, undefined, apply(this.#channelsFirst!))
      : new Value(this.#draft, this.#shape, type, apply(this.name));
  }
}

/** Places along an axis are listed; a damaged size must not fill the memory. */
const mostPlaces = 2 ** 22;

export function range(from: number, to: number): number[] {
  if (to - from > mostPlaces) throw new Unsupported(`it goes along ${to - from} places, more than are listed`);
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

export const asDimensions = (shape: Sizes): readonly Dimension[] => shape;
