import type { Tensor } from '../../../../network/tensor.ts';
import { NotUnderstood } from '../builder.ts';
import { isInner, isNamed, type Argument, type Call, type Graph, type Program, type TensorMeta } from '../program.ts';
import { KnownScalars } from './known-scalars.ts';
import { rulesFor } from './rules.ts';

/** The most calls that loops may become, those that are given up again among them, and the most graphs within graphs. */
const mostCalls = 30_000;
const deepest = 16;

/**
 * The program without graphs inside its calls: what torch.no_grad wraps, the branch of a cond that is taken, the rounds of scan, map and
 * while_loop stand there as plain calls. A call whose graph cannot be chosen without knowing the input stays, with the reason.
 */
export function writtenOut(program: Program, tensors: ReadonlyMap<string, Tensor>): Program {
  if (!program.calls.some((call) => [...call.arguments.values()].some(isInner))) return program;
  const writer = new Writer(program, tensors);
  for (const call of program.calls) writer.write(call, 0);
  return { ...program, calls: writer.calls, values: writer.values };
}

/** Writes the calls of graphs into the program around them. */
export class Writer {
  readonly calls: Call[] = [];
  readonly values: Map<string, TensorMeta>;
  readonly known: KnownScalars;
  #written = 0;

  constructor(program: Program, tensors: ReadonlyMap<string, Tensor>) {
    this.values = new Map(program.values);
    this.known = new KnownScalars(program, tensors);
  }

  write(call: Call, depth: number): void {
    const rule = rulesFor(call);
    if (depth > 0 && ++this.#written > mostCalls) throw new NotUnderstood(`it becomes more than ${mostCalls} calls`);
    if (rule === undefined) {
      this.#add(call);
      return;
    }
    const before = this.calls.length;
    try {
      if (depth > deepest) throw new NotUnderstood(`it lies more than ${deepest} graphs deep`);
      rule(new Expansion(this, call, depth));
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      this.calls.length = before;
      this.#add({ ...call, refused: error.message });
    }
  }

  #add(call: Call): void {
    this.calls.push(call);
    this.known.learn(call);
  }
}

/** One call with graphs inside, on its way to become plain calls. */
export class Expansion {
  readonly #writer: Writer;
  readonly #depth: number;
  readonly call: Call;

  constructor(writer: Writer, call: Call, depth: number) {
    this.#writer = writer;
    this.call = call;
    this.#depth = depth;
  }

  /** The arguments by their place. */
  get given(): readonly Argument[] {
    return [...this.call.arguments.values()];
  }

  graph(at: number): Graph {
    const given = this.given[at];
    if (!isInner(given)) throw new NotUnderstood('it holds no graph where one belongs');
    return given.graph();
  }

  list(at: number): readonly Argument[] {
    const given = this.given[at] ?? [];
    if (!Array.isArray(given)) throw new NotUnderstood('its arguments are no list');
    return given as readonly Argument[];
  }

  /** A number that follows from the file alone. */
  known(value: Argument | undefined): number | undefined {
    return this.#writer.known.of(value);
  }

  /** What a graph gives for known numbers, where that follows from them. */
  evaluated(graph: Graph, given: readonly Argument[]): number | undefined {
    return this.#writer.known.evaluated(graph, given);
  }

  sizes(name: string): readonly (number | string)[] {
    return this.#writer.values.get(name)?.sizes ?? [];
  }

  /** The calls of a graph, under names of their own; what it gives. */
  inline(graph: Graph, given: readonly Argument[], prefix: string): readonly Argument[] {
    if (given.length < graph.inputs.length) throw new NotUnderstood('its graph takes more than it is given');
    const names = new Map<string, Argument>();
    graph.inputs.forEach((input, at) => {
      if (isNamed(input)) names.set(input.name, given[at]!);
    });
    const own = `${this.call.outputs[0] ?? this.call.target}/${prefix}`;
    const renamed = (value: Argument): Argument => {
      if (isNamed(value)) return names.get(value.name) ?? value;
      return Array.isArray(value) ? (value as readonly Argument[]).map(renamed) : value;
    };
    for (const call of graph.calls) {
      const inputs = new Map([...call.arguments].map(([name, value]) => [name, renamed(value)] as const));
      for (const output of call.outputs) {
        if (output === '') continue;
        names.set(output, { name: `${own}${output}` });
        const meta = graph.values.get(output);
        if (meta !== undefined) this.#writer.values.set(`${own}${output}`, meta);
      }
      const outputs = call.outputs.map((output) => (output === '' ? '' : `${own}${output}`));
      this.#writer.write({ ...call, arguments: inputs, outputs }, this.#depth + 1);
    }
    return graph.outputs.map(renamed);
  }

  /** A call of our own between. */
  emit(target: string, given: Readonly<Record<string, Argument>>, output: string, meta?: TensorMeta): Argument {
    if (meta !== undefined) this.#writer.values.set(output, meta);
    const call = { target, arguments: new Map(Object.entries(given)), outputs: [output], metadata: this.call.metadata };
    this.#writer.write(call, this.#depth + 1);
    return { name: output };
  }

  meta(name: string): TensorMeta | undefined {
    return this.#writer.values.get(name);
  }

  /** The outputs of the call are these. */
  finish(results: readonly Argument[]): void {
    this.call.outputs.forEach((output, at) => {
      if (output === '') return;
      const result = results[at];
      if (result === undefined || !isNamed(result))
        throw new NotUnderstood('its graph gives something that is no tensor');
      this.emit('aten.alias', { self: result }, output);
    });
  }
}
