import { expect, test } from 'vitest';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { numbersOf } from '../../../core/network/tensor.ts';
import * as onnx from './model-bytes.ts';

const read = (bytes: Uint8Array) => readModel(modelInMemory('m.onnx', bytes));

const functionOf = (name: string, inputs: string[], outputs: string[], ...nodes: (readonly number[])[]) =>
  onnx.block(
    25,
    onnx.text(1, name),
    ...inputs.map((input) => onnx.text(4, input)),
    ...outputs.map((output) => onnx.text(5, output)),
    // A NodeProto of a function has the field number 7.
    ...nodes.map((node) => [7 * 8 + 2, ...node.slice(1)]),
    onnx.text(10, 'mine'),
  );

const wholeOf = (functions: (readonly number[])[], ...nodes: (readonly number[])[]): Uint8Array =>
  onnx.file(
    onnx.ir(8),
    onnx.opset(17),
    onnx.opset(1, 'mine'),
    ...functions,
    onnx.graph(...nodes, onnx.input('x', [1, 2]), onnx.output('y', [1, 2])),
  );

test('a call of a function of the model becomes its body, once per call, with the names of the caller', () => {
  const twice = functionOf(
    'Twice',
    ['a'],
    ['b'],
    onnx.node('Relu', ['a'], ['h'], onnx.named('inner')),
    onnx.node('Add', ['h', 'h'], ['b']),
  );
  const call = (from: string, to: string, name: string) =>
    onnx.node('Twice', [from], [to], onnx.inDomain('mine'), onnx.named(name));
  const { nodes } = read(wholeOf([twice], call('x', 'm', 'first'), call('m', 'y', 'second')));
  expect(nodes.map(({ id, inputs, outputs }) => [id, inputs, outputs])).toEqual([
    ['first/inner', ['x'], ['first/h']],
    ['first/Add_b', ['first/h', 'first/h'], ['m']],
    ['second/inner', ['m'], ['second/h']],
    ['second/Add_b', ['second/h', 'second/h'], ['y']],
  ]);
});

test('a parameter of a function has the value of the caller, or that of the function where the caller gives none', () => {
  const parameter = onnx.block(5, onnx.text(1, 'alpha'), onnx.text(21, 'slope'), onnx.number(20, 1));
  const leaky = [...functionOf('Leaky', ['a'], ['b'], onnx.node('LeakyRelu', ['a'], ['b'], parameter)).slice(0)];
  const given = onnx.attribute('slope', 1, onnx.float(2, 0.25));
  const { nodes } = read(
    wholeOf(
      [leaky],
      onnx.node('Leaky', ['x'], ['m'], onnx.inDomain('mine'), given),
      onnx.node('Leaky', ['m'], ['y'], onnx.inDomain('mine')),
    ),
  );
  expect(nodes.map(({ attributes }) => attributes.get('alpha'))).toEqual([{ kind: 'float', value: 0.25 }, undefined]);
});

test('a function that calls itself is refused', () => {
  const endless = functionOf('Endless', ['a'], ['b'], onnx.node('Endless', ['a'], ['b'], onnx.inDomain('mine')));
  expect(() => read(wholeOf([endless], onnx.node('Endless', ['x'], ['y'], onnx.inDomain('mine'))))).toThrow(
    'm.onnx is damaged: its function "Endless" calls itself.',
  );
});

test('sparse weights are read as the dense ones they stand for', () => {
  const sparse = onnx.block(
    15,
    onnx.block(1, onnx.tensor('w', [2], 1, onnx.raw(onnx.floats(5, 7)))),
    onnx.block(2, onnx.tensor('', [2, 2], 7, ...[0, 1, 1, 0].map((at) => onnx.number(7, at)))),
    onnx.number(3, 2),
    onnx.number(3, 2),
  );
  const network = read(onnx.model(onnx.node('MatMul', ['x', 'w'], ['y']), sparse));
  expect([...numbersOf(network.constants.get('w')!)]).toEqual([0, 5, 7, 0]);
});
