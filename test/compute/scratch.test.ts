import { describe, expect, it } from 'vitest';
import { Pace } from '../../core/compute/linear-algebra/pace.ts';
import { Scratch, scratchOf } from '../../core/compute/scratch.ts';
import { operatorNorm } from '../../core/estimators/norms/operator-norm.ts';
import { convolutionMap } from '../../core/operators/maps/convolution-map.ts';
import { denseMap } from '../../core/operators/maps/dense-map.ts';
import { convolutionOf, numbersFrom, workOf } from '../estimators/norms/small-maps.ts';

describe('memory that is kept for the next one', () => {
  it('is lent to one at a time, comes back with its room, and is forgotten when asked to', () => {
    const scratch = new Scratch();
    let first: ArrayBuffer;
    {
      using room = scratch.open();
      const one = room.doubles(2 ** 15);
      const two = room.doubles(2 ** 15);
      expect(one.buffer).not.toBe(two.buffer);
      first = one.buffer;
    }
    {
      using room = scratch.open();
      const again = [room.singles(2 ** 15), room.singles(2 ** 15)];
      expect(again.map(({ buffer }) => buffer)).toContain(first);
      expect(again[0]).toHaveLength(2 ** 15);
    }
    scratch.forget();
    using room = scratch.open();
    expect(room.doubles(2 ** 15).buffer).not.toBe(first);
  });

  it('grows for whoever needs more', () => {
    const scratch = new Scratch();
    {
      using room = scratch.open();
      room.memory(2 ** 17);
    }
    using room = scratch.open();
    expect(room.memory(2 ** 20).buffer.byteLength).toBeGreaterThanOrEqual(2 ** 20);
  });

  it('changes no norm by what was left in it', async () => {
    const work = workOf();
    const layers = [
      convolutionMap(convolutionOf({ inputs: 12, outputs: 12, size: [30, 30], kernel: [3, 3], padsBegin: [1, 1], padsEnd: [1, 1] }, numbersFrom(1))), // prettier-ignore
      convolutionMap(convolutionOf({ inputs: 7, outputs: 9, size: [40, 31], kernel: [3, 2], strides: [2, 1], padsBegin: [1, 0], padsEnd: [0, 1] }, numbersFrom(2))), // prettier-ignore
      denseMap(Float64Array.from({ length: 200 * 150 }, numbersFrom(3)), 200, 150),
    ];
    const norms = async () => {
      const found = [];
      for (const map of layers) for await (const interval of operatorNorm(map, 'l2', work)) found.push(interval);
      return found;
    };
    scratchOf(work.engine).forget();
    const clean = await norms();
    {
      using room = new Pace(work).room();
      for (let size = 2 ** 13; size <= 2 ** 20; size *= 2)
        for (let k = 0; k < 3; k++) room.doubles(size).fill(Number.NaN);
      new Float64Array(room.memory(2 ** 22).buffer).fill(Number.NaN);
    }
    expect(await norms()).toEqual(clean);
    scratchOf(work.engine).forget();
  });
});
