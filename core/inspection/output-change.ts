import type { Engine } from '../compute/engine.ts';
import { length } from '../compute/linear-algebra/euclidean.ts';
import { openForward, type Forward } from '../estimators/witness/forward.ts';
import { seeded } from '../estimators/witness/random.ts';
import type { OutputChange } from '../report/what-if.ts';
import { moveInside, type Region } from '../region.ts';
import { openModel } from './open-model.ts';
import { startPace } from './pace.ts';
import { readRegion } from './region-syntax.ts';
import type { InspectionRequest } from './request.ts';

const samples = 256;

/** How far the outputs of another file of the same network lie from those of this one. */
export async function outputChange(
  request: InspectionRequest,
  other: string,
  engine: Engine,
  signal: AbortSignal,
): Promise<OutputChange | undefined> {
  const before = await opened(request, engine, signal);
  const after = await opened({ ...request, file: other }, engine, signal);
  await using first = before;
  await using second = after;
  if (first === undefined || second === undefined) return undefined;
  const region = readRegion(request.region, first.inputs);
  const points = pointsIn(region, first.inputs);
  return comparison(await first.evaluate(points), await second.evaluate(points));
}

async function opened(request: InspectionRequest, engine: Engine, signal: AbortSignal): Promise<Forward | undefined> {
  using model = await openModel(request, engine);
  const { runnable, output } = model.prepared;
  const forward = await openForward(runnable, output, startPace(engine, signal, request.budgetSeconds).until(Infinity));
  return 'refused' in forward ? undefined : forward;
}

function pointsIn(region: Region, size: number): readonly Float64Array[] {
  const random = seeded(1);
  return Array.from({ length: samples }, () =>
    Float64Array.from(
      moveInside(
        region,
        Float64Array.from({ length: size }, () => random.normal()),
      ),
    ),
  );
}

function comparison(before: readonly Float64Array[], after: readonly Float64Array[]): OutputChange {
  const moves = before.map((output, k) => length(output.map((value, i) => value - after[k]![i]!)));
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, own) => sum + own, 0) / numbers.length;
  const decisions = before.filter((output, k) => largest(output) !== largest(after[k]!)).length;
  return {
    samples: before.length,
    mean: mean(moves),
    largest: moves.reduce((a, b) => Math.max(a, b), 0),
    size: mean(before.map(length)),
    ...(before[0]!.length > 1 ? { decisions } : {}),
  };
}

const largest = (output: Float64Array): number =>
  output.reduce((best, value, i) => (value > output[best]! ? i : best), 0);
