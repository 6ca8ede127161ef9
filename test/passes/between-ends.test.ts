import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import { openReference, pointOf } from '../operators/against-runtime.ts';
import { networkOf, weights, type NetworkSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** x -> features -> logits, with a shortcut from the features to the logits, and a second output of the features alone. */
const network: NetworkSketch = {
  input: [1, 3],
  nodes: [
    { op: 'MatMul', inputs: ['x', 'first'], outputs: ['before'] },
    { op: 'Relu', inputs: ['before'], outputs: ['features'] },
    { op: 'MatMul', inputs: ['features', 'second'], outputs: ['inner'] },
    { op: 'Tanh', inputs: ['inner'], outputs: ['bent'] },
    { op: 'Add', inputs: ['bent', 'features'], outputs: ['logits'] },
  ],
  constants: { first: weights([3, 4], 1), second: weights([4, 4], 2) },
};

const ask = (
  sketch: NetworkSketch,
  ends: { readonly input?: string; readonly output?: string },
): Promise<PreparedNetwork> => prepare(networkOf(sketch), { ...ends, dims: {}, held: new Map() }, engine);

async function valuesOf({ runnable, output }: PreparedNetwork, point: Float64Array): Promise<Float64Array> {
  const outputs = runnable.outputs.filter(({ name }) => name === output);
  await using reference = await openReference({ ...runnable, outputs }, engine);
  return await reference.evaluate(point);
}

const expectClose = (found: ArrayLike<number>, wanted: ArrayLike<number>): void => {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(found[i]).toBeCloseTo(wanted[i]!, 5);
};

describe('A question about a part of a network', () => {
  it('ends at a logit, or at the difference of two', async () => {
    const point = pointOf(3, 5);
    const all = await valuesOf(await ask(network, {}), point);
    for (const at of [0, 3]) {
      const one = await ask(network, { output: `logits[${at}]` });
      expect(one.output).toBe(`logits[${at}]`);
      expectClose(await valuesOf(one, point), [all[at]!]);
    }
    expectClose(await valuesOf(await ask(network, { output: 'logits[3]-[1]' }), point), [all[3]! - all[1]!]);
    expectClose(await valuesOf(await ask(network, { output: 'logits[2]-[2]' }), point), [0]);
  });

  it('ends at a tensor in the midst, and knows only the layers before it', async () => {
    const { runnable, output } = await ask(network, { output: 'features' });
    expect(output).toBe('features');
    expect(runnable.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Relu']);
  });

  it('begins at a tensor in the midst, and is the rest of the function', async () => {
    const point = pointOf(3, 6);
    const features = await valuesOf(await ask(network, { output: 'features' }), point);
    const rest = await ask(network, { input: 'features' });
    expect(rest.input).toBe('features');
    expect(rest.runnable.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Tanh', 'Add']);
    expectClose(await valuesOf(rest, features), await valuesOf(await ask(network, {}), point));
    const both = await ask(network, { input: 'features', output: 'bent[1]' });
    expect((await valuesOf(both, features)).length).toBe(1);
  });

  it('takes the name of a node for what the node gives', async () => {
    expect((await ask(network, { output: 'Relu_1' })).output).toBe('features');
    expect((await ask(network, { input: 'Relu_1', output: 'Add_4' })).runnable.nodes).toHaveLength(3);
    const point = pointOf(3, 5);
    const pair = await valuesOf(await ask(network, { output: 'Add_4[3]-[1]' }), point);
    expectClose(pair, await valuesOf(await ask(network, { output: 'logits[3]-[1]' }), point));
    // A tensor of that name comes first.
    const twice = { ...network, nodes: [...network.nodes, { op: 'Neg', inputs: ['logits'], outputs: ['Relu_1'] }] };
    expect((await ask(twice, { output: 'Relu_1' })).runnable.nodes).toHaveLength(6);
  });

  it('takes a name with brackets as it is', async () => {
    const bracketed = { ...network, nodes: [...network.nodes, { op: 'Relu', inputs: ['logits'], outputs: ['z[1]'] }] };
    expect((await ask(bracketed, { output: 'z[1]' })).runnable.nodes).toHaveLength(6);
    expect((await valuesOf(await ask(bracketed, { output: 'z[1][2]' }), pointOf(3, 7))).length).toBe(1);
  });

  it.each([
    [
      { output: 'nothing' },
      'There is no output "nothing", nor an inner tensor or node of that name; the outputs are "logits".',
    ],
    [
      { output: 'nothing[0]' },
      'There is no output "nothing", nor an inner tensor or node of that name; the outputs are "logits".',
    ],
    [
      { input: 'nothing' },
      'There is no input "nothing", nor an inner tensor or node of that name; the inputs are "x".',
    ],
    [{ output: 'logits[4]' }, '"logits" has 4 components, counted from 0: there is no [4].'],
    [{ input: 'logits', output: 'features' }, '"features" does not depend on "logits".'],
    [{ input: 'features', output: 'features' }, 'The question begins and ends at "features".'],
    [
      { input: 'inner' },
      '"logits" depends on the input not only through "inner": other paths meet it at the Add node "Add_4". Choose a tensor that all paths go through.',
    ],
  ])('%j is refused in a sentence', async (ends, sentence) => {
    await expect(ask(network, ends)).rejects.toThrow(sentence);
  });
});
