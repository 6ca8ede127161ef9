import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { modelInMemory } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { readTensorProto } from '../../core/formats/onnx/tensor.ts';
import type { Network } from '../../core/network/network.ts';
import { isFloating, numbersOf, type Tensor } from '../../core/network/tensor.ts';
import { operatorOf } from '../../core/operators/index.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkDerivatives, type Outcome } from './checked-derivatives.ts';

const root = '../shared/onnx-node-tests';
const missing = !existsSync(join(root, 'INDEX.json'));

const tensorsIn = (folder: string, prefix: string): Tensor[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .sort((a, b) => Number(/\d+/.exec(a)![0]) - Number(/\d+/.exec(b)![0]))
    .map((name) => readTensorProto(readFileSync(join(folder, name)), name));

/** The first floating input is free, the others are held at the example's values. */
async function follow(name: string, engine: Engine): Promise<Outcome> {
  const leftOut = (reason: string): Outcome => ({ kind: 'missing', reason });
  const folder = join(root, name);
  let network: Network;
  let inputs: Tensor[];
  try {
    network = readModel(modelInMemory(name, readFileSync(join(folder, 'model.onnx'))));
    inputs = tensorsIn(join(folder, 'test_data_set_0'), 'input_');
  } catch {
    return leftOut('the reader refuses the file or the example is no plain tensor');
  }
  if (network.nodes.some((node) => operatorOf(node) === undefined))
    return leftOut('the operator is not one we claim to know');
  const free = network.inputs.findIndex(({ type }) => isFloating(type));
  if (free < 0 || inputs.length !== network.inputs.length) return leftOut('it has no floating input');
  const constants = new Map(network.constants);
  network.inputs.forEach((input, index) => {
    if (index !== free) constants.set(input.name, { ...inputs[index]!, name: input.name });
  });
  const input = { ...network.inputs[free]!, shape: inputs[free]!.shape };
  let prepared: Awaited<ReturnType<typeof prepare>>;
  try {
    prepared = await prepare({ ...network, inputs: [input], constants }, { dims: {}, held: new Map() }, engine);
  } catch {
    return leftOut('ONNX Runtime refuses it');
  }
  const { runnable, output } = prepared;
  const type = runnable.types.get(output);
  if (type === undefined || !isFloating(type.type)) return leftOut('its output is not floating');
  if (runnable.nodes.length === 0) return leftOut('everything in it is constant');
  const point = numbersOf(inputs[free]!).map((value, i) => value + 0.0137 * Math.sin(1 + 7 * i));
  if (point.length === 0 || !point.every(Number.isFinite)) return leftOut('the example is empty or not finite');
  return checkDerivatives(runnable, output, point, engine).catch((error: unknown) => {
    // Operator sets that are newer than this ONNX Runtime.
    if (String(error).includes('only *guarantees* support')) return leftOut('ONNX Runtime refuses it');
    throw error;
  });
}

describe.skipIf(missing)(
  'Derivatives of the examples of the ONNX specification (skipped where ../shared is missing)',
  () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await openEngine({ provider: 'cpu', threads: 1 });
    });
    afterAll(() => engine.dispose());

    it('J v is the difference quotient in doubles and J′ u its transpose', { timeout: 120_000 }, async () => {
      const listed = JSON.parse(readFileSync(join(root, 'INDEX.json'), 'utf8')) as readonly { readonly name: string }[];
      const reasons = new Map<string, string[]>();
      const wrong: string[] = [];
      const single = new Set<string>();
      const mostlyKinks: string[] = [];
      let checked = 0;
      for (const { name } of listed) {
        try {
          const outcome = await follow(name, engine);
          if (outcome.kind === 'missing') {
            reasons.set(outcome.reason, [...(reasons.get(outcome.reason) ?? []), name]);
            continue;
          }
          checked++;
          for (const op of outcome.inSingle) single.add(op);
          if (outcome.kinked > 0.2 * outcome.count) mostlyKinks.push(`${name} ${outcome.kinked}/${outcome.count}`);
        } catch (error) {
          wrong.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
        }
      }
      const lines = [...reasons].map(
        ([reason, names]) => `${String(names.length).padStart(4)}  ${reason}: ${names.slice(0, 4).join(', ')}`,
      );
      console.info(
        `${checked} of ${listed.length} examples checked; in float32: ${[...single].join(', ')}; kinks: ${mostlyKinks.join(', ')}; left out:\n${lines.join('\n')}`,
      );
      expect(wrong).toEqual([]);
      expect(checked).toBeGreaterThan(270);
    });
  },
);
