import { expect, test } from 'vitest';
import { Pace } from '../../../core/compute/linear-algebra/pace.ts';
import { everySizeNorm } from '../../../core/estimators/norms/every-size.ts';
import { operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import { convolutionMap } from '../../../core/operators/maps/convolution-map.ts';
import { convolutionOf, numbersFrom, workOf } from './small-maps.ts';

const next = numbersFrom(77);

const kinds = [
  { groups: 1, inputs: 2, outputs: 3, kernel: [3, 3], strides: [1, 1], dilations: [1, 1], padsBegin: [1, 1], padsEnd: [1, 1] }, // prettier-ignore
  { groups: 1, inputs: 3, outputs: 2, kernel: [3, 2], strides: [2, 1], dilations: [1, 2], padsBegin: [1, 2], padsEnd: [0, 1] }, // prettier-ignore
  { groups: 2, inputs: 4, outputs: 4, kernel: [2, 2], strides: [1, 2], dilations: [2, 1], padsBegin: [0, 0], padsEnd: [0, 0] }, // prettier-ignore
  { groups: 3, inputs: 3, outputs: 3, kernel: [5, 1], strides: [1, 1], dilations: [1, 1], padsBegin: [2, 0], padsEnd: [2, 0] }, // prettier-ignore
] as const;

test.each(kinds)('no size of the input has a norm above it, and large ones come close: %j', async (kind) => {
  const small = convolutionOf({ ...kind, size: [6, 7] }, next);
  const everySize = (await everySizeNorm(small, new Pace(workOf())))!;
  let largest = 0;
  for (const size of [
    [5, 5],
    [6, 9],
    [24, 22],
  ] as const) {
    // prettier-ignore
    const { kernel } = small;
    const map = convolutionMap({ ...convolutionOf({ ...kind, size: [...size] }, next), kernel });
    let lower = 0;
    for await (const interval of operatorNorm(map, 'l2', workOf())) lower = interval.lower;
    expect(lower).toBeLessThanOrEqual(everySize);
    largest = Math.max(largest, lower);
  }
  expect(everySize / largest).toBeLessThan(1.04);
});

test('the kernel that adds three neighbours reaches 3 at no size, and 3 is what it approaches', async () => {
  const three = convolutionOf({ groups: 1, inputs: 1, outputs: 1, size: [9], kernel: [3], strides: [1], dilations: [1], padsBegin: [1], padsEnd: [1] }, next); // prettier-ignore
  const everySize = (await everySizeNorm({ ...three, kernel: new Float64Array(3).fill(1) }, new Pace(workOf())))!;
  expect(everySize).toBeGreaterThanOrEqual(3);
  expect(everySize).toBeLessThan(3.01);
});
