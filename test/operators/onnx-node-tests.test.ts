import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { modelInMemory } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { readTensorProto } from '../../core/formats/onnx/tensor.ts';
import type { Network } from '../../core/network/network.ts';
import { isFloating, numbersOf, type Tensor } from '../../core/network/tensor.ts';
import { exactly } from '../../core/operators/enclosure.ts';
import { operatorOf } from '../../core/operators/index.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { lengthOf } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';

const root = '../shared/onnx-node-tests';
const missing = !existsSync(join(root, 'INDEX.json'));

interface Listed {
  readonly name: string;
  readonly expanded: boolean;
}

type Outcome = { readonly kind: 'covered' } | { readonly kind: 'excluded'; readonly reason: string };

const excluded = (reason: string): Outcome => ({ kind: 'excluded', reason });

const tensorsIn = (folder: string, prefix: string): Tensor[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .sort((a, b) => Number(/\d+/.exec(a)![0]) - Number(/\d+/.exec(b)![0]))
    .map((name) => readTensorProto(readFileSync(join(folder, name)), name));

/** ONNX's own examples: the first floating input stays free, the others are held at the example's values. */
async function follow(name: string, engine: Engine): Promise<Outcome> {
  const folder = join(root, name);
  let network: Network;
  try {
    network = readModel(modelInMemory(name, readFileSync(join(folder, 'model.onnx'))));
  } catch {
    return excluded('the reader refuses the file (sequences, optional values, functions)');
  }
  const foreign = network.nodes.find((node) => operatorOf(node) === undefined);
  if (foreign !== undefined) return excluded('the operator is not one we claim to know');
  const data = join(folder, 'test_data_set_0');
  let inputs: Tensor[];
  let outputs: Tensor[];
  try {
    inputs = tensorsIn(data, 'input_');
    outputs = tensorsIn(data, 'output_');
  } catch {
    return excluded('the example is no plain tensor');
  }
  const free = network.inputs.findIndex(({ type }) => type === 'float32' || type === 'float64');
  if (free < 0 || inputs.length !== network.inputs.length) return excluded('it has no float32 or float64 input');
  const constants = new Map(network.constants);
  network.inputs.forEach((input, index) => {
    if (index !== free) constants.set(input.name, { ...inputs[index]!, name: input.name });
  });
  const input = { ...network.inputs[free]!, shape: inputs[free]!.shape };
  const bound = { ...network, inputs: [input], constants };
  let prepared: Awaited<ReturnType<typeof prepare>>;
  try {
    prepared = await prepare(bound, { dims: {}, held: new Map() }, engine);
  } catch (error) {
    return excluded(`ONNX Runtime refuses it: ${String(error).slice(0, 80)}`);
  }
  const { runnable, output } = prepared;
  const expected = outputs[0]!;
  if (!isFloating(expected.type)) return excluded('its output is not floating');
  const unsupported = runnable.nodes.map((node) => ruleOf(runnable, node)).find((rule) => rule.kind === 'unsupported');
  if (unsupported?.kind === 'unsupported') return excluded(`unsupported: ${unsupported.reason}`);
  expect(runnable.types.get(output)?.shape, `${name}: shape`).toEqual(expected.shape);

  const point = numbersOf(inputs[free]!);
  const image = (await encloseNetwork(runnable, exactly(input.shape, point), workOf(), new Set([output]))).get(output);
  if (runnable.nodes.length === 0) return excluded('everything in it is constant');
  if (image === undefined) return excluded('no enclosure');
  const truth = numbersOf(expected);
  // This one's outputs were typed in with four digits; ONNX Runtime gives ours.
  const typed = name === 'test_averagepool_2d_ceil_last_window_starts_on_pad';
  const tolerance = typed ? 1e-4 : expected.type === 'float16' || expected.type === 'bfloat16' ? 1e-2 : 1e-5;
  const scale =
    1 +
    lengthOf(
      truth.map((value) => (Number.isFinite(value) ? value : 0)),
      'linf',
    );
  for (const [i, value] of truth.entries()) {
    if (!Number.isFinite(value)) continue;
    if (!(value >= image.lower[i]! - tolerance * scale && value <= image.upper[i]! + tolerance * scale))
      expect.fail(`${name}: output ${i} is ${value}, its enclosure [${image.lower[i]!}, ${image.upper[i]!}].`);
  }
  return { kind: 'covered' };
}

describe.skipIf(missing)(
  'The examples of the ONNX specification (skipped where ../shared/onnx-node-tests is missing)',
  () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await openEngine({ provider: 'cpu', threads: 1 });
    });
    afterAll(() => engine.dispose());

    it('shapes are those of the reference, and enclosures contain its outputs', { timeout: 60_000 }, async () => {
      const listed = JSON.parse(readFileSync(join(root, 'INDEX.json'), 'utf8')) as readonly Listed[];
      const reasons = new Map<string, string[]>();
      const wrong: string[] = [];
      let covered = 0;
      for (const { name } of listed) {
        try {
          const outcome = await follow(name, engine);
          if (outcome.kind === 'covered') covered++;
          else reasons.set(outcome.reason, [...(reasons.get(outcome.reason) ?? []), name]);
        } catch (error) {
          wrong.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
        }
      }
      const lines = [...reasons].map(
        ([reason, names]) => `${String(names.length).padStart(4)}  ${reason}: ${names.slice(0, 3).join(', ')}`,
      );
      console.info(`${covered} of ${listed.length} examples covered; left out:\n${lines.join('\n')}`);
      expect(wrong).toEqual([]);
      expect(covered).toBeGreaterThan(280);
    });
  },
);
