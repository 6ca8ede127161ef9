import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { inspect } from '../../core/inspection/inspect.ts';
import { readRegion } from '../../core/inspection/region-syntax.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { isWithin, lengthOf, moveInside } from '../../core/region.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { difference, pointOf } from '../operators/against-runtime.ts';
import { evaluate } from './plain-evaluator.ts';
import { isKink, jacobian, matrixNorm, networkFrom, type Recipe } from './recipes.ts';

/** Everywhere, usual, tiny, huge, off the centre, and a single point. */
export const regions = [
  'all',
  'box:-1,1',
  'box:0.1,0.1001',
  'box:-100,100',
  'box:3,5',
  'ball:l1:zeros:2',
  'ball:l2:0.7:0.5',
  'ball:linf:-0.3:1e-6',
  'box:0.5:0',
] as const;

export interface Case {
  readonly recipe: Recipe;
  readonly norm: Norm;
  readonly region: (typeof regions)[number];
}

/**
 * The whole way from a file to the interval, held against doubles computed by plain loops: no quotient and no Jacobian of the region
 * exceeds the upper end or a certified bound of the list, and the witness gives the lower end. Returns the upper end.
 */
export async function holdsOn(
  { recipe, norm, region: text }: Case,
  folder: string,
  engine: Engine,
  budgetSeconds: number,
): Promise<number> {
  const network = networkFrom(recipe);
  const file = join(folder, 'network.onnx');
  await writeFile(file, writeOnnx(network));
  const inspection = await inspected(file, norm, text, engine, budgetSeconds);
  const { lower, upper } = inspection.lipschitz[norm]!;
  const bounds = inspection.bounds.filter(({ side, rigor }) => side === 'upper' && rigor === 'certified');
  const least = Math.min(upper.value ?? Number.POSITIVE_INFINITY, ...bounds.map(({ value }) => value));

  const size = elementCount(network.inputs[0]!.shape!.map(Number));
  const region = readRegion(text, size);
  const width = text === 'box:-100,100' ? 100 : text === 'box:3,5' ? 6 : 2;
  const points = Array.from({ length: 8 }, (_, k) => moveInside(region, pointOf(size, recipe.seed + k, -width, width)));
  const witness = lower.witness && [Float64Array.from(lower.witness.x), Float64Array.from(lower.witness.y)];
  if (witness !== undefined) {
    expect(
      witness.every((point) => isWithin(region, point)),
      'the witness lies in the region',
    ).toBe(true);
    points.push(...witness);
  }
  const images = points.map((point) => Float64Array.from(evaluate(network, point)));
  const largest = Math.max(...images.map((image) => lengthOf(image, norm)));
  // Sums in doubles, in another order: what they lose relative to the largest image.
  const noise = 1e-12 * (1 + largest);
  for (const [i, x] of points.entries())
    for (const [j, y] of points.slice(0, i).entries()) {
      const distance = lengthOf(difference(x, y), norm);
      const moved = lengthOf(difference(images[i]!, images[j]!), norm);
      // Of the same point twice there is no quotient.
      if (distance > 0) expect(moved, 'a quotient').toBeLessThanOrEqual(least * distance * (1 + 1e-9) + noise);
    }
  // Central differences take steps of 1e-5, which have to stay in the region.
  const inner = (x: Float64Array): boolean =>
    [1e-4, -1e-4].every((by) =>
      isWithin(
        region,
        x.map((value) => value + by),
      ),
    );
  for (const x of points
    .filter(inner)
    .slice(0, 3)
    .filter((point) => !isKink(network, point)))
    expect(matrixNorm(jacobian(network, x), norm), 'the norm of a Jacobian').toBeLessThanOrEqual(
      least * (1 + 1e-5) + 1e-6 * (1 + largest),
    );
  if (witness !== undefined && lower.rigor === 'certified') {
    const distance = lengthOf(difference(witness[0]!, witness[1]!), norm);
    const moved = lengthOf(difference(images.at(-2)!, images.at(-1)!), norm);
    expect(lower.value * distance, 'the lower end').toBeLessThanOrEqual(moved * (1 + 1e-9) + noise);
  }
  expect(lower.value).toBeLessThanOrEqual(least * (1 + 1e-12));
  return upper.value ?? Number.POSITIVE_INFINITY;
}

async function inspected(
  file: string,
  norm: Norm,
  region: string,
  engine: Engine,
  budgetSeconds: number,
): Promise<Inspection> {
  const request = { ...defaultRequest(file), norm, region, budgetSeconds };
  for await (const event of inspect(request, engine, new AbortController().signal))
    if (event.kind === 'finished') return event.inspection;
  throw new Error('The inspection did not finish.');
}
