import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { norms } from '../../core/bound.ts';
import type { Engine, NumericArray } from '../../core/compute/engine.ts';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { modelInMemory } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { readTensorProto } from '../../core/formats/onnx/tensor.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { analyse } from '../../core/inspection/layers.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount, isFloating, numbersOf, type Tensor } from '../../core/network/tensor.ts';
import { exactly } from '../../core/operators/enclosure.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import { lengthOf } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { numbers } from '../operators/small-networks.ts';
import { constants } from '../operators/against-runtime.ts';

export const exampleFolder = '../shared/onnx-node-tests';

/** What became of one example of the ONNX specification. */
export type Outcome =
  | { readonly kind: 'covered' }
  /** Not a question that can be asked: no slope (integers), not inference, not a tensor. */
  | { readonly kind: 'beside'; readonly reason: string }
  /** A gap of ours. */
  | { readonly kind: 'open'; readonly reason: string };

const beside = (reason: string): Outcome => ({ kind: 'beside', reason });
const open = (reason: string): Outcome => ({ kind: 'open', reason });

const tensorsIn = (folder: string, prefix: string): Tensor[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .sort((a, b) => Number(/\d+/.exec(a)![0]) - Number(/\d+/.exec(b)![0]))
    .map((name) => readTensorProto(readFileSync(join(folder, name)), name));

/**
 * One example of the ONNX project: the first floating input stays free, the others are held at the example's values. The network is
 * read, prepared and written again; ONNX Runtime must then give the reference output, the enclosure of the point must contain it, and no
 * difference quotient may exceed the bound. Throws, with the numbers, where one of these fails.
 */
export async function follow(name: string, engine: Engine): Promise<Outcome> {
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
  const free = network.inputs.findIndex(({ type }) => isFloating(type));
  if (free < 0) return beside('no input is floating');
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
  let prepared: PreparedNetwork;
  try {
    prepared = await prepare({ ...network, inputs: [input], constants: held }, { dims: {}, held: new Map() }, engine);
  } catch (error) {
    return open(`preparing it fails: ${sentenceOf(error)}`);
  }
  const { runnable, output } = prepared;
  if (runnable.nodes.length === 0) return beside('its output does not depend on a floating input');
  const obstacle = runnable.nodes
    .map((node) => ({ node, rule: ruleOf(runnable, node) }))
    .find(({ rule }) => rule.kind === 'unsupported' && rule.follows !== true);
  if (obstacle?.rule.kind === 'unsupported') return open(`${obstacle.node.op}: ${obstacle.rule.reason}`);
  await checkExample(name, prepared, expected, numbersOf(inputs[free]!), engine);
  const image = runnable.types.get(output);
  if (JSON.stringify(image?.shape) !== JSON.stringify(expected.shape))
    throw new Error(`its shape is inferred as [${image?.shape.join(', ') ?? '?'}], not [${expected.shape.join(', ')}]`);
  return { kind: 'covered' };
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 120) : String(error));

/** Outputs of float16 and bfloat16 examples were rounded on the way; one example was typed in with four digits. */
function toleranceOf(name: string, prepared: PreparedNetwork, expected: Tensor): number {
  if (name === 'test_averagepool_2d_ceil_last_window_starts_on_pad') return 1e-4;
  if (expected.type === 'bfloat16') return 3e-2;
  return expected.type === 'float16' || prepared.notes.length > 0 ? 5e-3 : 2e-5;
}

async function checkExample(
  name: string,
  prepared: PreparedNetwork,
  expected: Tensor,
  point: Float64Array,
  engine: Engine,
): Promise<void> {
  const { runnable, output } = prepared;
  const truth = numbersOf(expected);
  const scale =
    1 +
    lengthOf(
      truth.map((value) => (Number.isFinite(value) ? value : 0)),
      'linf',
    );
  const slack = toleranceOf(name, prepared, expected) * scale;
  const { shape, type } = runnable.types.get(runnable.inputs[0]!.name)!;
  const image = (await encloseNetwork(runnable, exactly(shape, point), workOf(), new Set([output]))).get(output);
  if (image === undefined) throw new Error('it has no enclosure');
  for (const [i, value] of truth.entries())
    if (Number.isFinite(value) && !(value >= image.lower[i]! - slack && value <= image.upper[i]! + slack))
      throw new Error(`output ${i} is ${value}, its enclosure [${image.lower[i]!}, ${image.upper[i]!}]`);

  const graph = { ...runnable, outputs: runnable.outputs.filter((value) => value.name === output) };
  const session = await engine.open(writeOnnx(graph), 'cpu');
  const run = async (at: Float64Array): Promise<Float64Array> => {
    const array: NumericArray = { type, shape, data: type === 'float64' ? at : Float32Array.from(at) };
    const values = (await session.run({ [runnable.inputs[0]!.name]: array }))[output]!.data;
    return Float64Array.from(values as ArrayLike<number | bigint>, Number);
  };
  try {
    for (const [i, value] of (await run(point)).entries())
      if (Number.isFinite(truth[i]!) && !(Math.abs(value - truth[i]!) <= slack))
        throw new Error(`written again, output ${i} is ${value} and not ${truth[i]!}`);
    // Norms of larger maps are written down for minutes.
    if (point.length <= 4000) await checkQuotients(prepared, point, run);
  } finally {
    await session.dispose();
  }
}

/** Pairs around the example's point, near and far, against the constants on the box that holds them and on the whole space. */
async function checkQuotients(
  { analysed, output }: PreparedNetwork,
  point: Float64Array,
  run: (at: Float64Array) => Promise<Float64Array>,
): Promise<void> {
  const { shape } = analysed.types.get(analysed.inputs[0]!.name)!;
  const reach = 0.3;
  const box = {
    shape,
    lower: point.map((x) => Math.fround(x - reach)),
    upper: point.map((x) => Math.fround(x + reach)),
  };
  const boxes = await encloseNetwork(analysed, box, workOf(), 'all');
  const everywhere = constants(analysed, output, analyse(analysed, undefined));
  const inBox = constants(analysed, output, analyse(analysed, boxes));
  for (let k = 0; k < 6; k++) {
    const inside = (seed: number, width: number): Float64Array => {
      const random = numbers(point.length, seed);
      return point.map((x, i) =>
        Math.fround(Math.min(box.upper[i]!, Math.max(box.lower[i]!, x + width * reach * random[i]!))),
      );
    };
    const x = inside(2 * k + 1, 1);
    const y = k % 2 === 0 ? inside(2 * k + 2, 1) : x.map((value, i) => (i === (7 * k) % x.length ? point[i]! : value));
    const [fx, fy] = [await run(x), await run(y)];
    for (const norm of norms) {
      const moved = lengthOf(
        fx.map((value, i) => value - fy[i]!),
        norm,
      );
      const noise = 4e-6 * (lengthOf(fx, norm) + lengthOf(fy, norm)) + 1e-6;
      const distance = lengthOf(
        x.map((value, i) => value - y[i]!),
        norm,
      );
      const bound = Math.min(everywhere[norm], inBox[norm]);
      if (Number.isFinite(moved) && !(moved - noise <= bound * distance * (1 + 1e-6)))
        throw new Error(`a ${norm} quotient of ${moved / distance} exceeds the bound ${bound}`);
    }
  }
}
