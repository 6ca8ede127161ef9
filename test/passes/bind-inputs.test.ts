import { describe, expect, it } from 'vitest';
import type { GraphValue, Network } from '../../core/network/network.ts';
import { numbersOf } from '../../core/network/tensor.ts';
import { bindInputs, type Ends } from '../../core/passes/bind-inputs.ts';
import { UserError } from '../../core/sentence.ts';
import { networkOf } from '../operators/small-networks.ts';

const withInputs = (inputs: readonly GraphValue[]): Network => ({
  ...networkOf({ input: [1], nodes: [{ op: 'Relu', inputs: ['x'] }] }),
  inputs,
  types: new Map(),
});
const ends = (more: Partial<Ends> = {}): Ends => ({ dims: {}, held: new Map(), ...more });
const image: GraphValue = { name: 'image', type: 'float32', shape: ['batch', 3, 'height', null] };

describe('Binding inputs', () => {
  it('takes one sample, and the sizes that were given by name or by place', () => {
    const { network } = bindInputs(withInputs([image]), ends({ dims: { height: 8, 'image:3': 9 } }));
    expect(network.types.get('image')?.shape).toEqual([1, 3, 8, 9]);
  });

  it('asks for a size that nobody gave, with the option to give it', () => {
    expect(() => bindInputs(withInputs([image]), ends())).toThrow(UserError);
    expect(() => bindInputs(withInputs([image]), ends())).toThrow(/--dim height=N/);
    expect(() => bindInputs(withInputs([image]), ends({ dims: { height: 8 } }))).toThrow(/--dim image:3=N/);
    expect(() => bindInputs(withInputs([{ ...image, shape: null }]), ends())).toThrow(/how many axes/);
  });

  it('what one input calls its first axis is the batch of one on every axis of the others', () => {
    const inputs: GraphValue[] = [
      { name: 'x', type: 'float32', shape: ['batch', 4] },
      { name: 'state', type: 'float32', shape: [2, 'batch', 3] },
    ];
    const { network } = bindInputs(withInputs(inputs), ends());
    expect(network.constants.get('state')?.shape).toEqual([2, 1, 3]);
    const wide = bindInputs(withInputs(inputs), ends({ dims: { batch: 5 } })).network;
    expect(wide.constants.get('state')?.shape).toEqual([2, 5, 3]);
  });

  it.each(['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64'] as const)(
    'an input of type %s can be held at a value',
    (type) => {
      const inputs: GraphValue[] = [
        { name: 'x', type: 'float32', shape: [1, 4] },
        { name: 'other', type, shape: [1, 3] },
      ];
      const held = new Map([['other', Float64Array.of(0, 1, 1)]]);
      const { network } = bindInputs(withInputs(inputs), ends({ held }));
      expect([...numbersOf(network.constants.get('other')!)]).toEqual([0, 1, 1]);
    },
  );

  it('a size in the file is not overruled', () => {
    const { network } = bindInputs(withInputs([{ ...image, shape: [1, 3, 4, 4] }]), ends({ dims: { 'image:3': 9 } }));
    expect(network.types.get('image')?.shape).toEqual([1, 3, 4, 4]);
  });

  it('names what there is when asked for what there is not', () => {
    const one = withInputs([{ name: 'a', type: 'float32', shape: [2] }]);
    expect(() => bindInputs(one, ends({ input: 'b' }))).toThrow(/no input "b".*the inputs are "a"/);
    expect(() => bindInputs(one, ends({ output: 'b' }))).toThrow(/no output "b".*the outputs are "y0"/);
    expect(() => bindInputs(one, ends({ held: new Map([['b', Float64Array.of(1)]]) }))).toThrow(/no input "b"/);
    expect(() => bindInputs(withInputs([]), ends())).toThrow(/no input/);
    expect(() => bindInputs(withInputs([{ name: 'a', type: 'int64', shape: [2] }]), ends())).toThrow(
      /no floating-point input/,
    );
  });

  it('holds the other inputs at zeros or at the given value, and says so', () => {
    const inputs: GraphValue[] = [
      { name: 'a', type: 'int64', shape: [1, 2] },
      { name: 'b', type: 'float32', shape: [1, 2] },
      { name: 'c', type: 'float32', shape: [1, 3] },
    ];
    const bound = bindInputs(withInputs(inputs), ends({ held: new Map([['c', Float64Array.of(7)]]) }));
    expect(bound.input).toBe('b');
    expect(bound.network.inputs.map(({ name }) => name)).toEqual(['b']);
    expect([...numbersOf(bound.network.constants.get('a')!)]).toEqual([0, 0]);
    expect([...numbersOf(bound.network.constants.get('c')!)]).toEqual([7, 7, 7]);
    expect(bound.notes).toEqual(['Input "a" is held at zeros.', 'Input "c" is held at the given value.']);
    expect(() => bindInputs(withInputs(inputs), ends({ held: new Map([['c', new Float64Array(2)]]) }))).toThrow(
      /3 elements, but 2 values/,
    );
  });
});
