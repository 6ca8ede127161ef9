import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { runInspection } from '../../../core/cli/run-inspection.ts';
import { memorySource } from '../../../core/formats/bytes.ts';
import { chainJson, readChain } from '../../../core/formats/weights/chain/chain.ts';
import { proposeChain } from '../../../core/formats/weights/chain/propose.ts';
import type { Chain } from '../../../core/network/layer-chain.ts';
import { openNetwork } from '../../../core/inspection/open-model.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';

const weights = resolve('test/formats/same/models/net.safetensors');
let engine: Engine;
beforeAll(async () => void (engine = await openEngine({ provider: 'cpu', threads: 1 })));
afterAll(() => engine.dispose());

function proposed(): Chain {
  using opened = openNetwork({ file: weights });
  return proposeChain(opened.network.unconnected!.layers)!;
}

const ask = (file: string, chain?: Chain) => {
  const request = {
    ...defaultRequest(file),
    budgetSeconds: 3,
    threads: 1,
    ...(chain === undefined ? {} : { chain: { ...chain, by: 'chain.json' } }),
  };
  return runInspection(request, engine, new AbortController().signal);
};

test('a chain is proposed from names and sizes, and called a guess', () => {
  const { basis, input, steps } = proposed();
  expect(basis).toMatch(/^a guess from the order of/u);
  expect(input).toEqual([1, null, null]);
  expect(steps).toEqual([
    { layer: 'conv.weight' },
    { function: 'Relu' },
    { flatten: true },
    { layer: 'hidden.weight' },
    { function: 'Relu' },
    { layer: 'out.weight' },
  ]);
});

test('it is written and read again', () => {
  const chain = proposed();
  const bytes = new TextEncoder().encode(chainJson(chain));
  expect(readChain(memorySource('chain.json', bytes))).toEqual(chain);
});

test('a chain that says too little of the input is refused with a sentence', async () => {
  await expect(ask(weights, proposed())).rejects.toThrow(/put numbers in the place of null/u);
});

test('mended by the user it gives the interval of the network, as an estimate that names what it rests on', async () => {
  const guess = proposed();
  const steps = guess.steps.map((step) =>
    'layer' in step && step.layer === 'conv.weight' ? { ...step, stride: 2 } : step,
  );
  const answer = await ask(weights, { ...guess, basis: 'the word of the user', input: [1, 4, 4], steps });
  const whole = await ask(resolve('test/formats/same/models/net.onnx'));
  const [ours, theirs] = [answer.lipschitz.l2!, whole.lipschitz.l2!];
  // However far each run came within its budget, both intervals hold the one constant, and the product is the same.
  expect(ours.lower.value).toBeLessThanOrEqual(theirs.upper.value!);
  expect(theirs.lower.value).toBeLessThanOrEqual(ours.upper.value!);
  const productOf = ({ bounds }: typeof answer) => bounds.findLast(({ method }) => method === 'product')!.value;
  expect(Math.abs(productOf(answer) - productOf(whole))).toBeLessThan(1e-6 * productOf(whole));
  expect(answer.assumption).toBe('its layers following one another as chain.json says: the word of the user');
  expect(answer.notes[0]).toContain(answer.assumption!);
  expect(answer.notes[1]).toBe('The chain: input 1×4×4, conv (stride 2), Relu, flatten, hidden, Relu, out.');
  expect(answer.chain).toMatchObject({ state: 'supposed', basis: 'the word of the user', steps });
  const rigors = [...answer.bounds, ours.lower, ours.upper as { rigor: string }].map(({ rigor }) => rigor);
  expect(new Set(rigors)).toEqual(new Set(['estimate']));
  expect(JSON.stringify(answer)).not.toContain('certificate');
  const rigorOf = (id: string) => answer.layers.find((layer) => layer.id.startsWith(id))?.norms.l2?.rigor;
  expect([rigorOf('conv'), rigorOf('hidden')]).toEqual(['estimate', 'certified']);
});

test('a model with a graph takes no chain', async () => {
  await expect(ask(resolve('test/formats/same/models/net.onnx'), proposed())).rejects.toThrow(
    /has a graph of its own/u,
  );
});
