import { text } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { required } from '../facts.ts';
import type { CompositeDefinition } from './composite.ts';
import type { Draft } from './draft.ts';

/** A tensor whose axes have names. */
interface Labelled {
  readonly name: string;
  readonly axes: readonly string[];
}

/** Sums of products over named axes, as transposes, matrix products and sums, one operand after the other. */
export const einsum: CompositeDefinition = {
  ops: ['Einsum'],
  becomes: ['Transpose', 'ReduceSum', 'Reshape', 'MatMul'],
  write(facts, draft) {
    const equation = text(facts.node, 'equation', '').replaceAll(' ', '');
    const [left = '', right] = equation.split('->');
    const terms = left.split(',');
    if (terms.length !== facts.node.inputs.length) return `its equation "${equation}" does not fit its inputs`;
    const sizes = new Map<string, number>();
    const operands = terms.map((term, index): Labelled => {
      const { shape } = required(facts, index);
      const axes = labelsOf(term, shape.length);
      axes.forEach((label, axis) => {
        if ((sizes.get(label) ?? 1) === 1) sizes.set(label, shape[axis]!);
      });
      return { name: facts.node.inputs[index]!, axes };
    });
    if (
      operands.some(({ axes }, index) =>
        axes.some((label, axis) => required(facts, index).shape[axis] !== sizes.get(label)),
      )
    )
      return 'its axes are stretched to others of the same name';
    const all = operands.flatMap(({ axes }) => axes);
    const dots = [...new Set(all.filter((label) => label.startsWith('.')))].sort();
    const once = [...new Set(all)].filter((label) => all.filter((other) => other === label).length === 1).sort();
    const output =
      right === undefined
        ? [...dots, ...once.filter((label) => !label.startsWith('.'))]
        : letters(right.replace('...', '.')).flatMap((label) => (label === '.' ? dots : [label]));
    const run = new Contraction(draft, sizes);
    let result = run.plain(operands[0]!, [...output, ...operands.slice(1).flatMap(({ axes }) => axes)]);
    operands.slice(1).forEach((operand, k) => {
      const needed = new Set([...output, ...operands.slice(k + 2).flatMap(({ axes }) => axes)]);
      result = run.product(result, run.plain(operand, [...needed, ...result.axes]), needed);
    });
    return [run.ordered(run.plain(result, output), output)];
  },
};

/** Letters, with "..." standing for the axes that are left, named from the end. */
function labelsOf(term: string, rank: number): string[] {
  const [before = '', after] = term.split('...');
  if (after === undefined) return letters(before);
  const count = rank - before.length - after.length;
  return [
    ...letters(before),
    ...Array.from({ length: count }, (_, k) => `.${String(100 - count + k)}`),
    ...letters(after),
  ];
}

/** Names of axes are single ASCII letters. */
const letters = (term: string): string[] => Array.from(term);

class Contraction {
  readonly #draft: Draft;
  readonly #sizes: ReadonlyMap<string, number>;

  constructor(draft: Draft, sizes: ReadonlyMap<string, number>) {
    this.#draft = draft;
    this.#sizes = sizes;
  }

  /** Every name once (a repeated one means the diagonal), and only those that are still needed. */
  plain({ name, axes }: Labelled, needed: readonly string[]): Labelled {
    let current: Labelled = { name, axes };
    for (const label of new Set(axes))
      while (current.axes.indexOf(label) !== current.axes.lastIndexOf(label)) current = this.#diagonal(current, label);
    const summed = current.axes.flatMap((label, axis) => (needed.includes(label) ? [] : [axis]));
    if (summed.length === 0) return current;
    return {
      name: this.#draft.reduceSum(current.name, summed, 0),
      axes: current.axes.filter((label) => needed.includes(label)),
    };
  }

  #diagonal({ name, axes }: Labelled, label: string): Labelled {
    const second = axes.lastIndexOf(label);
    const first = axes.indexOf(label);
    const rest = axes.filter((_, axis) => axis !== first && axis !== second);
    const size = this.#sizes.get(label)!;
    const perm = [...axes.keys()].filter((axis) => axis !== first && axis !== second);
    const moved = this.#draft.transpose(name, [first, second, ...perm]);
    const flat = this.#draft.reshape(moved, [size * size, ...this.#shape(rest)]);
    const places = this.#draft.integers(Array.from({ length: size }, (_, k) => k * (size + 1)));
    return { name: this.#draft.node('Gather', [flat, places], { axis: 0 }), axes: [label, ...rest] };
  }

  product(a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
    const shared = a.axes.filter((label) => b.axes.includes(label));
    const batch = shared.filter((label) => needed.has(label));
    const inner = shared.filter((label) => !needed.has(label));
    const rows = a.axes.filter((label) => !shared.includes(label));
    const columns = b.axes.filter((label) => !shared.includes(label));
    const matrices = (tensor: Labelled, order: readonly (readonly string[])[]): string =>
      this.#draft.reshape(
        this.ordered(tensor, order.flat()),
        order.map((labels) => elementCount(this.#shape(labels))),
      );
    const product = this.#draft.node('MatMul', [
      matrices(a, [batch, rows, inner]),
      matrices(b, [batch, inner, columns]),
    ]);
    const axes = [...batch, ...rows, ...columns];
    return { name: this.#draft.reshape(product, this.#shape(axes)), axes };
  }

  ordered({ name, axes }: Labelled, order: readonly string[]): string {
    return this.#draft.transpose(
      name,
      order.map((label) => axes.indexOf(label)),
    );
  }

  #shape(labels: readonly string[]): number[] {
    return labels.map((label) => this.#sizes.get(label)!);
  }
}
