import { isNamed, namesIn, type Argument, type Call, type Program, type TensorMeta } from './program.ts';

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

type Write = Pick<Call, 'target' | 'arguments'>;

const write = (target: string, given: Readonly<Record<string, Argument>>): Write => ({
  target,
  arguments: new Map(Object.entries(given)),
});

const only = (given: Call['arguments'], ...names: readonly string[]): Readonly<Record<string, Argument>> =>
  Object.fromEntries(names.flatMap((name) => (given.has(name) ? [[name, given.get(name)!]] : [])));

/** How what is written into a view gets into the tensor behind it. */
type Put = (view: Call, base: string, value: string, sizes: TensorMeta['sizes']) => Write | undefined;

const inTheShapeOfItsBase: Put = (_, __, value, sizes) =>
  sizes.every((size) => typeof size === 'number')
    ? write('aten.view', { self: { name: value }, size: sizes })
    : undefined;

/** Calls that give a view whatever they are given, and none that is a copy. */
const certain: Readonly<Record<string, Put>> = {
  'aten.slice': ({ arguments: given }, base, value) =>
    write('aten.slice_scatter', { self: { name: base }, src: { name: value }, ...only(given, 'dim', 'start', 'end', 'step') }), // prettier-ignore
  'aten.narrow': ({ arguments: given }, base, value) => {
    const [start, length] = [given.get('start'), given.get('length')];
    if (typeof start !== 'number' || typeof length !== 'number' || start < 0) return undefined;
    return write('aten.slice_scatter', { self: { name: base }, src: { name: value }, ...only(given, 'dim'), start, end: start + length }); // prettier-ignore
  },
  'aten.select': ({ arguments: given }, base, value) =>
    write('aten.select_scatter', { self: { name: base }, src: { name: value }, ...only(given, 'dim', 'index') }),
  'aten.transpose': ({ arguments: given }, _, value) =>
    write('aten.transpose', { self: { name: value }, ...only(given, 'dim0', 'dim1') }),
  'aten.view': inTheShapeOfItsBase,
  'aten.unsqueeze': inTheShapeOfItsBase,
  'aten.squeeze': inTheShapeOfItsBase,
};

/** Calls whose output is the very tensor that they are given. */
const same = new Set(
  ['detach', 'alias', 'dropout', 'feature_dropout', 'alpha_dropout', 'lift_fresh'].map((name) => `aten.${name}`),
);

/** Whether what a call gives may lie in the memory of its first tensor. */
export const sharesMemory = (target: string): boolean => views.has(target) || same.has(target) || isInPlace(target);

/** A call that gives a tensor anew, and the name that the tensor had. */
interface Restored {
  readonly call: Call;
  readonly like: string;
}

type ValueOf = (name: string, depth: number) => string | undefined;

/** Views of views in a damaged file. */
const mostViews = 64;

/**
 * A program of torch.export may write into tensors; a graph of ONNX has values only. After a write, the tensor's name stands for the new
 * value. What lies in the same memory changes with it: a tensor whose view was written gets the view's new value put into it, and its other
 * views are taken anew. Where one of them may or may not be a view (as what reshape gives), the write is not understood.
 */
export class Memory {
  readonly #lastUse = new Map<string, number>();
  readonly #held: (name: string) => string;
  /** The value that a tensor has now, by the name under which its memory was first known. */
  readonly #values = new Map<string, string>();
  readonly #roots = new Map<string, string>();
  /** The call that made a view, and the root of which it is one. */
  readonly #madeBy = new Map<string, { readonly call: Call; readonly base: string }>();
  readonly #sizes: Program['values'];
  /** Names, of roots, that share memory: one set for all of them. */
  readonly #shared = new Map<string, Set<string>>();

  constructor({ calls, outputs, values }: Program, held: (name: string) => string) {
    this.#held = held;
    this.#sizes = values;
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

  /**
   * Calls that give the changed views what they are after a write, in their order (what functionalisation does to a program when it is
   * decomposed); undefined where it is not certain.
   */
  restored(call: Call, changed: ReadonlyMap<string, string>): readonly Restored[] | undefined {
    if (changed.size === 0) return [];
    const output = call.outputs[0]!;
    const root = this.#root(writtenBy(call));
    const pieceOf = this.#pieces(root);
    const made = new Map([[root, output]]);
    const calls: Restored[] = [];
    const valueOf = (name: string, depth: number): string | undefined => {
      const known = made.get(name);
      if (known !== undefined || depth > mostViews) return known;
      const piece = pieceOf.get(name);
      const write =
        piece === undefined ? this.#takenAnew(name, depth, valueOf) : this.#putInto(name, piece, depth, valueOf);
      if (write === undefined) return undefined;
      const value = changed.get(name) ?? `${output}/${name}`;
      const { metadata } = call;
      calls.push({ like: name, call: { ...write, outputs: [value], metadata } });
      made.set(name, value);
      return value;
    };
    return [...changed.keys()].every((name) => valueOf(name, 0) !== undefined) ? calls : undefined;
  }

  /** The tensors that a view is one of, directly or through others, each with the view of it that leads there. */
  #pieces(view: string): ReadonlyMap<string, string> {
    const pieces = new Map<string, string>();
    for (let name = view; pieces.size < mostViews;) {
      const base = this.#madeBy.get(name)?.base;
      if (base === undefined) break;
      pieces.set(base, name);
      name = base;
    }
    return pieces;
  }

  #putInto(name: string, piece: string, depth: number, valueOf: ValueOf): Write | undefined {
    const { call } = this.#madeBy.get(piece)!;
    const put = Object.hasOwn(certain, call.target) ? certain[call.target] : undefined;
    const value = put === undefined ? undefined : valueOf(piece, depth + 1);
    return value === undefined ? undefined : put!(call, name, value, this.#sizes.get(name)?.sizes ?? ['?']);
  }

  #takenAnew(name: string, depth: number, valueOf: ValueOf): Write | undefined {
    const made = this.#madeBy.get(name);
    if (made === undefined || !Object.hasOwn(certain, made.call.target)) return undefined;
    const base = valueOf(made.base, depth + 1);
    if (base === undefined) return undefined;
    return write(made.call.target, { ...Object.fromEntries(made.call.arguments), self: { name: base } });
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
    else if (views.has(call.target)) for (const view of call.outputs) this.#share(view, root, call);
  }

  #usedAfter(root: string, at: number): boolean {
    const names = [root, ...[...this.#roots].flatMap(([name, of]) => (of === root ? [name] : []))];
    return names.some((name) => (this.#lastUse.get(name) ?? -1) > at);
  }

  #share(view: string, root: string, call: Call): void {
    if (call.outputs.length === 1) this.#madeBy.set(view, { call, base: root });
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
