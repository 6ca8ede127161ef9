import { expect, test } from 'vitest';
import { networkOf } from '../../../core/formats/torch/export/network.ts';
import type { Argument, Call, Program } from '../../../core/formats/torch/export/program.ts';

const call = (target: string, given: Readonly<Record<string, Argument>>, output: string): Call => ({
  target,
  arguments: new Map(Object.entries(given)),
  outputs: [output],
  metadata: {},
});
const named = (name: string): Argument => ({ name });

/** A program over one vector of four numbers. */
function programOf(calls: readonly Call[], outputs: readonly string[]): Program {
  const names = ['x', ...calls.flatMap((one) => one.outputs)];
  return {
    calls,
    values: new Map(names.map((name) => [name, { dtype: 7, sizes: [1, 4] }])),
    held: new Map(),
    inputs: ['x'],
    outputs,
  };
}

const view = call('aten.view', { self: named('y'), size: [1, 4] }, 'v');
const double = call('aten.mul', { self: named('x'), other: 2 }, 'y');

test('after a write the name of a tensor stands for what was written', () => {
  const relu = call('aten.relu_', { self: named('y') }, 'r');
  const network = networkOf(programOf([double, relu], ['y']), new Map(), 'net.pt2');
  expect(network.nodes.map(({ op }) => op)).toEqual(['Mul', 'Relu']);
  expect(network.outputs.map(({ name }) => name)).toEqual(['r']);
});

test('a view that nobody looks at any more does not hinder a write', () => {
  const relu = call('aten.relu_', { self: named('v') }, 'r');
  const network = networkOf(programOf([double, view, relu], ['v']), new Map(), 'net.pt2');
  expect(network.nodes.every(({ domain }) => domain === '')).toBe(true);
});

test('a write through a view gets into the tensor behind it and into its other views', () => {
  const row = call('aten.select', { self: named('y'), dim: 0, index: 0 }, 'r');
  const piece = call('aten.slice', { self: named('y'), dim: 1, start: 1, end: 3, step: 1 }, 'p');
  const relu = call('aten.relu_', { self: named('p') }, 'w');
  const network = networkOf(programOf([double, row, piece, relu], ['y', 'r']), new Map(), 'net.pt2');
  expect(network.nodes.every(({ domain }) => domain === '')).toBe(true);
  expect(network.outputs.map(({ name }) => name)).toEqual(['w/y', 'w/r']);
  expect(network.nodes.find(({ outputs }) => outputs[0] === 'w/r')!.inputs[0]).toBe('w/y');
});

test('a write through what may be a copy is not understood, and what was written comes from it', () => {
  const reshape = call('aten.reshape', { self: named('y'), shape: [1, 4] }, 'v');
  const relu = call('aten.relu_', { self: named('v') }, 'r');
  const network = networkOf(programOf([double, reshape, relu], ['y']), new Map(), 'net.pt2');
  const write = network.nodes.find(({ domain }) => domain === 'torch')!;
  expect(write.origin.untranslated).toContain('views are used afterwards');
  expect(write.outputs).toContain(network.outputs[0]!.name);
});

test('whole numbers are compared with a number that is none as floating ones', () => {
  const places = call('aten.arange', { end: 4 }, 'a');
  const less = call('aten.lt', { self: named('a'), other: 1.5 }, 'l');
  const program = programOf([places, less], ['l']);
  const whole = new Map([...program.values, ['a', { dtype: 5, sizes: [4] }]]);
  const network = networkOf({ ...program, values: whole }, new Map(), 'net.pt2');
  expect(network.nodes.every(({ domain }) => domain === '')).toBe(true);
});

test('a write into a tensor counts for its other names, as a dropout that does nothing gives one', () => {
  const dropout = call('aten.dropout', { input: named('y'), p: 0.5, train: false }, 'd');
  const relu = call('aten.relu_', { self: named('d') }, 'r');
  const network = networkOf(programOf([double, dropout, relu], ['y']), new Map(), 'net.pt2');
  expect(network.outputs.map(({ name }) => name)).toEqual(['r']);
});

test('what was exported in training is not taken for the network in use', () => {
  const dropout = call('aten.dropout', { input: named('y'), p: 0.5, train: true }, 'd');
  const network = networkOf(programOf([double, dropout], ['d']), new Map(), 'net.pt2');
  expect(network.nodes.at(-1)!.origin.untranslated).toContain('training');
});

test('lists as long as a damaged size says are not made', () => {
  const norm = call('aten.group_norm', { input: named('y'), num_groups: 2 }, 'n');
  const program = programOf([double, norm], ['n']);
  const values = new Map(program.values).set('y', { dtype: 7, sizes: [1, 2 ** 40] });
  const network = networkOf({ ...program, values }, new Map(), 'net.pt2');
  expect(network.nodes.at(-1)!.origin.untranslated).toContain('more than is made');
});

test.each([[[1]], [[0, 1, 2]], [[1, 1, 1, 1, 1, 1]]])('paddings %j are no pairs for the axes of a row', (pad) => {
  const padded = call('aten.pad', { self: named('y'), pad, mode: 'constant' }, 'p');
  const network = networkOf(programOf([double, padded], ['p']), new Map(), 'net.pt2');
  expect(network.nodes.at(-1)!.origin.untranslated).toContain('no pairs');
});

test.each([
  ['aten.pixel_unshuffle', { self: named('y'), downscale_factor: 0 }, [1, 4, 4, 4]],
  ['aten.channel_shuffle', { self: named('y'), groups: 3 }, [1, 4, 4, 4]],
  ['aten.im2col', { self: named('y'), kernel_size: [2, 2], stride: [0, 0] }, [1, 4, 4, 4]],
  ['aten.avg_pool2d', { self: named('y'), kernel_size: [1.5, 2] }, [1, 4, 4, 4]],
  ['aten.diff', { self: named('y'), n: 1e9 }, [1, 4]],
  ['aten.transpose', { self: named('y'), dim0: 7, dim1: 1 }, [1, 4]],
  ['aten.permute', { self: named('y'), dims: [0, -3] }, [1, 4]],
] as const)('%s of what no size can be is not understood', (target, given, sizes) => {
  const program = programOf([double, call(target, given, 'p')], ['p']);
  const values = new Map(program.values).set('y', { dtype: 7, sizes });
  const network = networkOf({ ...program, values }, new Map(), 'net.pt2');
  expect(network.nodes.at(-1)!.domain).toBe('torch');
});

test('whole numbers beside floating ones become floating, as PyTorch makes them', () => {
  const program = programOf([call('aten.sub', { self: named('x'), other: 0.5 }, 'y')], ['y']);
  const values = new Map(program.values).set('x', { dtype: 5, sizes: [1, 4] });
  const network = networkOf({ ...program, values }, new Map(), 'net.pt2');
  expect(network.nodes.map(({ op }) => op)).toEqual(['Cast', 'Sub']);
});
