import { expect, test } from 'vitest';
import { networkOf } from '../../../core/formats/torch/export/network.ts';
import type { Argument, Call, Graph, Program } from '../../../core/formats/torch/export/program.ts';
import { tensorOfNumbers, type Tensor } from '../../../core/network/tensor.ts';

const row = { dtype: 7, sizes: [1, 4] };
const single = { dtype: 5, sizes: [] };
const named = (name: string): Argument => ({ name });

const call = (target: string, given: Readonly<Record<string, Argument>>, output: string): Call => ({
  target,
  arguments: new Map(Object.entries(given)),
  outputs: [output],
  metadata: {},
});

const inner = (inputs: readonly string[], calls: readonly Call[], outputs: readonly string[]): Argument => {
  const graph: Graph = { calls, values: new Map(), inputs: inputs.map(named), outputs: outputs.map(named) };
  return { graph: () => graph };
};

/** A program over a row of four numbers, with a counter and a flag among its constants. */
function networkFrom(calls: readonly Call[], outputs: readonly string[]) {
  const made = calls.flatMap((one) => one.outputs);
  const program: Program = {
    calls,
    values: new Map([['x', row], ['counter', single], ...made.map((name) => [name, row] as const)]),
    held: new Map([
      ['flag', 'flag'],
      ['start', 'start'],
    ]),
    inputs: ['x'],
    outputs,
  };
  const tensors = new Map<string, Tensor>([
    ['flag', tensorOfNumbers('flag', [2], [1, 1], 'float32')],
    ['start', tensorOfNumbers('start', [], [0], 'int64')],
  ]);
  return networkOf(program, tensors, 'net.pt2');
}

const twice = call('aten.mul', { self: named('a'), other: 2 }, 'y');
const relu = call('aten.relu', { self: named('a') }, 'y');
const operators = (network: ReturnType<typeof networkFrom>): readonly string[] =>
  network.nodes.map(({ op }) => op).filter((op) => op !== 'Identity');

const branches = (predicate: string): Call =>
  call(
    'higher_order.cond',
    { 0: named(predicate), 1: inner(['a'], [relu], ['y']), 2: inner(['a'], [twice], ['y']), 3: [named('x')] },
    'out',
  );

test('of a cond whose condition follows from the file stands the branch that is taken', () => {
  const sum = call('aten.sum', { self: named('flag') }, 's');
  const test = (limit: number): Call => call('aten.gt', { self: named('s'), other: limit }, 'p');
  expect(operators(networkFrom([sum, test(1), branches('p')], ['out']))).toContain('Relu');
  expect(operators(networkFrom([sum, test(3), branches('p')], ['out']))).not.toContain('Relu');
});

test('a cond that depends on the input is named with the reason', () => {
  const sum = call('aten.sum', { self: named('x') }, 's');
  const network = networkFrom([sum, call('aten.gt', { self: named('s'), other: 0 }, 'p'), branches('p')], ['out']);
  expect(network.nodes.at(-1)!.origin.untranslated).toContain('depends on the input');
});

test('what was written over is not taken for what the file says', () => {
  const write = call('aten.fill_', { self: named('flag'), value: 0 }, 'w');
  const sum = call('aten.sum', { self: named('flag') }, 's');
  const network = networkFrom(
    [write, sum, call('aten.gt', { self: named('s'), other: 1 }, 'p'), branches('p')],
    ['out'],
  );
  expect(operators(network)).not.toContain('Relu');
});

const counting = (limit: Argument): Call => ({
  ...call(
    'higher_order.while_loop',
    {
      0: inner(['i', 'a'], [call('aten.lt', { self: named('i'), other: limit }, 't')], ['t']),
      1: inner(['i', 'a'], [call('aten.add', { self: named('i'), other: 1 }, 'j'), relu], ['j', 'y']),
      2: [named('start'), named('x')],
      3: [],
    },
    '',
  ),
  outputs: ['counter', 'out'],
});

test('a loop that counts goes its rounds', () => {
  expect(operators(networkFrom([counting(3)], ['out'])).filter((op) => op === 'Relu')).toHaveLength(3);
});

test('a loop without end is named and costs no memory', () => {
  const network = networkFrom([counting(1e12)], ['out']);
  expect(network.nodes.at(-1)!.origin.untranslated).toContain('30000 calls');
});

test('graphs within graphs without end are named', () => {
  const endless: Argument = {
    graph: () => ({ calls: [wrapped], values: new Map(), inputs: [], outputs: [named('out')] }),
  };
  const wrapped = call('higher_order.wrap_with_set_grad_enabled', { 0: false, 1: endless }, 'out');
  expect(networkFrom([wrapped], ['out']).nodes.at(-1)!.op).not.toBe('Relu');
});

test('lower precision is not taken for what it replaces', () => {
  const wrapped = call(
    'higher_order.wrap_with_autocast',
    { 0: 'cpu', 1: 13, 2: true, 3: true, 4: inner(['a'], [relu], ['y']), 5: named('x') },
    'out',
  );
  expect(networkFrom([wrapped], ['out']).nodes.at(-1)!.origin.untranslated).toContain('lower precision');
});
