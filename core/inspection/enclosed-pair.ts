import type { Work } from '../compute/work.ts';
import type { BoundMethod } from '../estimators/conductor/method.ts';
import { encloseNode } from '../estimators/ranges/enclose-network.ts';
import { enclosedImage, quotientOfImages } from '../estimators/witness/certify.ts';
import { seeded } from '../estimators/witness/random.ts';
import type { Network } from '../network/network.ts';
import { elementCount } from '../network/tensor.ts';
import { exactly, type Enclosure } from '../operators/enclosure.ts';
import { lengthOf, twoPoints, type Region } from '../region.ts';

const name = 'random-pair';

/** Of the time that is left: two images are expected to take so long at most. */
const affordable = 0.8;

/**
 * A lower end for networks that are not run as a whole: two points, each sent through in doubles, layer after layer from the file; then with outward rounding, which
 * proves the quotient unless there are many wide layers. Without a search it says little, but an interval that begins at 0 says nothing.
 */
export const enclosedPair = (imageSeconds: number): BoundMethod => ({
  name,
  activity: 'A pair of points, layer after layer',
  pace: 'patient',
  applies: () => true,
  async *run({ runnable, input, output, region, norm }, work) {
    const isAffordable = (): boolean => 2 * imageSeconds <= affordable * work.remainingSeconds();
    if (!isAffordable()) return;
    const [x, y] = pairIn(region, elementCount(runnable.types.get(input)!.shape));
    const witness = { x: [...x], y: [...y] };
    const lower = { side: 'lower', method: name, witness } as const;
    const px = await imageOf(runnable, output, x, work);
    const py = px && (await imageOf(runnable, output, y, work));
    if (px === undefined || py === undefined) return;
    const apart = lengthOf(px.map((own, i) => own - py[i]!), norm) / lengthOf(x.map((own, i) => own - y[i]!), norm); // prettier-ignore
    if (!(apart > 0 && Number.isFinite(apart))) return;
    yield { ...lower, rigor: 'numerical', value: apart };
    if (!isAffordable()) return;
    const fx = await enclosedImage(runnable, output, witness.x, work);
    const fy = fx && (await enclosedImage(runnable, output, witness.y, work));
    const value = fx && fy && quotientOfImages(witness, fx, fy, norm);
    if (value !== undefined && value > 0) yield { ...lower, rigor: 'certified', value };
  },
});

function pairIn(region: Region, size: number): readonly [Float64Array, Float64Array] {
  if (region.kind !== 'all') return twoPoints(region, size);
  const random = seeded(1);
  const x = Float64Array.from({ length: size }, () => random.normal());
  return [x, x.map((value) => value + random.normal() / 10)];
}

/** What doubles make of a point: after each node its box, as wide as its roundings, becomes one number again. undefined where a node cannot be enclosed, or out of time. */
async function imageOf(
  network: Network,
  output: string,
  point: Float64Array,
  work: Work,
): Promise<Float64Array | undefined> {
  const { name: input } = network.inputs[0]!;
  const boxes = new Map<string, Enclosure>([[input, exactly(network.types.get(input)!.shape, point)]]);
  for (const node of network.nodes) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) return undefined;
    for (const [index, { shape, lower, upper }] of encloseNode(network, node, boxes).entries())
      if (node.outputs[index]) boxes.set(node.outputs[index], exactly(shape, lower.map((low, i) => low + (upper[i]! - low) / 2))); // prettier-ignore
  }
  return boxes.get(output)?.lower;
}
