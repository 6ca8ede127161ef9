import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { nodeOf } from '../../core/network/new-node.ts';
import type { Network, Subgraph } from '../../core/network/network.ts';
import { elementCount, tensorOfNumbers } from '../../core/network/tensor.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime, openReference, pointOf } from '../operators/against-runtime.ts';
import { ints, networkOf, weights, type NetworkSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

/** ONNX Runtime computes the file's own operators, and what they were written out as: both must agree. */
async function sameFunction(network: Network): Promise<readonly string[]> {
  const { runnable } = await prepare(network, { dims: {}, held: new Map() }, engine);
  await using before = await openReference(network, engine);
  await using after = await openReference(runnable, engine);
  const size = elementCount(runnable.types.get('x')!.shape);
  for (const seed of [1, 2]) {
    const [expected, found] = [await before.evaluate(pointOf(size, seed)), await after.evaluate(pointOf(size, seed))];
    expect(found.length).toBe(expected.length);
    found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  }
  return runnable.nodes.map(({ op }) => op);
}

const recurrent = (
  op: string,
  gates: number,
  options: { direction?: string; steps?: number; attributes?: object },
): NetworkSketch => {
  const directions = options.direction === 'bidirectional' ? 2 : 1;
  return {
    opset: 21,
    input: [options.steps ?? 3, 1, 4],
    nodes: [
      {
        op,
        inputs: ['x', 'w', 'r', 'b'],
        attributes: { hidden_size: 2, direction: options.direction ?? 'forward', ...options.attributes },
      },
    ],
    constants: {
      w: weights([directions, gates * 2, 4], 3),
      r: weights([directions, gates * 2, 2], 4),
      b: weights([directions, 2 * gates * 2], 5, 0.3),
    },
  };
};

describe('Recurrent layers over a known length', () => {
  it.each(['LSTM', 'GRU', 'RNN'])('%s, in every direction, is unrolled into the same function', async (op) => {
    const gates = { LSTM: 4, GRU: 3, RNN: 1 }[op]!;
    for (const direction of ['forward', 'reverse', 'bidirectional'])
      await sameFunction(networkOf(recurrent(op, gates, { direction })));
    if (op === 'GRU') await sameFunction(networkOf(recurrent(op, gates, { attributes: { linear_before_reset: 1 } })));
  });

  it('an LSTM, a GRU and an RNN stay below their constants on a box', async () => {
    await checkAgainstRuntime(networkOf(recurrent('RNN', 1, {})), engine, { width: 1e-7 });
    for (const [op, gates] of [
      ['LSTM', 4],
      ['GRU', 3],
    ] as const)
      await checkAgainstRuntime(networkOf(recurrent(op, gates, { steps: 2 })), engine, {
        unboundedEverywhere: true,
        width: 1e-7,
      });
  });
});

const graph = (value: Subgraph): { kind: 'graph'; value: Subgraph } => ({ kind: 'graph', value });

describe('Control flow', () => {
  const truth = (value: boolean) => ({
    ...tensorOfNumbers('c', [], [0], 'int64'),
    type: 'bool' as const,
    bytes: () => Uint8Array.of(Number(value)),
  });
  const body = (op: string): Subgraph => ({
    nodes: [nodeOf(op, 'inner', ['x'], ['r'])],
    inputs: [],
    outputs: ['r'],
    constants: new Map(),
  });
  const choice = (value: boolean): Network => {
    const sketch = networkOf({ input: [1, 3], nodes: [{ op: 'If', inputs: ['c'], outputs: ['y'] }] });
    const node = nodeOf('If', 'choice', ['c'], ['y'], {
      then_branch: graph(body('Relu')),
      else_branch: graph(body('Tanh')),
    });
    return { ...sketch, nodes: [node], constants: new Map([['c', truth(value)]]) };
  };

  it('an If whose condition is known becomes its branch', async () => {
    expect(await sameFunction(choice(true))).toEqual(['Relu']);
    expect(await sameFunction(choice(false))).toEqual(['Tanh']);
  });

  it('a Loop of a known number of rounds is unrolled, states and collected values', async () => {
    const loop: Subgraph = {
      nodes: [
        nodeOf('Tanh', 'tanh', ['state'], ['next']),
        nodeOf('Identity', 'on', ['going'], ['still going']),
        nodeOf('Add', 'sum', ['next', 'x'], ['seen']),
      ],
      inputs: [
        { name: 'round', type: 'int64', shape: [] },
        { name: 'going', type: 'bool', shape: [] },
        { name: 'state', type: 'float32', shape: null },
      ],
      outputs: ['still going', 'next', 'seen'],
      constants: new Map(),
    };
    const sketch = networkOf({
      input: [1, 3],
      nodes: [{ op: 'Loop', inputs: ['n', '', 'x'], outputs: ['last', 'all'] }],
      output: 'all',
    });
    const node = nodeOf('Loop', 'loop', ['n', '', 'x'], ['last', 'all'], { body: graph(loop) });
    const ops = await sameFunction({
      ...sketch,
      nodes: [node],
      constants: new Map([['n', tensorOfNumbers('n', [], [3], 'int64')]]),
    });
    expect(ops.filter((op) => op === 'Tanh')).toHaveLength(3);
  });

  it('a Scan over a known axis is unrolled, in both directions', async () => {
    const scan: Subgraph = {
      nodes: [nodeOf('Add', 'add', ['sum', 'item'], ['total']), nodeOf('Relu', 'relu', ['total'], ['seen'])],
      inputs: [
        { name: 'sum', type: 'float32', shape: null },
        { name: 'item', type: 'float32', shape: null },
      ],
      outputs: ['total', 'seen'],
      constants: new Map(),
    };
    const sketch = networkOf({
      input: [3, 2],
      nodes: [{ op: 'Scan', inputs: ['z', 'x'], outputs: ['last', 'all'] }],
      output: 'all',
    });
    for (const direction of [0, 1]) {
      const node = nodeOf('Scan', 'scan', ['z', 'x'], ['last', 'all'], {
        body: graph(scan),
        num_scan_inputs: 1,
        scan_input_directions: [direction],
        scan_output_directions: [1 - direction],
      });
      await sameFunction({
        ...sketch,
        nodes: [node],
        constants: new Map([['z', tensorOfNumbers('z', [2], [0, 0], 'float32')]]),
      });
    }
  });
});

describe('Attention, rotary embedding and gates', () => {
  it('attention of any heads and masks is written out as the same function', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ group: fc.constantFrom(1, 2), causal: fc.constantFrom(0, 1), steps: fc.constantFrom(2, 3) }),
        async ({ group, causal, steps }) => {
          const network = networkOf({
            opset: 23,
            input: [1, 2 * group, steps, 3],
            nodes: [{ op: 'Attention', inputs: ['x', 'k', 'v'], attributes: { is_causal: causal } }],
            constants: { k: weights([1, 2, 4, 3], 2), v: weights([1, 2, 4, 2], 3) },
          });
          await sameFunction(network);
        },
      ),
      { numRuns: 6, seed: 1 },
    );
  });

  it('self-attention is unbounded on the whole space and bounded on a box', async () => {
    const network = networkOf({
      opset: 23,
      input: [1, 1, 3, 2],
      nodes: [{ op: 'Attention', inputs: ['x', 'x', 'x'] }],
    });
    await checkAgainstRuntime(network, engine, { unboundedEverywhere: true, interval: [-1, 1], width: 1e-7 });
  });

  it('a rotary embedding turns pairs', async () => {
    const network = networkOf({
      opset: 23,
      input: [1, 2, 3, 4],
      nodes: [{ op: 'RotaryEmbedding', inputs: ['x', 'cos', 'sin', 'at'] }],
      constants: { cos: weights([5, 2], 1), sin: weights([5, 2], 2), at: { ...ints([0, 2, 4]), shape: [1, 3] } },
    });
    await sameFunction(network);
  });
});

describe('Half precision', () => {
  it('a float16 network is the same function in float32, and says so', async () => {
    const half = (name: string, bits: readonly number[]) => ({
      name,
      type: 'float16' as const,
      shape: [bits.length],
      bytes: () => new Uint8Array(Uint16Array.from(bits).buffer),
    });
    const sketch = networkOf({ input: [1, 2], nodes: [{ op: 'Mul', inputs: ['x', 'w'] }] });
    const network: Network = {
      ...sketch,
      inputs: [{ name: 'x', type: 'float16', shape: [1, 2] }],
      // 1.5 and -2.
      constants: new Map([['w', half('w', [0x3e00, 0xc000])]]),
      types: new Map(),
    };
    const { runnable, notes } = await prepare(network, { dims: {}, held: new Map() }, engine);
    await using reference = await openReference(runnable, engine);
    expect([...(await reference.evaluate(Float64Array.of(2, 3)))]).toEqual([3, -6]);
    expect(notes.join()).toContain('float16');
  });
});
