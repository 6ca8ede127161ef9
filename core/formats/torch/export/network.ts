import type { GraphValue, Network } from '../../../network/network.ts';
import type { Tensor, TensorType } from '../../../network/tensor.ts';
import { UserError } from '../../../sentence.ts';
import { quoted } from '../../wording.ts';
import { Builder, NotUnderstood } from './builder.ts';
import { writtenOut } from './higher-order/written-out.ts';
import { Memory } from './memory.ts';
import { translationOf } from './operators/index.ts';
import { reasonOf } from './operators/refused.ts';
import { namesIn, type Program, type TensorMeta } from './program.ts';
import { typeOfCode } from './scalar-types.ts';

/** The version of ONNX's operators that the translations are written in. */
const opset = 21;

/** Calls that compute nothing. */
const assertion = /^aten\.(?:_assert|_functional_assert|sym_constrain)\w*$/u;

export function networkOf(exported: Program, tensors: ReadonlyMap<string, Tensor>, file: string): Network {
  const program = writtenOut(exported, tensors);
  if (program.outputs.length === 0) throw new UserError(`${file} names no outputs, so there is nothing to inspect.`);
  const { held, constants } = heldTensors(program, tensors, file);
  const memory = new Memory(program, (name) => held.get(name) ?? name);
  const used = new Set([...namesIn(program.calls.flatMap((call) => [...call.arguments.values()])), ...program.outputs]);
  const values = new Map(program.values);
  const builder = new Builder(constants, values, (name) => memory.current(name), used);
  const notes: string[] = [];
  program.calls.forEach((call, at) => {
    builder.begin(call);
    const before = builder.nodes.length;
    const changed = memory.changedViews(call, at);
    try {
      if (assertion.test(call.target)) return;
      const translate = translationOf(call.target);
      if (translate === undefined) throw new NotUnderstood(call.refused ?? reasonOf(call.target));
      if (call.outputs.length === 0) return;
      const restored = memory.restored(call, changed);
      if (restored === undefined) throw new NotUnderstood('it writes into a tensor of which other views are used afterwards, some of which may be copies'); // prettier-ignore
      translate(builder);
      for (const { call: change, like } of restored) {
        if (values.has(like)) values.set(change.outputs[0]!, values.get(like)!);
        builder.begin(change);
        translationOf(change.target)!(builder);
      }
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      builder.nodes.length = before;
      builder.begin(call);
      builder.foreign(error.message, [...changed.values()]);
      if (error.message !== '')
        notes.push(`${call.target} at ${quoted(call.outputs[0] ?? '')} is not understood: ${error.message}.`);
    }
    memory.after(call, at);
  });
  const inputs = program.inputs.map((name) => valueOf(name, program.values, file));
  refuseDangling(builder, inputs, program, file);
  return {
    format: 'pt2',
    opset,
    nodes: builder.nodes,
    inputs,
    outputs: program.outputs.map((name) => ({ ...valueOf(name, program.values, file), name: memory.current(name) })),
    constants: builder.constants,
    types: typesOf(values),
    notes,
  };
}

/** A name of the state dict that is also one of the graph would mean two things; then the graph's own name for it stays. */
function heldTensors(program: Program, tensors: ReadonlyMap<string, Tensor>, file: string) {
  const held = new Map<string, string>();
  const constants = new Map<string, Tensor>();
  const used = new Set(namesIn(program.calls.flatMap((call) => [...call.arguments.values()])));
  for (const [inGraph, inModel] of program.held) {
    const tensor = tensors.get(inModel);
    if (tensor === undefined) {
      if (!used.has(inGraph)) continue;
      throw new UserError(`${file} holds no numbers for ${quoted(inModel)}, which its program uses: export it again.`);
    }
    const name = program.values.has(inModel) ? inGraph : inModel;
    held.set(inGraph, name);
    constants.set(name, { ...tensor, name });
  }
  return { held, constants };
}

function valueOf(name: string, values: ReadonlyMap<string, TensorMeta>, file: string): GraphValue {
  const meta = values.get(name);
  const type = meta === undefined ? undefined : typeOfCode(meta.dtype);
  if (meta === undefined || type === undefined)
    throw new UserError(`${file} does not say what its input or output ${quoted(name)} is: export it again.`);
  return { name, type, shape: meta.sizes };
}

/** Types of tensors between, where no size is free. */
const typesOf = (values: ReadonlyMap<string, TensorMeta>): ReadonlyMap<string, TensorType> =>
  new Map(
    [...values].flatMap(([name, { dtype, sizes }]): [string, TensorType][] => {
      const type = typeOfCode(dtype);
      const shape = sizes.filter((size) => typeof size === 'number');
      return type === undefined || shape.length !== sizes.length ? [] : [[name, { type, shape }]];
    }),
  );

function refuseDangling(builder: Builder, inputs: readonly GraphValue[], program: Program, file: string): void {
  const known = new Set([...builder.constants.keys(), ...inputs.map(({ name }) => name), '']);
  for (const node of builder.nodes) {
    const missing = node.inputs.find((name) => !known.has(name));
    if (missing !== undefined)
      throw new UserError(
        `${file} is incomplete: ${node.op} at ${quoted(node.id)} needs ${quoted(missing)}, which nothing before it gives.`,
      );
    for (const output of node.outputs) {
      if (output !== '' && known.has(output))
        throw new UserError(`${file} defines ${quoted(output)} twice: export it again.`);
      known.add(output);
    }
  }
  const lost = program.outputs.find((name) => !known.has(name) && !program.held.has(name));
  if (lost !== undefined) throw new UserError(`${file} is incomplete: nothing gives its output ${quoted(lost)}.`);
}
