import { expect } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import type { Work } from '../../core/compute/work.ts';
import { smoothingAnswer, type SmoothingQuestion } from '../../core/estimators/smoothing/answer.ts';
import { largestDeviation } from '../../core/estimators/smoothing/deviation.ts';
import { drawnPoint } from '../../core/estimators/smoothing/drawn-points.ts';
import { betterParts } from '../../core/estimators/smoothing/parts.ts';
import { seeded } from '../../core/estimators/witness/random.ts';
import { denseJacobian } from '../../core/estimators/jacobian/at-a-point.ts';
import { openJacobian } from '../../core/estimators/jacobian/jacobian.ts';
import { readRegion } from '../../core/inspection/region-syntax.ts';
import { kinksOf, SmoothingSettings } from '../../core/inspection/smoothing-problem.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount } from '../../core/network/tensor.ts';
import type { SmoothingVariant } from '../../core/operators/smoothings/smoothing.ts';
import { inferTypes } from '../../core/passes/infer-types.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { raiseOpset } from '../../core/passes/raise-opset.ts';
import { smoothKinks } from '../../core/passes/smooth-kinks.ts';
import type { Region } from '../../core/region.ts';
import { singularValues, workOf } from '../estimators/norms/small-maps.ts';

export const smoothedRegions = ['all', 'box:-1,1', 'ball:l2:0.3:0.5'] as const;

export interface SmoothedCase {
  readonly network: Network;
  readonly epsilon: number;
  readonly region: string;
  readonly variant: SmoothingVariant;
  readonly seed: number;
}

export interface Effort {
  readonly samples: number;
  /** Lines along which the gradient is watched. */
  readonly lines: number;
  /** For better constants of parts. */
  readonly partSeconds: number;
}

/** What was found of one network, and what had been promised. null for a smoothness constant that is not known. */
export interface Tightness {
  readonly epsilon: number;
  readonly deviation: number;
  readonly smoothness: number | null;
  readonly quotient: number;
}

const rules = ['optimal', 'equal', 'paper-halving', 'paper-algorithm2'] as const;

/**
 * Smooths a network as the product does and holds it against what is found by looking: no point lies further than epsilon from the original, no two gradients are further apart than L
 * times their distance, and the optimal rule's L is at most that of the equal split.
 */
export async function smoothingHolds(
  { network, epsilon, region: text, variant, seed }: SmoothedCase,
  { samples, lines, partSeconds }: Effort,
  engine: Engine,
): Promise<Tightness> {
  const work = (seconds = 1e6): Work => ({ ...workOf(seconds), engine });
  const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
  const { runnable, input, output } = prepared;
  const size = elementCount(runnable.types.get(input)!.shape);
  const region = readRegion(text, size);
  const question: SmoothingQuestion = { epsilon, rule: 'optimal' };
  const settings = await SmoothingSettings.open(prepared, variant, region, undefined, work(2));
  await settings.lookAtSingleUnits(work());
  let setting = await settings.problemFor(question, work());
  const first = smoothingAnswer(setting.problem, question).output.smoothness;
  const equal: SmoothingQuestion = { epsilon, rule: 'equal' };
  const asked = smoothingAnswer((await settings.problemFor(equal, work())).problem, equal).output.smoothness;
  if (first !== null && asked !== null)
    expect(first, 'optimal against equal, each asked for by itself').toBeLessThanOrEqual(asked * (1 + 1e-9));
  for await (const { blocks } of betterParts(setting.graph, setting.constantOf, setting.blocks, work(partSeconds)))
    setting = settings.refined(setting, blocks);
  const answers = Object.fromEntries(
    rules.map((rule) => [rule, smoothingAnswer(setting.problem, { epsilon, rule }).output]),
  );
  const { deviation: allowed, smoothness } = answers['optimal']!;
  for (const rule of rules) expect(answers[rule]!.deviation, rule).toBeLessThanOrEqual(epsilon);
  if (smoothness !== null && answers['equal']!.smoothness !== null)
    expect(smoothness, 'optimal against equal').toBeLessThanOrEqual(answers['equal']!.smoothness * (1 + 1e-6));
  if (first !== null) expect(smoothness!, 'better parts against the product').toBeLessThanOrEqual(first * (1 + 1e-9));

  const original = raiseOpset(runnable);
  const smoothed = inferTypes(smoothKinks(original, kinksOf(setting, question)));
  let [deviation, single] = [0, false];
  for await (const found of largestDeviation({ original, smoothed, output }, region, samples, seed, work()))
    [deviation, single] = [found.largest, found.inSingle.length > 0];
  // Operators that ONNX Runtime has in float32 only add their rounding, on points up to 3 away in every entry.
  const noise = single ? 1e-6 * (1 + 10 * Math.sqrt(size) * answers['optimal']!.lipschitz!) : 1e-9;
  expect(deviation, 'a deviation').toBeLessThanOrEqual(allowed! * (1 + 1e-9) + noise);
  const quotient = await fastestTurn(smoothed, output, region, lines, seed, engine);
  expect(quotient, 'a change of the gradient').toBeLessThanOrEqual(
    (smoothness ?? Number.POSITIVE_INFINITY) * (1 + 1e-6),
  );
  return { epsilon, deviation, smoothness, quotient };
}

const pieces = 12;
const halvings = 16;

/** The largest change of the Jacobian over the distance found on lines through the region, halved again and again where it is largest. */
async function fastestTurn(
  network: Network,
  output: string,
  region: Region,
  lines: number,
  seed: number,
  engine: Engine,
): Promise<number> {
  const opened = await openJacobian({ network, output, precision: 'float64' }, engine);
  if ('missing' in opened) throw new Error(opened.missing.reason);
  await using jacobian = opened;
  const random = seeded(seed + 3);
  const { rows, columns } = jacobian;
  const work = { ...workOf(1e6), engine };
  const matrixAt = async (point: Float64Array): Promise<Float64Array> =>
    (await denseJacobian(jacobian, point, work)).entries;
  let largest = 0;
  for (let line = 0; line < lines; line++) {
    const [from, to] = [drawnPoint(region, columns, line, random), drawnPoint(region, columns, line, random)];
    const length = Math.hypot(...from.map((value, i) => to[i]! - value));
    if (!(length > 0)) continue;
    const at = async (share: number): Promise<{ share: number; matrix: Float64Array }> => ({
      share,
      matrix: await matrixAt(from.map((value, i) => value + share * (to[i]! - value))),
    });
    type Place = Awaited<ReturnType<typeof at>>;
    const quotient = (a: Place, b: Place): number => {
      const change = Array.from({ length: rows }, (_, i) =>
        Array.from({ length: columns }, (__, j) => a.matrix[i * columns + j]! - b.matrix[i * columns + j]!),
      );
      const most = Math.max(...a.matrix.map(Math.abs), ...b.matrix.map(Math.abs));
      // What rounding alone could have made of it does not count.
      const noise = (jacobian.inSingle.size > 0 ? 1e-5 : 1e-11) * most * Math.sqrt(rows * columns);
      return Math.max(0, singularValues(change)[0]! - noise) / (Math.abs(a.share - b.share) * length);
    };
    const places: Place[] = [];
    for (let k = 0; k <= pieces; k++) places.push(await at(k / pieces));
    let best = { pair: [places[0]!, places[1]!] as const, value: -1 };
    const consider = (a: Place, b: Place): void => {
      const value = quotient(a, b);
      if (value > best.value) best = { pair: [a, b], value };
    };
    for (let k = 0; k < pieces; k++) consider(places[k]!, places[k + 1]!);
    for (let k = 0; k < halvings; k++) {
      const [a, b] = best.pair;
      const middle = await at((a.share + b.share) / 2);
      const before = best.value;
      consider(a, middle);
      consider(middle, b);
      if (best.value === before) break;
    }
    largest = Math.max(largest, best.value);
  }
  return largest;
}
