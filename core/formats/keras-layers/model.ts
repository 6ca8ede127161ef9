import type { Dimension, GraphValue, Network } from '../../network/network.ts';
import type { TensorType } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { Draft, draftOpset } from '../tensorflow/draft.ts';
import { Value, type Sizes } from '../tensorflow/value.ts';
import { argumentsWith, type Arguments } from '../keras-ops/given.ts';
import { isFunction, writeFunction } from '../keras-ops/index.ts';
import { quoted } from '../wording.ts';
import { functionalPlan, readsOf, sequentialPlan, type CallPlan, type Plan } from './plan.ts';
import { definitionOf } from './index.ts';
import { endsMarks, usesMarks } from './mask-flow.ts';
import { refusals } from './refused.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import {
  layerName,
  noArguments,
  noWeights,
  type Dialect,
  type InnerCall,
  type LayerCall,
  type LayerJson,
  type LayerWeights,
} from './layer.ts';
import { requireKnownMasks } from './masks.ts';
import { hasGraphOfItsOwn, isModel } from './model-classes.ts';
import { type Reference } from './calls.ts';
import { inputsByName } from './called-by-name.ts';
import { requirePlainWeights, widened } from './weight-forms.ts';
import { Settings } from './settings.ts';

const deepest = 32;

/** A Keras model as a network: its configuration says which layers there are, the weights what they learnt. */
export function networkOf(
  format: string,
  fileName: string,
  model: LayerJson,
  weights: LayerWeights,
  dialect: Dialect,
): Network {
  if (!isModel(model)) {
    throw new UserError(
      `${fileName} holds a model of the class ${quoted(model.className)}, whose Python code says what it does; only Sequential and functional models can be read. Export it to ONNX.`,
    );
  }
  return new Writer(format, fileName, dialect).network(model, widened(weights));
}

class Writer {
  readonly #draft = new Draft();
  readonly #calls = new Map<string, number>();
  readonly #types = new Map<string, TensorType>();
  readonly #functions = new Map<string, readonly Value[]>();
  readonly #numbers = new Map<Value, number>();
  readonly #notes = new Set<string>();
  readonly #format: string;
  readonly #fileName: string;
  readonly #dialect: Dialect;

  constructor(format: string, fileName: string, dialect: Dialect) {
    this.#format = format;
    this.#fileName = fileName;
    this.#dialect = dialect;
  }

  network(model: LayerJson, weights: LayerWeights): Network {
    const plan = this.#plan(model);
    const inputs = plan.inputs.map((input): GraphValue => {
      if (input.shape === undefined) {
        throw new UserError(
          `${this.#fileName} does not say what shape its input has: build the model (or call it once) before it is saved.`,
        );
      }
      return { name: this.#draft.reserve(input.name), type: input.type, shape: withBatch(input.shape) };
    });
    const values = inputs.map(({ name, type }, i) =>
      Value.plain(this.#draft, name, [null, ...plan.inputs[i]!.shape!.slice(1)], type),
    );
    const { values: outputs } = this.#run(plan, unmarked(values), weights, '', 0);
    return {
      format: this.#format,
      opset: draftOpset,
      outputs: this.#outputs(outputs, plan),
      nodes: this.#draft.nodes,
      inputs,
      constants: this.#draft.constants,
      types: this.#types,
      ...(this.#notes.size === 0 ? {} : { notes: [...this.#notes] }),
    };
  }

  #plan(model: LayerJson): Plan {
    const where = `${model.className} ${quoted(layerName(model))} of ${this.#fileName}`;
    if (hasGraphOfItsOwn(model))
      this.#notes.add(
        `${quoted(layerName(model))} is a model of the class ${quoted(model.className.replace(/^.*>/u, ''))}, whose Python code is never run. It is read as the graph of layers that the file holds for it, which is what it computes unless the class has a \`call\` of its own.`,
      );
    return model.className === 'Sequential' ? sequentialPlan(model, where) : functionalPlan(model, where);
  }

  /** Two outputs may be the same tensor, and one may be an input: each gets a name of its own. */
  #outputs(values: readonly Value[], plan: Plan): readonly GraphValue[] {
    if (values.length === 0) throw new UserError(`${this.#fileName} names no outputs, so there is nothing to inspect.`);
    const taken = new Set(plan.inputs.map(({ name }) => name));
    return values.map((value) => {
      let { name } = value;
      if (taken.has(name)) name = this.#draft.node('Identity', `${name}/output`, [name]);
      taken.add(name);
      return { name, type: value.type, shape: withBatch(value.shape) };
    });
  }

  #run(plan: Plan, given: Results, weights: LayerWeights, path: string, depth: number): Results {
    const inputs = given.values;
    if (depth > deepest) throw new UserError(`${this.#fileName} nests models deeper than any real one: it is damaged.`);
    if (inputs.length !== plan.inputs.length) {
      throw new UserError(
        `${this.#fileName} gives ${inputs.length} inputs to ${quoted(path)}, which has ${plan.inputs.length}: it is damaged.`,
      );
    }
    const members = weights.members(
      'layers',
      plan.members.map(({ layer }) => ({ className: layer.className, name: layerName(layer) })),
    );
    const weightsOf = new Map(plan.members.map(({ layer }, i) => [layer, members[i]!]));
    const made = new Map<string, Results>();
    plan.inputs.forEach((input, i) => made.set(input.key, { values: [inputs[i]!], marks: given.marks }));
    for (const call of inOrder(plan, this.#fileName)) {
      const { layer } = call;
      const layerId = path === '' ? layerName(layer) : `${path}/${layerName(layer)}`;
      const read = inputsByName(call, this.#fileName).map((reference) => resolve(made, reference, this.#fileName));
      const tensors = Object.fromEntries(
        Object.entries(call.tensors).map(([name, list]) => [
          name,
          list.map((reference) => resolve(made, reference, this.#fileName)),
        ]),
      );
      if (isFunction(layer)) {
        const given = argumentsWith(call.given, (reference) => resolve(made, reference, this.#fileName));
        made.set(call.key, unmarked(this.#function(call, this.#callId(layerId), layerId, read, given)));
        continue;
      }
      const inner: InnerCall = {
        id: this.#callId(layerId),
        layerId,
        inputs: read,
        weights: weightsOf.get(layer)!,
        arguments: { tensors, settings: call.settings },
      };
      const marks = readsOf(call).map(({ key }) => made.get(key)?.marks).find((name) => name !== undefined); // prettier-ignore
      made.set(call.key, this.#marked(layer, inner, marks, depth, call.shapes));
    }
    return {
      values: plan.outputs.map((reference) => resolve(made, reference, this.#fileName)),
      marks: plan.outputs.map(({ key }) => made.get(key)?.marks).find((name) => name !== undefined),
    };
  }

  /** A layer whose inputs may be marked, and the marks of what it gives. */
  #marked(
    layer: LayerJson,
    call: InnerCall,
    marks: string | undefined,
    depth: number,
    shapes: CallPlan['shapes'],
  ): Results {
    const { className, config } = layer;
    if (isModel(layer)) {
      const given = { values: call.inputs, marks };
      return this.#run(this.#plan(layer), given, call.weights, call.layerId, depth + 1);
    }
    if (marks !== undefined && usesMarks(className)) {
      const reason = `it skips the steps that ${quoted(marks)} marks, and jumps where a step begins to be one of them`;
      return unmarked([this.#untranslated(layer, call, reason, shapes)]);
    }
    const values = this.#write(layer, call, depth, shapes);
    if (className === 'Masking' || config['mask_zero'] === true) return { values, marks: call.layerId };
    return { values, marks: endsMarks(className) ? undefined : marks };
  }

  #function(
    { layer, shapes }: CallPlan,
    id: string,
    layerId: string,
    inputs: readonly Value[],
    given: Arguments<Value>,
  ): readonly Value[] {
    // Code writes x - mean twice where it means it once: written once, what is made of it is recognised.
    const said = JSON.stringify([
      layer.className,
      { ...layer.config, name: '' },
      argumentsWith(given, (value) => this.#numberOf(value)),
    ]);
    const known = this.#functions.get(said);
    if (known !== undefined) return known;
    const call: InnerCall = { id, layerId, inputs, weights: noWeights, arguments: noArguments };
    const made = this.#translated(layer, call, shapes, (whole) => writeFunction(whole, given), 0);
    this.#functions.set(said, made);
    return made;
  }

  /** Tensors told apart without asking for their names, which would lay them out. */
  #numberOf(value: Value): number {
    const known = this.#numbers.get(value) ?? this.#numbers.size;
    this.#numbers.set(value, known);
    return known;
  }

  /** A layer that is called again is told apart by the number of the call. */
  #callId(layerId: string): string {
    const count = (this.#calls.get(layerId) ?? 0) + 1;
    this.#calls.set(layerId, count);
    return count === 1 ? layerId : `${layerId}:${count}`;
  }

  #write(layer: LayerJson, call: InnerCall, depth: number, shapes: CallPlan['shapes']): readonly Value[] {
    if (isModel(layer)) {
      return this.#run(this.#plan(layer), unmarked(call.inputs), call.weights, call.layerId, depth + 1).values;
    }
    const definition = definitionOf.get(layer.className);
    const own = layer.module === '' || /^(?:tf_)?keras(?:\.|$)|^tensorflow/u.test(layer.module);
    return this.#translated(
      layer,
      call,
      shapes,
      (whole) => {
        if (definition === undefined || !own || (definition.commonName === true && layer.module === '')) {
          throw new Unsupported(
            (own ? refusals.get(layer.className) : undefined) ??
              `the layer ${layer.className} is not one of Keras with a fixed map, and its Python code is never run`,
          );
        }
        requirePlainWeights(whole);
        if (definition.takesMasks !== true) requireKnownMasks(whole);
        const written = definition.write(whole);
        return written instanceof Value ? [written] : written;
      },
      depth,
    );
  }

  /** What `write` makes of a call, or the node that says why it makes nothing. */
  #translated(
    layer: LayerJson,
    call: InnerCall,
    shapes: CallPlan['shapes'],
    write: (whole: LayerCall) => readonly Value[],
    depth: number,
  ): readonly Value[] {
    const where = `Layer ${quoted(layerName(layer))} (${layer.className}) of ${this.#fileName}`;
    const before = this.#draft.nodes.length;
    try {
      return write({
        ...call,
        className: layer.className,
        settings: new Settings(layer.config, where),
        draft: this.#draft,
        dialect: this.#dialect,
        write: (inner, innerCall) => {
          if (depth > deepest)
            throw new UserError(`${this.#fileName} nests layers deeper than any real model: it is damaged.`);
          return this.#write(inner, innerCall, depth + 1, undefined);
        },
      });
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      // What was begun of the layer would stand beside the node that stands for all of it.
      this.#draft.nodes.splice(before);
      return [this.#untranslated(layer, call, error.message, shapes)];
    }
  }

  #untranslated(layer: LayerJson, call: InnerCall, reason: string, shapes: CallPlan['shapes']): Value {
    const inputs = [...call.inputs, ...Object.values(call.arguments.tensors).flat()].map(({ name }) => name);
    const name = this.#draft.untranslated(layer.className, call.id, inputs, reason, 'keras');
    const first = call.inputs[0]?.shape ?? [null];
    const shape = shapes ?? first.map(() => null);
    const sizes = shape.slice(1);
    // With the shape that the file declares, the layers after it still get their norms.
    if (shapes !== undefined && sizes.every((size) => size !== null)) {
      this.#types.set(name, { type: 'float32', shape: [1, ...sizes] });
    }
    return Value.plain(this.#draft, name, shape);
  }
}

/** What a call gives, and the layer that marks steps of it for those that skip them, if there is one. */
interface Results {
  readonly values: readonly Value[];
  readonly marks: string | undefined;
}

const unmarked = (values: readonly Value[]): Results => ({ values, marks: undefined });

/** Paddings and repetitions of a damaged file may add up to sizes that no tensor has. */
const withBatch = (shape: Sizes): readonly Dimension[] => [
  'batch',
  ...shape.slice(1).map((size) => (Number.isSafeInteger(size) ? size : null)),
];

function resolve(made: ReadonlyMap<string, Results>, { key, index }: Reference, fileName: string): Value {
  const value = made.get(key)?.values[index];
  if (value !== undefined) return value;
  throw new UserError(
    `${fileName} is damaged: nothing makes the tensor ${quoted(`${key}/${index}`)}, which a layer or output needs.`,
  );
}

/** Calls so that each comes after those that it reads, with an explicit stack: chains may be long. */
function inOrder(plan: Plan, fileName: string): readonly CallPlan[] {
  const byKey = new Map(plan.calls.map((call) => [call.key, call]));
  const ordered: CallPlan[] = [];
  const done = new Set<CallPlan>();
  const begun = new Set<CallPlan>();
  for (const { key } of plan.outputs) {
    const start = byKey.get(key);
    if (start === undefined || done.has(start)) continue;
    const waiting = [{ call: start, reads: readsOf(start), next: 0 }];
    begun.add(start);
    for (let top = waiting.at(-1); top !== undefined; top = waiting.at(-1)) {
      const read = top.reads[top.next++];
      if (read === undefined) {
        waiting.pop();
        done.add(top.call);
        ordered.push(top.call);
        continue;
      }
      const before = byKey.get(read.key);
      if (before === undefined || done.has(before)) continue;
      if (begun.has(before)) {
        throw new UserError(
          `${fileName} has a cycle: layer ${quoted(layerName(before.layer))} needs, through others, its own output.`,
        );
      }
      begun.add(before);
      waiting.push({ call: before, reads: readsOf(before), next: 0 });
    }
  }
  return ordered;
}
