import type { BoundMethod } from '../estimators/conductor/method.ts';
import { enclosedImage, quotientOfImages } from '../estimators/witness/certify.ts';
import { seeded } from '../estimators/witness/random.ts';
import { elementCount } from '../network/tensor.ts';
import { twoPoints, type Region } from '../region.ts';

const name = 'random-pair';

/** Of the time that is left: images are expected to take so long at most, both together. */
const affordable = 0.8;

/**
 * A lower end for networks that are not run as a whole: two points, each sent through in doubles with outward rounding, layer after layer from the file. Without a
 * search it says little, but an interval that begins at 0 says nothing.
 */
export const enclosedPair = (imageSeconds: number): BoundMethod => ({
  name,
  activity: 'A pair of points, layer after layer',
  pace: 'patient',
  applies: () => true,
  async *run({ runnable, input, output, region, norm }, work) {
    if (2 * imageSeconds > affordable * work.remainingSeconds()) return;
    const [x, y] = pairIn(region, elementCount(runnable.types.get(input)!.shape));
    const witness = { x: [...x], y: [...y] };
    const fx = await enclosedImage(runnable, output, witness.x, work);
    const fy = fx && (await enclosedImage(runnable, output, witness.y, work));
    const value = fx && fy && quotientOfImages(witness, fx, fy, norm);
    if (value !== undefined && value > 0) yield { side: 'lower', rigor: 'certified', value, method: name, witness };
  },
});

function pairIn(region: Region, size: number): readonly [Float64Array, Float64Array] {
  if (region.kind !== 'all') return twoPoints(region, size);
  const random = seeded(1);
  const x = Float64Array.from({ length: size }, () => random.normal());
  return [x, x.map((value) => value + random.normal() / 10)];
}
