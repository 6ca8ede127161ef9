import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { elementTypeCodes } from '../../core/network/element-type-codes.ts';
import { eightBitNumbers, type EightBitFloat } from '../../core/network/eight-bit-floats.ts';
import type { Network } from '../../core/network/network.ts';
import { numbersOf } from '../../core/network/tensor.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare, type Preparation } from '../../core/passes/prepare.ts';
import { checkAgainstRuntime } from './against-runtime.ts';
import { levels, whole, withWhole } from './quantised-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const prepared = (network: Network, asked: Partial<Preparation> = {}) =>
  prepare(network, { dims: {}, held: new Map(), ...asked }, engine);

/** The types that ONNX Runtime computes with; 8 bits of exponent are a scale alone. */
const types = ['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz'] as const;

describe.each(types)('Weights in %s', (type) => {
  const finite = levels(400, 0, 255).filter((byte) => Number.isFinite(eightBitNumbers[type][byte]!));
  const w = whole('w', type, [3, 5], finite.slice(0, 15));

  it('that are cast are the numbers that ONNX Runtime makes of them', async () => {
    const every = whole('w', type, [256], levels(256, 0, 255));
    const network = withWhole(
      {
        input: [1, 256],
        nodes: [
          { op: 'Cast', inputs: ['w'], outputs: ['real'], attributes: { to: 1 } },
          { op: 'Add', inputs: ['x', 'real'] },
        ],
      },
      [every],
    );
    const { analysed } = await prepared(network);
    expect([...numbersOf(analysed.constants.get('real')!)]).toEqual([...numbersOf(every)]);
  });

  it.each([19, 21])('that are taken back by a scale are folded into real ones (operator set %i)', async (opset) => {
    const network = withWhole(
      {
        opset,
        input: [1, 3],
        nodes: [
          { op: 'DequantizeLinear', inputs: ['w', 's'], outputs: ['real'] },
          { op: 'MatMul', inputs: ['x', 'real'] },
        ],
        constants: { s: { shape: [], values: [0.07] } },
      },
      [w],
    );
    const { analysed, runnable } = await prepared(network);
    expect(analysed.nodes.map(({ op }) => op)).toEqual(['MatMul']);
    const taken = [...numbersOf(w)].map((value) => Math.fround(value * Math.fround(0.07)));
    expect([...numbersOf(analysed.constants.get('real')!)]).toEqual(taken);
    await checkAgainstRuntime(runnable, engine);
  });
});

describe.each(types)('What is rounded to %s on the way', (type) => {
  const back = { op: 'DequantizeLinear', inputs: ['q', 's'] };
  const constants = { s: { shape: [], values: [0.013] } };
  const quantised = (attributes: Record<string, number> = {}): Network =>
    withWhole(
      {
        input: [1, 3, 4],
        nodes: [{ op: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'], attributes }, back],
        constants,
      },
      [whole('z', type, [], [0])],
    );

  it('is enclosed with its rounding, and has no finite constant', async () => {
    await checkAgainstRuntime(quantised(), engine, { unboundedEverywhere: true, unboundedOnBox: true, width: 1 });
  });

  it('is limited to its largest number where the rounding is left out', async () => {
    const { analysed } = await prepared(quantised(), { quantisation: 'left out' });
    const most = eightBitNumbers[type].filter(Number.isFinite).sort().at(-1)!;
    const limits = [...analysed.constants.values()].flatMap((tensor) => [...numbersOf(tensor)]);
    expect(limits).toContain(Math.fround(most * Math.fround(0.013)));
    expect(limits).toContain(Math.fround(-most * Math.fround(0.013)));
  });

  it('jumps where it is cast, and says so', async () => {
    const network = withWhole(
      {
        input: [1, 4],
        nodes: [
          { op: 'Cast', inputs: ['x'], outputs: ['q'], attributes: { to: elementTypeCodes[type as EightBitFloat] } },
          { op: 'Cast', inputs: ['q'], attributes: { to: 1 } },
        ],
      },
      [],
    );
    const { analysed } = await prepared(network);
    const rule = ruleOf(analysed, analysed.nodes[0]!);
    expect(rule.kind).toBe('unbounded');
    expect(rule.kind === 'unbounded' && rule.reason).toContain('8-bit floats');
  });
});
