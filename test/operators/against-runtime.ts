import { expect } from 'vitest';
import { norms, type Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { compose } from '../../core/estimators/composition/product.ts';
import { encloseNetwork } from '../../core/estimators/ranges/enclose-network.ts';
import { affineRule, analyse, type AnalysedNode } from '../../core/inspection/layers.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Network } from '../../core/network/network.ts';
import { elementCount, type Shape } from '../../core/network/tensor.ts';
import { exactly, type Enclosure } from '../../core/operators/enclosure.ts';
import type { LinearMap } from '../../core/operators/linear-map.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import { lengthOf } from '../../core/region.ts';
import { materialise, singularValues, workOf } from '../estimators/norms/small-maps.ts';
import { numbers } from './small-networks.ts';

/** A network as ONNX Runtime computes it, point by point. */
export interface Reference extends AsyncDisposable {
  readonly shape: Shape;
  evaluate(point: Float64Array): Promise<Float64Array>;
}

export async function openReference(network: Network, engine: Engine): Promise<Reference> {
  const session = await engine.open(writeOnnx(network), 'cpu');
  const { name, type } = network.inputs[0]!;
  const shape = network.types.get(name)!.shape;
  const output = network.outputs[0]!.name;
  const run = async (point: Float64Array) => {
    const data = type === 'float64' ? point : Float32Array.from(point);
    return (await session.run({ [name]: { type, shape, data } }))[output]!;
  };
  const first = await run(new Float64Array(elementCount(shape)).fill(0.5));
  return {
    shape: first.shape,
    evaluate: async (point) => Float64Array.from((await run(point)).data as Float32Array),
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}

export const pointOf = (count: number, seed: number, from = -1, to = 1): Float64Array =>
  Float64Array.from(numbers(count, seed), (value) => Math.fround(from + ((value + 1) / 2) * (to - from)));

export interface Expectations {
  /** Inputs are drawn from this interval; [-2, 2] when not said. */
  readonly interval?: readonly [number, number];
  /** Of float32 rounding in the reference, relative to the largest output. */
  readonly tolerance?: number;
  /** Of the enclosure of a point, relative to the largest output. */
  readonly width?: number;
  /** There is no finite constant on the whole space, and the rules must say so. */
  readonly unboundedEverywhere?: boolean;
  /** No constant on the box either. */
  readonly unboundedOnBox?: boolean;
  /** The largest quotient that was seen must reach this part of the bound in this norm: a check that the bound is not slack. */
  readonly points?: number;
}

/**
 * Everything a rule and an enclosure promise, checked for one small network against ONNX Runtime: the shape, the image of a point,
 * the image of a box, and that no difference quotient exceeds the constant, in any norm, on the whole space and on the box.
 */
export async function checkAgainstRuntime(network: Network, engine: Engine, options: Expectations = {}): Promise<void> {
  const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
  await using reference = await openReference(network, engine);
  const { analysed, runnable, output } = prepared;
  expect(runnable.types.get(output)?.shape, 'the inferred shape').toEqual(reference.shape);

  const [from, to] = options.interval ?? [-2, 2];
  const shape = runnable.types.get('x')!.shape;
  const size = elementCount(shape);
  const count = options.points ?? 12;
  const points = Array.from({ length: count }, (_, k) => pointOf(size, 7 + k, from, to));
  const images: Float64Array[] = [];
  for (const point of points) images.push(await reference.evaluate(point));
  await checkPoints(prepared, points.slice(0, 3), images, options);

  const box: Enclosure = { shape, lower: new Float64Array(size).fill(from), upper: new Float64Array(size).fill(to) };
  for (const one of [box, ...openBoxes(box)]) await checkBox(prepared, one, images, options);
  await checkQuotients(prepared, reference, box, points, images, options);
  for (const node of analysed.nodes) {
    const rule = ruleOf(analysed, node);
    if (rule.kind === 'affine') checkMap(rule.map);
  }
}

async function checkPoints(
  { runnable, analysed, output }: PreparedNetwork,
  points: readonly Float64Array[],
  images: readonly Float64Array[],
  { tolerance = 4e-6, width = 1e-9 }: Expectations,
): Promise<void> {
  const shape = runnable.types.get('x')!.shape;
  for (const [k, point] of points.entries())
    for (const network of [runnable, analysed]) {
      const image = (await encloseNetwork(network, exactly(shape, point), workOf(), new Set([output]))).get(output);
      expect(image, 'a point has an image').toBeDefined();
      const truth = images[k]!;
      const scale = lengthOf(truth, 'linf') + lengthOf(point, 'linf') * 0.1;
      expect(image!.shape).toEqual(runnable.types.get(output)!.shape);
      for (const [i, value] of truth.entries()) {
        const [low, high] = [image!.lower[i]!, image!.upper[i]!];
        if (!(low <= value + tolerance * scale && high >= value - tolerance * scale && low <= high))
          expect.fail(`Output ${i} is ${value}, its enclosure [${low}, ${high}].`);
        if (!(high - low <= width * scale))
          expect.fail(`The enclosure of output ${i} is ${high - low} wide at ${value}.`);
      }
    }
}

/** Around the same points, without an end above, below, or on both sides. */
const openBoxes = (box: Enclosure): readonly Enclosure[] => {
  const lower = box.lower.map(() => Number.NEGATIVE_INFINITY);
  const upper = box.upper.map(() => Number.POSITIVE_INFINITY);
  return [
    { ...box, upper },
    { ...box, lower },
    { ...box, lower, upper },
  ];
};

async function checkBox(
  { analysed, output }: PreparedNetwork,
  box: Enclosure,
  images: readonly Float64Array[],
  { tolerance = 4e-6 }: Expectations,
): Promise<void> {
  const range = (await encloseNetwork(analysed, box, workOf(), new Set([output]))).get(output)!;
  for (const image of images) {
    const slack = tolerance * (lengthOf(image, 'linf') + 0.1);
    for (const [i, value] of image.entries())
      if (!(value >= range.lower[i]! - slack && value <= range.upper[i]! + slack))
        expect.fail(
          `Output ${i} is ${value} at a point of the box, outside of its range [${range.lower[i]!}, ${range.upper[i]!}].`,
        );
  }
}

async function checkQuotients(
  { analysed, output }: PreparedNetwork,
  reference: Reference,
  box: Enclosure,
  points: readonly Float64Array[],
  images: readonly Float64Array[],
  { unboundedEverywhere, unboundedOnBox, tolerance = 4e-6 }: Expectations,
): Promise<void> {
  const boxes = await encloseNetwork(analysed, box, workOf(), 'all');
  const everywhere = constants(analysed, output, analyse(analysed, undefined));
  const inBox = constants(analysed, output, analyse(analysed, boxes));
  const inOpen: Record<Norm, number>[] = [];
  for (const open of openBoxes(box)) {
    const ranges = await encloseNetwork(analysed, open, workOf(), 'all');
    inOpen.push(constants(analysed, output, analyse(analysed, ranges)));
  }
  const pairs = await nearAndFar(reference, points, images, box);
  for (const norm of norms) {
    if (unboundedEverywhere === true) expect(everywhere[norm]).toBe(Number.POSITIVE_INFINITY);
    else expect(everywhere[norm]).toBeLessThan(Number.POSITIVE_INFINITY);
    if (unboundedOnBox === true) expect(inBox[norm]).toBe(Number.POSITIVE_INFINITY);
    else expect(inBox[norm]).toBeLessThan(Number.POSITIVE_INFINITY);
    for (const { x, y, fx, fy } of pairs) {
      const distance = lengthOf(difference(x, y), norm);
      const noise = (tolerance / 4) * (lengthOf(fx, norm) + lengthOf(fy, norm));
      const moved = lengthOf(difference(fx, fy), norm) - noise;
      expect(moved, `${norm} quotient ${moved / distance} on the whole space`).toBeLessThanOrEqual(
        everywhere[norm] * distance * (1 + 1e-6),
      );
      for (const open of inOpen)
        expect(moved, `${norm} quotient ${moved / distance} on an open box`).toBeLessThanOrEqual(
          open[norm] * distance * (1 + 1e-6),
        );
      expect(moved, `${norm} quotient ${moved / distance} on the box`).toBeLessThanOrEqual(
        inBox[norm] * distance * (1 + 1e-6),
      );
    }
  }
}

interface Pair {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly fx: Float64Array;
  readonly fy: Float64Array;
}

/** Pairs far apart, pairs that differ in one entry, and pairs along a random direction. */
async function nearAndFar(
  reference: Reference,
  points: readonly Float64Array[],
  images: readonly Float64Array[],
  box: Enclosure,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let k = 0; k + 1 < points.length; k++)
    pairs.push({ x: points[k]!, y: points[k + 1]!, fx: images[k]!, fy: images[k + 1]! });
  for (const [k, x] of points.entries()) {
    const width = box.upper[0]! - box.lower[0]!;
    const direction =
      k % 2 === 0 ? numbers(x.length, 100 + k) : new Float32Array(x.length).map((_, i) => (i === k % x.length ? 1 : 0));
    const y = x.map((value, i) =>
      Math.fround(Math.min(box.upper[i]!, Math.max(box.lower[i]!, value + 0.02 * width * direction[i]!))),
    );
    if (lengthOf(difference(x, y), 'linf') === 0) continue;
    pairs.push({ x, y, fx: images[k]!, fy: await reference.evaluate(y) });
  }
  return pairs;
}

export const difference = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);

/** The composed constants; norms of affine nodes by writing their matrices down. */
export function constants(network: Network, output: string, nodes: readonly AnalysedNode[]): Record<Norm, number> {
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  const closed = new Map(nodes.map(({ node, closed: own }) => [node.id, own]));
  const constant = (norm: Norm): number => {
    const { upper } = compose(network, output, norm, rules, (id) => {
      const own = closed.get(id)?.[norm];
      if (own !== undefined) return own.upper ?? Number.POSITIVE_INFINITY;
      const node = network.nodes.find((candidate) => candidate.id === id)!;
      const rule = affineRule(network, node);
      return rule === undefined ? Number.POSITIVE_INFINITY : trueNorm(rule.map, norm);
    });
    if ('unsupported' in upper) throw new Error(`${upper.unsupported.op}: ${upper.unsupported.reason}`);
    return 'value' in upper ? upper.value : Number.POSITIVE_INFINITY;
  };
  return { l1: constant('l1'), l2: constant('l2'), linf: constant('linf') };
}

/** Row and column sums; l2 by Jacobi rotations, of larger maps by power iteration and some room, which is all that sampled quotients need. */
export function trueNorm(map: LinearMap, norm: Norm): number {
  if (map.rows === 0 || map.columns === 0) return 0;
  if (norm === 'l2')
    return Math.min(map.rows, map.columns) <= 40
      ? singularValues(materialise(map))[0]!
      : Math.sqrt(largestEigenvalue(map));
  const absolute = map.magnitude();
  const sums =
    norm === 'linf'
      ? absolute.apply(new Float64Array(map.columns).fill(1))
      : absolute.applyTransposed(new Float64Array(map.rows).fill(1));
  return sums.reduce((most, sum) => Math.max(most, sum), 0);
}

function largestEigenvalue(map: LinearMap): number {
  let vector: Float64Array = Float64Array.from(numbers(map.columns, 11));
  let value = 0;
  for (let step = 0; step < 80; step++) {
    const size = lengthOf(vector, 'l2');
    if (size === 0) return 0;
    vector = map.applyTransposed(map.apply(vector.map((entry) => entry / size)));
    value = lengthOf(vector, 'l2');
  }
  return value * 1.01;
}

/** The adjoint is the transpose, the magnitude the absolute matrix, and `terms` counts the products of every entry of W x and W' y. */
export function checkMap(map: LinearMap): void {
  const matrix = materialise(map);
  const x = Float64Array.from(numbers(map.columns, 3));
  const y = Float64Array.from(numbers(map.rows, 5));
  const across = new Float64Array(map.columns);
  const inColumn = new Int32Array(map.columns);
  const size = new Float64Array(map.rows);
  let inRow = 0;
  matrix.forEach((row, i) => {
    let count = 0;
    row.forEach((entry, j) => {
      if (entry === 0) return;
      count++;
      inColumn[j]!++;
      across[j]! += entry * y[i]!;
      size[i]! += Math.abs(entry * x[j]!);
    });
    inRow = Math.max(inRow, count);
  });
  const apart = (a: Float64Array, b: Float64Array): number => lengthOf(difference(a, b), 'linf');
  expect(apart(map.applyTransposed(y), across), 'the adjoint').toBeLessThanOrEqual(
    1e-12 * (1 + lengthOf(across, 'linf')),
  );
  expect(apart(map.magnitude().apply(x.map(Math.abs)), size), 'the magnitude').toBeLessThanOrEqual(
    1e-12 * (1 + lengthOf(size, 'linf')),
  );
  expect(inRow, 'products in a row').toBeLessThanOrEqual(productsOf(map));
  expect(Math.max(0, ...inColumn), 'products in a column').toBeLessThanOrEqual(productsOf(map));
}

/** A separable map rounds along one axis after the other: the products of an entry multiply, their roundings add up. */
const productsOf = (map: LinearMap): number =>
  map.structure.kind === 'separable'
    ? map.structure.factors.reduce((product, { rows, columns }) => product * Math.max(rows, columns), 1)
    : map.terms;
