import type { Attribute, Node } from '../../network/network.ts';
import { nodeOf, type AttributeValue } from '../../network/new-node.ts';
import { tensorOfNumbers, type Shape, type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';

export type Attributes = Readonly<Record<string, AttributeValue | Attribute>>;

export const float = (value: number): Attribute => ({ kind: 'float', value });

/** The operator set that the readers of TensorFlow's formats write in. */
export const draftOpset = 21;

const mostNodes = 500_000;

/** A network in the making: nodes in the order in which they are computed, ids and names of tensors made unique. */
export class Draft {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Tensor>();
  readonly #taken = new Set<string>();
  readonly #repeats = new Map<string, number>();

  /** A name that no tensor has yet, and none will have. */
  reserve(name: string): string {
    return this.#unique(name);
  }

  /** The name of the tensor that the node makes, which is also the node's id. */
  node(op: string, id: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.outputs(op, id, inputs, 1, attributes)[0]!;
  }

  /** What a reader could not translate: a node that says why, so that the rest of the network still gets its answer. */
  untranslated(op: string, id: string, inputs: readonly string[], reason: string, domain: string): string {
    const name = this.node(op, id, inputs);
    this.nodes.push({ ...this.nodes.pop()!, domain, origin: { untranslated: reason } });
    return name;
  }

  outputs(
    op: string,
    id: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes = {},
  ): readonly string[] {
    const name = this.#unique(id);
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? name : this.#unique(`${name}:${i}`)));
    this.nodes.push(nodeOf(op, name, inputs, outputs, attributes));
    if (this.nodes.length > mostNodes) {
      throw new UserError('The model describes more operations than any network that can be analysed.');
    }
    return outputs;
  }

  /** Weights of the file. Asked again under the same name they are the same: a layer that is called twice has them once. */
  constant(tensor: Tensor): string {
    const known = this.constants.get(tensor.name);
    return known !== undefined && sameKind(known, tensor) ? tensor.name : this.#added(tensor);
  }

  floats(name: string, shape: Shape, numbers: ArrayLike<number>): string {
    return this.#added(tensorOfNumbers(name, shape, numbers, 'float32'));
  }

  integers(name: string, numbers: readonly number[]): string {
    return this.#added(tensorOfNumbers(name, [numbers.length], numbers, 'int64'));
  }

  integer(name: string, number: number): string {
    return this.#added(tensorOfNumbers(name, [], [number], 'int64'));
  }

  #added(tensor: Tensor): string {
    if (!tensor.shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      throw new UserError(
        `The weights ${JSON.stringify(tensor.name)} do not fit the layer that uses them: the file is damaged.`,
      );
    }
    const name = this.#unique(tensor.name);
    this.constants.set(name, name === tensor.name ? tensor : { ...tensor, name });
    return name;
  }

  scalar(name: string, value: number): string {
    return this.floats(name, [], [value]);
  }

  #unique(wanted: string): string {
    let count = this.#repeats.get(wanted) ?? 1;
    let name = wanted;
    while (this.#taken.has(name)) name = `${wanted}_${++count}`;
    this.#repeats.set(wanted, count);
    this.#taken.add(name);
    return name;
  }
}

const sameKind = (a: Tensor, b: Tensor): boolean =>
  a.type === b.type && a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
