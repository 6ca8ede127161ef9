import { expect, it } from 'vitest';
import { countNonFinite } from '../../core/network/tensor-health.ts';
import { numbersOf, type Tensor } from '../../core/network/tensor.ts';

it.each([
  ['float32', new Float32Array([1.5, -2, 3, Number.NaN, 7])],
  ['float64', new Float64Array([1.5, -2, 3, Number.NaN, 7])],
] as const)('%s in a Buffer are read wherever they begin', (type, values) => {
  for (let offset = 0; offset < 9; offset++) {
    const around = Buffer.alloc(values.byteLength + offset + 8);
    around.set(new Uint8Array(values.buffer), offset);
    const bytes = around.subarray(offset, offset + values.byteLength);
    const tensor: Tensor = { name: 'w', type, shape: [5], bytes: () => bytes };
    expect([...numbersOf(tensor)]).toEqual([...values]);
    expect(countNonFinite(tensor)).toBe(1);
  }
});
