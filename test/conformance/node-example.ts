import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { analyse } from '../../core/inspection/layers.ts';
import { numbersOf, type Tensor } from '../../core/network/tensor.ts';
import { exactly } from '../../core/operators/enclosure.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import type { PreparedNetwork } from '../../core/passes/prepare.ts';
import { lengthOf } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';
import { constants, difference } from '../operators/against-runtime.ts';
import { numbers } from '../operators/small-networks.ts';
import { openManyPoints, type ManyPoints } from './many-points.ts';
import { beside, open, openExample, runtimeDisagrees, type Example, type Outcome } from './example.ts';

/**
 * One example of the ONNX project, read, prepared and written again: ONNX Runtime must then give the reference output, the enclosure of
 * the point must contain it, and no difference quotient of so many pairs may exceed the bound. Throws, with the numbers, where one of
 * these fails.
 */
export async function follow(name: string, engine: Engine, pairs: number): Promise<Outcome> {
  const example = await openExample(name, engine);
  if (example.kind !== 'example') return example;
  const { prepared, expected } = example;
  const { runnable, output } = prepared;
  const obstacle = runnable.nodes
    .map((node) => ({ node, rule: ruleOf(runnable, node) }))
    .find(({ rule }) => rule.kind === 'unsupported' && rule.follows !== true);
  if (obstacle?.rule.kind === 'unsupported') return open(`${obstacle.node.op}: ${obstacle.rule.reason}`);
  try {
    await checkExample(example, pairs, engine);
  } catch (error) {
    if (!(await runtimeDisagrees(name, expected, engine))) throw error;
    return beside('ONNX Runtime itself, given the file as it is, computes something else than the reference output');
  }
  const image = runnable.types.get(output);
  if (JSON.stringify(image?.shape) !== JSON.stringify(expected.shape))
    throw new Error(`its shape is inferred as [${image?.shape.join(', ') ?? '?'}], not [${expected.shape.join(', ')}]`);
  return { kind: 'covered' };
}

/** Outputs of float16 and bfloat16 examples were rounded on the way; one example was typed in with four digits. */
function toleranceOf(name: string, prepared: PreparedNetwork, expected: Tensor): number {
  if (name === 'test_averagepool_2d_ceil_last_window_starts_on_pad') return 1e-4;
  if (expected.type === 'bfloat16') return 3e-2;
  return expected.type === 'float16' || prepared.notes.length > 0 ? 5e-3 : 2e-5;
}

async function checkExample(
  { name, prepared, expected, point }: Example,
  pairs: number,
  engine: Engine,
): Promise<void> {
  const { runnable, output } = prepared;
  const truth = numbersOf(expected);
  const scale =
    1 +
    lengthOf(
      truth.map((value) => (Number.isFinite(value) ? value : 0)),
      'linf',
    );
  const slack = toleranceOf(name, prepared, expected) * scale;
  const { shape } = runnable.types.get(runnable.inputs[0]!.name)!;
  const image = (await encloseNetwork(runnable, exactly(shape, point), workOf(), new Set([output]))).get(output);
  if (image === undefined) throw new Error('it has no enclosure');
  for (const [i, value] of truth.entries())
    if (Number.isFinite(value) && !(value >= image.lower[i]! - slack && value <= image.upper[i]! + slack))
      throw new Error(`output ${i} is ${value}, its enclosure [${image.lower[i]!}, ${image.upper[i]!}]`);

  await using runtime = await openManyPoints(runnable, output, engine);
  for (const [i, value] of (await runtime.run([point]))[0]!.entries())
    if (Number.isFinite(truth[i]!) && !(Math.abs(value - truth[i]!) <= slack))
      throw new Error(`written again, output ${i} is ${value} and not ${truth[i]!}`);
  // Norms of larger maps are written down for minutes.
  if (point.length <= 4000) await checkQuotients(prepared, point, runtime, pairs);
}

/** Pairs around the example's point, near and far, against the constants on the box that holds them and on the whole space. */
async function checkQuotients(
  { analysed, output }: PreparedNetwork,
  point: Float64Array,
  runtime: ManyPoints,
  pairs: number,
): Promise<void> {
  const { shape } = analysed.types.get(analysed.inputs[0]!.name)!;
  const reach = 0.3;
  const box = {
    shape,
    lower: point.map((x) => Math.fround(x - reach)),
    upper: point.map((x) => Math.fround(x + reach)),
  };
  const boxes = await encloseNetwork(analysed, box, workOf(), 'all');
  const everywhere = constants(analysed, output, analyse(analysed, undefined));
  const inBox = constants(analysed, output, analyse(analysed, boxes));
  const inside = (values: (i: number) => number): Float64Array =>
    point.map((_, i) => Math.fround(Math.min(box.upper[i]!, Math.max(box.lower[i]!, values(i)))));
  let x = inside((i) => point[i]!);
  let fx = (await runtime.run([x]))[0]!;
  const bound = (norm: Norm): number => Math.min(everywhere[norm], inBox[norm]);
  const together = Math.max(1, Math.min(pairs, Math.floor(2 ** 20 / point.length), 1000));
  for (let k = 0; k < pairs;) {
    const points: Float64Array[] = [];
    for (let last = x; points.length < together && k < pairs; k++) {
      // In turns: anywhere in the box, close by along a random direction, and along one axis.
      const from = last;
      const random = numbers(point.length, k + 1);
      const step = reach * 2 ** -(k % 7);
      const axis = (7 * k) % from.length;
      const moved = [
        (i: number): number => point[i]! + reach * random[i]!,
        (i: number): number => from[i]! + step * random[i]!,
        (i: number): number => (i === axis ? point[i]! + step * random[i]! : from[i]!),
      ][k % 3]!;
      last = inside(moved);
      points.push(last);
    }
    for (const [at, fy] of (await runtime.run(points)).entries()) {
      checkPair(x, points[at]!, fx, fy, bound);
      [x, fx] = [points[at]!, fy];
    }
  }
}

function checkPair(
  x: Float64Array,
  y: Float64Array,
  fx: Float64Array,
  fy: Float64Array,
  boundOf: (norm: Norm) => number,
): void {
  for (const norm of norms) {
    const apart = lengthOf(difference(fx, fy), norm);
    const noise = 4e-6 * (lengthOf(fx, norm) + lengthOf(fy, norm)) + 1e-6;
    const distance = lengthOf(difference(x, y), norm);
    if (Number.isFinite(apart) && !(apart - noise <= boundOf(norm) * distance * (1 + 1e-6)))
      throw new Error(`a ${norm} quotient of ${apart / distance} exceeds the bound ${boundOf(norm)}`);
  }
}
