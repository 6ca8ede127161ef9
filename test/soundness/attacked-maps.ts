import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { certifiedQuotient } from '../../core/estimators/witness/certify.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { drawMap } from '../../core/inspection/map.ts';
import { defaultMapRequest, type MapRequest } from '../../core/inspection/map-request.ts';
import { openModel } from '../../core/inspection/open-model.ts';
import { elementCount } from '../../core/network/tensor.ts';
import type { MapConstant } from '../../core/report/map.ts';
import { mapFindings, rigorOfFinding, type LipschitzMap } from '../../core/report/map.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { attackedNetwork, attackedRecipes, inputCount, type AttackedRecipe } from './attacked-networks.ts';
import { steepestPairs } from './steepest-pairs.ts';

export interface MapCase {
  readonly recipe: AttackedRecipe;
  readonly norm: Norm;
  readonly constant: MapConstant;
  /** Power of ten, times the scale of the input, and the middle in these units. */
  readonly reach: number;
  readonly middle: number;
}

export const mapCases = fc.record<MapCase>({
  recipe: attackedRecipes.filter((recipe) => inputCount(recipe) > 1),
  norm: fc.constantFrom(...norms),
  constant: fc.constantFrom('full input', 'slice'),
  reach: fc.constantFrom(-8, -3, -1, 0, 1),
  middle: fc.constantFrom(0, 0, 0.3, 100),
});

export interface AttackedCell {
  readonly found: string;
  readonly lower: number;
  readonly upper: number;
  /** Of the steepest pair of points in the cell whose quotient is proved; of steps in the slice. */
  readonly quotient: number;
}

/** The cells of a certified map, each beside the steepest pair of points that brute force finds in it. Its middle lies on kinks where biases are zero. */
export async function attackedMap(
  { recipe, norm, constant, reach, middle }: MapCase,
  folder: string,
  engine: Engine,
  seconds: number,
): Promise<readonly AttackedCell[]> {
  const network = attackedNetwork(recipe);
  const file = join(folder, 'map.onnx');
  await writeFile(file, writeOnnx(network));
  const scale = 10 ** recipe.inputScale;
  const [far, half] = [middle * scale, 10 ** reach * scale];
  const request: MapRequest = {
    ...defaultMapRequest(file, 'certified'),
    ...{ norm, constant, grid: { rows: 2, columns: 2 }, budgetSeconds: seconds },
    range: [
      [far - half, far + half],
      [-half, half],
    ],
  };
  const map = await drawn(request, engine);
  using model = await openModel(request, engine);
  const { runnable, output, input } = model.prepared;
  const size = elementCount(runnable.types.get(input)!.shape);
  const cells: AttackedCell[] = [];
  for (let k = 0; k < 4; k++) {
    const [lower, upper] = [new Float64Array(size), new Float64Array(size)];
    const side = [k % 2, k >> 1].map((place, axis) => {
      const [from, to] = request.range![axis]!;
      const between = from + (to - from) / 2;
      return place === 0 ? [from, between] : [between, to];
    });
    for (const axis of [0, 1]) [lower[axis], upper[axis]] = side[axis] as [number, number];
    let quotient = 0;
    for (const { x, y } of steepestPairs(network, { kind: 'box', lower, upper }, norm, recipe.seed + k, 80))
      quotient = Math.max(quotient, (await certifiedQuotient(runnable, output, { x: [...x], y: [...y] }, norm, workOf())) ?? 0); // prettier-ignore
    const proved = rigorOfFinding[mapFindings[map.cells.lowerFound[k]!]!] === 'certified';
    cells.push({ found: mapFindings[map.cells.upperFound[k]!]!, lower: proved ? map.cells.lower[k]! : 0, upper: map.cells.upper[k]!, quotient }); // prettier-ignore
  }
  return cells;
}

async function drawn(request: MapRequest, engine: Engine): Promise<LipschitzMap> {
  for await (const event of drawMap(request, engine, new AbortController().signal))
    if (event.kind === 'finished') return event.map;
  throw new Error('The map did not end.');
}
