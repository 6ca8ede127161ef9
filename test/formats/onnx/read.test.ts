import { describe, expect, test } from 'vitest';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { inTopologicalOrder } from '../../../core/formats/onnx/order.ts';
import type { Attribute, Network } from '../../../core/network/network.ts';
import { numbersOf } from '../../../core/network/tensor.ts';
import * as onnx from './model-bytes.ts';

const read = (bytes: Uint8Array): Network => readModel(modelInMemory('m.onnx', bytes));
const relu = onnx.node('Relu', ['x'], ['y']);

const constant = (network: Network, name: string): readonly number[] => [...numbersOf(network.constants.get(name)!)];

/** The numbers of a constant w, written as the content of a TensorProto. */
const valuesOf = (dims: readonly number[], type: number, ...values: readonly (readonly number[])[]) =>
  constant(read(onnx.model(relu, onnx.initializer(onnx.tensor('w', dims, type, ...values)))), 'w');

describe('every way to store the numbers of a tensor gives them back', () => {
  const packedVarints = (field: number, ...values: readonly (number | bigint)[]) =>
    onnx.block(field, ...values.map(onnx.varint));
  const each = <T>(values: readonly T[], write: (value: T) => readonly number[]) => values.flatMap(write);

  test.each([
    ['raw float32', () => valuesOf([2], 1, onnx.raw(onnx.floats(1.5, -2))), [1.5, -2]],
    ['float_data, packed', () => valuesOf([2], 1, onnx.block(4, onnx.floats(1.5, -2))), [1.5, -2]],
    [
      'float_data, one by one',
      () =>
        valuesOf(
          [2],
          1,
          each([1.5, -2], (v) => onnx.float(4, v)),
        ),
      [1.5, -2],
    ],
    ['double_data', () => valuesOf([2], 11, onnx.block(10, onnx.doubles(0.1, -1e300))), [0.1, -1e300]],
    ['int64_data, packed', () => valuesOf([3], 7, packedVarints(7, 5, -1, -(2n ** 63n))), [5, -1, -(2 ** 63)]],
    [
      'int64_data, one by one',
      () =>
        valuesOf(
          [2],
          7,
          each([5, -1], (v) => onnx.number(7, v)),
        ),
      [5, -1],
    ],
    ['uint64_data', () => valuesOf([1], 13, packedVarints(11, 2n ** 63n)), [2 ** 63]],
    ['uint32 in uint64_data', () => valuesOf([1], 12, packedVarints(11, 4294967295)), [4294967295]],
    ['int32_data', () => valuesOf([2], 6, packedVarints(5, 7, -7)), [7, -7]],
    ['int8 in int32_data', () => valuesOf([2], 3, packedVarints(5, 7, -7)), [7, -7]],
    ['uint8 in int32_data', () => valuesOf([2], 2, packedVarints(5, 7, 255)), [7, 255]],
    ['int16 in int32_data', () => valuesOf([2], 5, packedVarints(5, 7, -300)), [7, -300]],
    ['uint16 in int32_data', () => valuesOf([1], 4, packedVarints(5, 65535)), [65535]],
    ['bool in int32_data', () => valuesOf([2], 9, packedVarints(5, 0, 1)), [0, 1]],
    ['float16 in int32_data', () => valuesOf([2], 10, packedVarints(5, 0x3c00, 0xc500)), [1, -5]],
    ['bfloat16 in int32_data', () => valuesOf([2], 16, packedVarints(5, 0x3f80, 0xc0a0)), [1, -5]],
    ['float8e4m3fn in int32_data', () => valuesOf([2], 17, packedVarints(5, 0x7e, 0xc4)), [448, -3]],
    ['raw float8e5m2', () => valuesOf([3], 19, onnx.raw([0x7b, 0xc2, 0x01])), [57344, -3, 2 ** -16]],
    ['int4, two in an entry of int32_data', () => valuesOf([3], 22, packedVarints(5, 0x7f, 0x08)), [-1, 7, -8]],
    ['uint4, two in a byte', () => valuesOf([3], 21, onnx.raw([0x7f, 0x08])), [15, 7, 8]],
    ['raw float16', () => valuesOf([1], 10, onnx.raw([0x00, 0x3c])), [1]],
    ['no elements at all', () => valuesOf([0, 3], 1), []],
    ['a scalar', () => valuesOf([], 1, onnx.raw(onnx.floats(3))), [3]],
  ])('%s', (_, actual, expected) => {
    expect(actual()).toEqual(expected);
  });
});

test('initializers that old files list as inputs are constants, not inputs', () => {
  const network = read(
    onnx.file(
      onnx.ir(3),
      onnx.opset(8),
      onnx.graph(
        onnx.input('x', [1, 2]),
        onnx.input('w', [2]),
        onnx.floatInitializer('w', [2], [1, 2]),
        onnx.node('Add', ['x', 'w'], ['y']),
        onnx.output('y', [1, 2]),
      ),
    ),
  );
  expect(network.inputs.map((value) => value.name)).toEqual(['x']);
  expect(constant(network, 'w')).toEqual([1, 2]);
});

test('sizes of inputs keep their symbols, and -1 means unknown', () => {
  const network = read(
    onnx.file(onnx.ir(8), onnx.opset(17), onnx.graph(relu, onnx.input('x', ['batch', 3, -1]), onnx.output('y', []))),
  );
  expect(network.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['batch', 3, null] }]);
  expect(network.outputs[0]?.shape).toEqual([]);
});

test('declared shapes are kept where they are complete', () => {
  const network = read(
    onnx.model(
      onnx.node('Relu', ['x'], ['h']),
      onnx.node('Relu', ['h'], ['k']),
      onnx.node('Relu', ['k'], ['y']),
      onnx.declared('h', [1, 2]),
      onnx.declared('k', ['batch', 2]),
    ),
  );
  expect([...network.types]).toEqual([['h', { type: 'float32', shape: [1, 2] }]]);
});

describe('Constant nodes become constants named as their outputs', () => {
  const valueOf = (...parts: readonly (readonly number[])[]) => {
    const network = read(onnx.model(onnx.node('Constant', [], ['c'], ...parts), onnx.node('Add', ['x', 'c'], ['y'])));
    expect(network.nodes.map((node) => node.op)).toEqual(['Add']);
    return { shape: network.constants.get('c')!.shape, numbers: constant(network, 'c') };
  };
  test.each([
    ['value', onnx.attribute('value', 4, onnx.block(5, onnx.tensor('', [1], 1, onnx.raw(onnx.floats(4))))), [1], [4]],
    ['value_float', onnx.attribute('value_float', 1, onnx.float(2, 0.5)), [], [0.5]],
    ['value_floats', onnx.attribute('value_floats', 6, onnx.float(7, 1), onnx.float(7, 2)), [2], [1, 2]],
    ['value_int', onnx.attribute('value_int', 2, onnx.number(3, -3)), [], [-3]],
    ['value_ints', onnx.attribute('value_ints', 7, onnx.block(8, [1, 2, 3])), [3], [1, 2, 3]],
  ])('%s', (_, attribute, shape, numbers) => {
    expect(valueOf(attribute)).toEqual({ shape, numbers });
  });
});

test('attributes are read by their type, and without one by the field that is filled', () => {
  const [first] = read(
    onnx.model(
      onnx.node(
        'Anything',
        ['x'],
        ['y'],
        onnx.attribute('zero', 2),
        onnx.attribute('alpha', 1, onnx.float(2, 0.25)),
        onnx.attribute('mode', 3, onnx.text(4, 'linear')),
        onnx.attribute('axes', 7, onnx.number(8, 1), onnx.number(8, -1)),
        onnx.attribute('labels', 8, onnx.text(9, 'a'), onnx.text(9, 'b')),
        onnx.attribute('end', 2, onnx.number(3, 2n ** 63n - 1n)),
        onnx.attribute('types', 14),
        onnx.block(5, onnx.text(1, 'old'), onnx.number(3, 7)),
      ),
    ),
  ).nodes;
  expect(Object.fromEntries(first!.attributes)).toEqual({
    zero: { kind: 'int', value: 0 },
    alpha: { kind: 'float', value: 0.25 },
    mode: { kind: 'string', value: 'linear' },
    axes: { kind: 'ints', value: [1, -1] },
    labels: { kind: 'strings', value: ['a', 'b'] },
    end: { kind: 'int', value: 2 ** 63 },
    types: { kind: 'opaque', what: 'a list of types' },
    old: { kind: 'int', value: 7 },
  });
});

test('nodes are put into topological order, otherwise as in the file', () => {
  const network = read(
    onnx.model(
      onnx.node('Add', ['a', 'b'], ['y'], onnx.named('last')),
      onnx.node('Relu', ['x'], ['a'], onnx.named('first')),
      onnx.node('Tanh', ['a'], ['b'], onnx.named('second')),
    ),
  );
  expect(network.nodes.map((node) => node.id)).toEqual(['first', 'second', 'last']);
});

test('a chain of a hundred thousand nodes in reverse order is sorted without running out of stack', () => {
  const length = 100_000;
  const chain = Array.from({ length }, (_, i) => ({
    id: `node${i}`,
    op: 'Relu',
    domain: '',
    inputs: [`t${i}`],
    outputs: [`t${i + 1}`],
    attributes: new Map<string, Attribute>(),
    origin: {},
  }));
  expect(inTopologicalOrder(chain.toReversed(), 'm.onnx')).toEqual(chain);
});

test('every node has an id of its own, also when names are missing or repeated', () => {
  const network = read(
    onnx.model(
      onnx.node('Relu', ['x'], ['a']),
      onnx.node('Relu', ['a'], ['b'], onnx.named('act')),
      onnx.node('Relu', ['b'], ['c'], onnx.named('act')),
      onnx.node('Relu', ['c'], ['d'], onnx.named('act_2')),
      onnx.node('Relu', ['d'], ['y'], onnx.named('act')),
    ),
  );
  expect(network.nodes.map((node) => node.id)).toEqual(['Relu_a', 'act', 'act_3', 'act_2', 'act_4']);
});

test('a node of an unknown domain stays as it is; the long name of the standard domain is made short', () => {
  const network = read(
    onnx.model(
      onnx.node('Swish', ['x'], ['h'], onnx.inDomain('com.example')),
      onnx.node('Relu', ['h'], ['y'], onnx.inDomain('ai.onnx')),
    ),
  );
  expect(network.nodes.map((node) => [node.domain, node.op])).toEqual([
    ['com.example', 'Swish'],
    ['', 'Relu'],
  ]);
});

test('what PyTorch notes beside a node is kept as its origin', () => {
  const note = (key: string, value: string) =>
    onnx.block(9, onnx.text(1, `pkg.torch.onnx.${key}`), onnx.text(2, value));
  const network = read(
    onnx.model(
      onnx.node(
        'Relu',
        ['x'],
        ['y'],
        note('stack_trace', 'File "/a/net.py", line 3, in forward\n    x = f(x)'),
        note('name_scopes', `['', 'layer1', "it's", 'a\\'b\\n']`),
        note('class_hierarchy', '[broken'),
      ),
    ),
  );
  expect(network.nodes[0]?.origin).toEqual({
    stackTrace: 'File "/a/net.py", line 3, in forward\n    x = f(x)',
    scopes: ['', 'layer1', "it's", "a'b\n"],
  });
});

test('a file of before ONNX 1.0 that states no operator set is written in the first', () => {
  const bytes = onnx.file(onnx.ir(1), onnx.graph(relu, onnx.input('x', [2]), onnx.output('y', [2])));
  expect(read(bytes).opset).toBe(1);
});

test('the operator set is that of the standard domain', () => {
  const rest = onnx.graph(relu, onnx.input('x', [2]), onnx.output('y', [2]));
  expect(read(onnx.file(onnx.ir(8), onnx.opset(3, 'ai.onnx.ml'), onnx.opset(15), rest)).opset).toBe(15);
});

test('weights stay in the file until somebody asks for them', () => {
  const weights = onnx.floatInitializer(
    'w',
    [100_000],
    Array.from({ length: 100_000 }, (_, i) => i),
  );
  const { source } = modelInMemory('m.onnx', onnx.model(relu, weights));
  let asked = 0;
  const counting = {
    name: source.name,
    size: source.size,
    read: (offset: number, length: number) => {
      asked += length;
      return source.read(offset, length);
    },
  };
  const network = readModel({
    source: counting,
    companion: () => {
      throw new Error('has none');
    },
  });
  expect(asked).toBeLessThan(2 * 65_536 + 2048);
  expect(constant(network, 'w')[39_999]).toBe(39_999);
});
