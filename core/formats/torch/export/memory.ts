import { isNamed, namesIn, type Call, type Program } from './program.ts';

/** "aten.relu_": writes its result into its first tensor, as nn.ReLU(inplace=True) does. */
export const isInPlace = (target: string): boolean => /^aten\.\w*[a-z\d]_$/u.test(target);

export const outOfPlace = (target: string): string => (isInPlace(target) ? target.slice(0, -1) : target);

/** Calls whose output is another view of the memory of their first tensor, or may be. */
const views = new Set(
  [
    ['view', 'view_as', '_unsafe_view', 'reshape', 'reshape_as', 'flatten', 'unflatten', 'squeeze', 'unsqueeze'],
    ['permute', 'transpose', 't', 'numpy_T', 'mT', 'movedim', 'swapaxes', 'swapdims'],
    ['slice', 'narrow', 'select', 'split', 'split_with_sizes', 'chunk', 'unbind', 'unfold', 'diagonal', 'as_strided'],
    [
      'tensor_split',
      'hsplit',
      'vsplit',
      'dsplit',
      'unsafe_split',
      'unsafe_chunk',
      'meshgrid',
      'ravel',
      'mH',
      'matrix_H',
    ],
    ['expand', 'expand_as', 'broadcast_to', 'contiguous', 'to', 'type_as', '_to_copy', 'positive', '_reshape_alias'],
  ]
    .flat()
    .map((name) => `aten.${name}`),
);

/** Calls whose output is the very tensor that they are given. */
const same = new Set(
  ['detach', 'alias', 'dropout', 'feature_dropout', 'alpha_dropout', 'lift_fresh'].map((name) => `aten.${name}`),
);

/** Whether what a call gives may lie in the memory of its first tensor. */
export const sharesMemory = (target: string): boolean => views.has(target) || same.has(target) || isInPlace(target);

/**
 * A program of torch.export may write into tensors; a graph of ONNX has values only. After a write, the tensor's name stands for the new
 * value. A view of it would change with it, which values cannot show: where such a view is used afterwards, the write is not understood.
 */
export class Memory {
  readonly #lastUse = new Map<string, number>();
  readonly #held: (name: string) => string;
  /** The value that a tensor has now, by the name under which its memory was first known. */
  readonly #values = new Map<string, string>();
  readonly #roots = new Map<string, string>();
  /** Names, of roots, that share memory: one set for all of them. */
  readonly #shared = new Map<string, Set<string>>();

  constructor({ calls, outputs }: Program, held: (name: string) => string) {
    this.#held = held;
    calls.forEach((call, at) => {
      for (const name of namesIn([...call.arguments.values()])) this.#lastUse.set(name, at);
    });
    for (const name of outputs) this.#lastUse.set(name, calls.length);
  }

  current(name: string): string {
    return this.#values.get(this.#root(name)) ?? this.#held(name);
  }

  /**
   * What a write changes besides the tensor itself: views that are used after it, each with a name for what it is then. A graph of values
   * cannot say what they are.
   */
  changedViews(call: Call, at: number): ReadonlyMap<string, string> {
    if (!isInPlace(call.target)) return new Map();
    const root = this.#root(writtenBy(call));
    const views = [...(this.#shared.get(root) ?? [])].filter((name) => name !== root && this.#usedAfter(name, at));
    return new Map(views.map((name) => [name, `${call.outputs[0] ?? call.target}/${name}`]));
  }

  /** Keeps account of a call, once it is written. */
  after(call: Call, at: number): void {
    const [output] = call.outputs;
    if (output === undefined) return;
    const root = this.#root(writtenBy(call));
    if (isInPlace(call.target)) {
      for (const [name, value] of this.changedViews(call, at)) this.#values.set(name, value);
      this.#roots.set(output, root);
      this.#values.set(root, output);
    } else if (same.has(call.target)) this.#roots.set(output, root);
    else if (views.has(call.target)) for (const view of call.outputs) this.#share(view, root);
  }

  #usedAfter(root: string, at: number): boolean {
    const names = [root, ...[...this.#roots].flatMap(([name, of]) => (of === root ? [name] : []))];
    return names.some((name) => (this.#lastUse.get(name) ?? -1) > at);
  }

  #share(view: string, root: string): void {
    const set = this.#shared.get(root) ?? new Set([root]);
    set.add(view);
    this.#shared.set(root, set);
    this.#shared.set(view, set);
  }

  #root(name: string): string {
    return this.#roots.get(name) ?? name;
  }
}

/** Its first tensor. */
export function writtenBy({ arguments: given }: Call): string {
  const first = given.get('self') ?? given.get('input') ?? [...given.values()][0];
  return isNamed(first) ? first.name : '';
}
