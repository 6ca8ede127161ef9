import { expect, test } from 'vitest';
import { normalForm } from '../../../core/estimators/multipliers/normal-form.ts';
import type { Tensor } from '../../../core/network/tensor.ts';
import type { LightRule } from '../../../core/estimators/composition/product.ts';
import { networkOf } from '../../operators/small-networks.ts';

test('that a network is too large to be written out is known before any of its matrices is', () => {
  const side = 2100;
  const part = (_offset: number, length: number): Uint8Array => new Uint8Array(length).fill(1);
  const bytes = (): Uint8Array => {
    throw new Error('A large matrix was read as a whole.');
  };
  const large = (name: string): Tensor => ({ name, type: 'float32', shape: [side, side], part, bytes });
  const layers = ['a', 'b', 'c', 'd', 'e'];
  const network = networkOf({
    input: [1, side],
    nodes: layers.map((name, at) => ({
      op: 'MatMul',
      inputs: [at === 0 ? 'x' : `y${at - 1}`, name],
      outputs: [`y${at}`],
      id: name,
    })),
  });
  const types = new Map([['x', { type: 'float32', shape: [1, side] } as const], ...layers.map((_, at) => [`y${at}`, { type: 'float32', shape: [1, side] } as const] as const)]); // prettier-ignore
  const constants = new Map(layers.map((name) => [name, large(name)]));
  const rules = new Map(layers.map((name): [string, LightRule] => [name, { kind: 'affine', input: 0 }]));
  expect(normalForm({ ...network, constants, types }, 'x', 'y4', rules)).toEqual({
    reason: 'the network is too large to be written out',
  });
});
