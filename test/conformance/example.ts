import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../core/compute/engine.ts';
import { modelInMemory } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { readTensorProto } from '../../core/formats/onnx/tensor.ts';
import { integer, type Network, type Node } from '../../core/network/network.ts';
import { elementCount, isFloating, numbersOf, type Tensor } from '../../core/network/tensor.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';

const exampleFolder = '../shared/onnx-node-tests';

/** The list of the ONNX project's examples. */
export const exampleIndex = join(exampleFolder, 'INDEX.json');

export const exampleNames = (): readonly string[] =>
  (JSON.parse(readFileSync(exampleIndex, 'utf8')) as readonly { readonly name: string }[]).map(({ name }) => name);

/** What became of one example of the ONNX specification. */
export type Outcome =
  | { readonly kind: 'covered' }
  /** Not a question that can be asked: no slope (integers), not inference, not a tensor. */
  | { readonly kind: 'beside'; readonly reason: string }
  /** A gap of ours. */
  | { readonly kind: 'open'; readonly reason: string };

export const beside = (reason: string) => ({ kind: 'beside', reason }) as const;
export const open = (reason: string) => ({ kind: 'open', reason }) as const;

/** An example made ready: the first floating input stays free, the others are held at the example's values. */
export interface Example {
  readonly kind: 'example';
  readonly name: string;
  readonly prepared: PreparedNetwork;
  readonly point: Float64Array;
  readonly expected: Tensor;
}

const tensorsIn = (folder: string, prefix: string): Tensor[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .sort((a, b) => Number(/\d+/.exec(a)![0]) - Number(/\d+/.exec(b)![0]))
    .map((name) => readTensorProto(readFileSync(join(folder, name)), name));

export async function openExample(
  name: string,
  engine: Engine,
): Promise<Example | Exclude<Outcome, { kind: 'covered' }>> {
  const folder = join(exampleFolder, name);
  let network: Network;
  try {
    network = readModel(modelInMemory(name, readFileSync(join(folder, 'model.onnx'))));
  } catch (error) {
    return open(`the reader refuses it: ${sentenceOf(error)}`);
  }
  const data = join(folder, 'test_data_set_0');
  let inputs: Tensor[];
  let outputs: Tensor[];
  try {
    inputs = tensorsIn(data, 'input_');
    outputs = tensorsIn(data, 'output_');
  } catch {
    return beside('an input or output is no tensor');
  }
  const floating = network.inputs.flatMap(({ type }, index) => (isFloating(type) ? [index] : []));
  if (floating.length === 0) return beside('no input is floating');
  const free = floating.find((index) => !network.nodes.some((node) => sizedBy(node, network.inputs[index]!.name)));
  if (free === undefined) return beside('its floating inputs state the size of its output');
  if (inputs.length !== network.inputs.length) return beside('an optional input is left out');
  const expected = outputs[0]!;
  if (!isFloating(expected.type)) return beside('its output is not floating');
  if (elementCount(inputs[free]!.shape) === 0 || elementCount(expected.shape) === 0)
    return beside('it has no elements');
  const held = new Map(network.constants);
  network.inputs.forEach((input, index) => {
    if (index !== free) held.set(input.name, { ...inputs[index]!, name: input.name });
  });
  const input = { ...network.inputs[free]!, shape: inputs[free]!.shape };
  try {
    const asked = { ...network, inputs: [input], constants: held };
    const prepared = await prepare(asked, { dims: {}, held: new Map() }, engine);
    if (prepared.runnable.nodes.some((node) => trains(prepared.runnable, node)))
      return beside('it is training, not inference');
    if (prepared.runnable.nodes.length === 0) return beside('its output does not depend on a floating input');
    return { kind: 'example', name, prepared, expected, point: numbersOf(inputs[free]!) };
  } catch (error) {
    return open(`preparing it fails: ${sentenceOf(error)}`);
  }
}

/** Inputs that say how many numbers come out, so that nothing is between two values of them. */
const sizing: Readonly<Record<string, readonly number[]>> = { OneHot: [1], Range: [0, 1, 2] };

const sizedBy = ({ op, inputs }: Node, input: string): boolean =>
  inputs.some((name, index) => name === input && sizing[op]?.includes(index) === true);

/** Whether ONNX Runtime's output for the file as it is differs from the reference output by more than roundings. */
export async function runtimeDisagrees(name: string, expected: Tensor, engine: Engine): Promise<boolean> {
  const folder = join(exampleFolder, name);
  const bytes = readFileSync(join(folder, 'model.onnx'));
  const network = readModel(modelInMemory(name, bytes));
  const given = tensorsIn(join(folder, 'test_data_set_0'), 'input_');
  if (!given.every(({ type }) => type === 'float32')) return false;
  const session = await engine.open(bytes, 'cpu');
  try {
    const feeds = given.map(({ shape, ...tensor }, k) => {
      const data = Float32Array.from(numbersOf({ shape, ...tensor }));
      return [network.inputs[k]!.name, { type: 'float32', shape, data }] as const;
    });
    const { data } = (await session.run(Object.fromEntries(feeds)))[network.outputs[0]!.name]!;
    return numbersOf(expected).some((value, i) => Math.abs(value - Number(data[i])) > 1e-3 * (1 + Math.abs(value)));
  } finally {
    await session.dispose();
  }
}

/** Dropout that drops and BatchNormalization that takes its statistics from the batch. */
const trains = (network: Network, node: Node): boolean =>
  (node.op === 'Dropout' && ruleOf(network, node).kind === 'unsupported') ||
  (node.op === 'BatchNormalization' && integer(node, 'training_mode', 0) === 1);

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 120) : String(error));

/** One line for each outcome, with the names of the examples. */
export function grouped(outcomes: ReadonlyMap<string, Outcome>): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, outcome] of outcomes) {
    const key = outcome.kind === 'covered' ? 'covered' : `${outcome.kind}: ${outcome.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return new Map([...groups].sort(([a], [b]) => a.localeCompare(b)));
}
