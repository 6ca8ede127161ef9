import { expect } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { differentiable } from '../../core/derivatives/differentiable.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { openReference, pointOf } from './against-runtime.ts';
import { networkOf, type ConstantSketch, type NodeSketch } from './small-networks.ts';

export type Case = readonly [
  name: string,
  opset: number,
  input: readonly number[],
  nodes: readonly NodeSketch[],
  constants?: Readonly<Record<string, ConstantSketch>>,
];

/** As it is written, as we write it, and raised for derivatives, ONNX Runtime computes the same; and there is a rule for every part. */
export async function checkForms([, opset, input, nodes, constants = {}]: Case, engine: Engine): Promise<void> {
  const network = networkOf({
    opset,
    input,
    nodes,
    constants,
    output: nodes.at(-1)!.outputs?.[0] ?? `y${nodes.length - 1}`,
  });
  const { runnable, analysed, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
  for (const node of analysed.nodes) expect(ruleOf(analysed, node).kind).not.toBe('unsupported');
  const outputs = runnable.outputs.filter(({ name }) => name === output);
  await using truth = await openReference(network, engine);
  await using written = await openReference({ ...runnable, outputs }, engine);
  // In the operator set that derivatives are written in.
  await using raised = await openReference({ ...differentiable(runnable, 'float32'), outputs }, engine);
  expect(runnable.types.get(output)?.shape).toEqual(truth.shape);
  const point = pointOf(
    input.reduce((a, b) => a * b, 1),
    5,
  );
  const expected = await truth.evaluate(point);
  for (const one of [written, raised])
    (await one.evaluate(point)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
}
