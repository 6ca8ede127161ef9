import type { Dimension, GraphValue, Network } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import { readBy } from '../../network/subgraph.ts';
import type { Tensor, TensorType } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ModelFile } from '../format.ts';
import { quoted } from '../wording.ts';
import { constantOf } from './constant-node.ts';
import { elementTypeOf, foreignTypeName } from './element-types.ts';
import { withoutCalls } from './function.ts';
import type { WrittenValue } from './graph.ts';
import { withIds } from './ids.ts';
import { readWrittenModel } from './model.ts';
import type { WrittenModel } from './model.ts';
import { inTopologicalOrder } from './order.ts';

/** From ONNX 1.0 (IR version 3) on, a file must say its operator set; before, there was only the first. */
const firstWithOperatorSets = 3;

export function readOnnx(file: ModelFile): Network {
  const { name } = file.source;
  const model = readWrittenModel(file);
  const { graph } = model;
  const constants = new Map<string, Tensor>();
  for (const tensor of graph.initializers) {
    if (tensor.name === '') throw new UserError(`${name} has an initializer without a name: export it again.`);
    if (constants.has(tensor.name)) throw twice(tensor.name, name);
    constants.set(tensor.name, tensor);
  }
  // Before IR version 4 every initializer was listed as an input, too; its value makes it a constant all the same.
  const inputs = graph.inputs
    .filter((input) => !constants.has(input.name))
    .map((input) => graphValue(input, 'Input', name));
  refuseEmptyInputs(inputs, name);
  const known = new Set(constants.keys());
  for (const input of inputs) claim(known, input.name, name);
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== '') claim(known, output, name);
    const constant = constantOf(node, name);
    if (constant) constants.set(constant.name, constant);
  }
  const written = withIds(graph.nodes.filter((node) => !constants.has(node.outputs[0] ?? '')));
  const nodes = withoutCalls(written, model.functions, constants, name);
  for (const node of nodes) for (const output of node.outputs) known.add(output);
  for (const tensor of constants.keys()) known.add(tensor);
  for (const node of nodes) {
    for (const input of readBy(node)) {
      if (input === '' || known.has(input)) continue;
      throw new UserError(
        `${name} is incomplete: node ${quoted(node.id)} (${node.op}) needs ${quoted(input)}, but no node, input or initializer provides it. Export it again.`,
      );
    }
  }
  return {
    format: 'onnx',
    opset: opsetOf(model, name),
    nodes: inTopologicalOrder(nodes, name),
    inputs,
    outputs: outputsOf(graph.outputs, known, name),
    constants,
    types: typesOf(graph.values),
  };
}

function opsetOf({ opset, irVersion }: WrittenModel, fileName: string): number {
  if (opset === undefined && irVersion < firstWithOperatorSets) return 1;
  if (opset !== undefined && opset >= 1 && Number.isSafeInteger(opset)) return opset;
  throw new UserError(
    `${fileName} does not say which version of the ONNX operators it is written in (opset_import): export it again.`,
  );
}

const twice = (tensor: string, fileName: string): UserError =>
  new UserError(
    `${fileName} defines the tensor ${quoted(tensor)} twice, so its meaning is not clear: export it again.`,
  );

function claim(known: Set<string>, tensor: string, fileName: string): void {
  if (known.has(tensor)) throw twice(tensor, fileName);
  known.add(tensor);
}

function outputsOf(
  outputs: readonly WrittenValue[],
  known: ReadonlySet<string>,
  fileName: string,
): readonly GraphValue[] {
  if (outputs.length === 0) throw new UserError(`${fileName} names no outputs, so there is nothing to inspect.`);
  const seen = new Set<string>();
  for (const { name } of outputs) {
    claim(seen, name, fileName);
    if (known.has(name)) continue;
    throw new UserError(
      `${fileName} is incomplete: no node, input or initializer provides its output ${quoted(name)}. Export it again.`,
    );
  }
  return outputs.map((output) => graphValue(output, 'Output', fileName));
}

/** Single inputs may be empty, as the regions of a Resize that uses none; a network fed with nothing at all has no slope. */
function refuseEmptyInputs(inputs: readonly GraphValue[], fileName: string): void {
  const [first] = inputs;
  if (!first?.shape || !inputs.every((input) => input.shape?.includes(0))) return;
  const shape = first.shape.map((size) => size ?? '?').join(', ');
  throw new UserError(
    `Input ${quoted(first.name)} of ${fileName} has an axis of size 0 (its shape is [${shape}]): export it with its real size.`,
  );
}

function graphValue(value: WrittenValue, role: 'Input' | 'Output', fileName: string): GraphValue {
  const where = `${role} ${quoted(value.name)} of ${fileName}`;
  if (value.kind !== 'tensor') {
    throw new UserError(`${where} is ${value.kind}, not a tensor; such models are not read yet.`);
  }
  // A type that is not stated is float32 in all files that were seen; ONNX Runtime refuses the file if it is not.
  const type = value.elementType === 0 ? 'float32' : elementTypeOf(value.elementType);
  if (type === undefined) {
    throw new UserError(`${where} has the type ${foreignTypeName(value.elementType)}, which is not read yet.`);
  }
  if (value.shape && !fitsMemory(value.shape)) {
    throw new UserError(`${where} declares a shape larger than any memory: the file is damaged.`);
  }
  return { name: value.name, type, shape: value.shape };
}

const mostAxes = 64;
const mostElements = 2 ** 32;

const fitsMemory = (shape: readonly Dimension[]): boolean =>
  shape.length <= mostAxes && elementCount(shape.map((size) => (typeof size === 'number' ? size : 1))) <= mostElements;

/** Declared types of intermediate tensors, where they are complete. */
function typesOf(values: readonly WrittenValue[]): ReadonlyMap<string, TensorType> {
  const types = new Map<string, TensorType>();
  for (const value of values) {
    const type = elementTypeOf(value.elementType);
    const shape = value.shape;
    if (type && value.kind === 'tensor' && shape?.every((size) => typeof size === 'number') && fitsMemory(shape)) {
      types.set(value.name, { type, shape });
    }
  }
  return types;
}
