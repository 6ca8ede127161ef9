import type { Network, Node } from '../../network/network.ts';
import type { Lines } from '../../operators/definition.ts';
import { encloseAffine, type Enclosure } from '../../operators/enclosure.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { above, below, gamma } from '../../rounding.ts';
import { Translation } from '../absolute-values/translation.ts';
import type { LightRule } from '../composition/product.ts';
import { encloseNode, rangesOf, type Enclosures } from '../ranges/enclose-network.ts';

/** What a tensor is in terms of those before it, on a region: the sum of linear lanes, between two lines in one tensor, and between two constants. */
export interface ValueStep {
  readonly to: string;
  readonly size: number;
  readonly lanes: readonly ValueLane[];
  readonly bent?: { readonly from: string; readonly lines: Lines };
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface ValueLane {
  readonly from: string;
  readonly map: LinearMap;
  /** |W| |largest values of the tensor that it starts from|: what the rounding errors of a row are relative to. */
  readonly reach: Float64Array;
}

/**
 * The steps of one node whose input boxes are known, and boxes of tensors that only these steps have. Between lines where the operator has some, otherwise by the
 * mean value theorem: z = z0 + lanes (y - y0) + w with |w| at most the remainder of |y - y0|, y0 in the middle of the box. undefined where nothing linear is
 * known; then the box of the output has to do.
 */
export function valueSteps(
  network: Network,
  node: Node,
  rule: LightRule,
  known: ReadonlySet<string>,
  boxes: Map<string, Enclosure>,
): readonly ValueStep[] | undefined {
  if (rule.kind === 'elementwise' && rule.lines !== undefined) {
    const lines = rule.lines();
    const size = boxes.get(node.inputs[rule.input]!)!.lower.length;
    const zero = new Float64Array(size);
    if (lines !== undefined && lines.lowerSlope.length === size)
      return [{ to: node.outputs[0]!, size, lanes: [], bent: { from: node.inputs[rule.input]!, lines }, lower: zero, upper: zero }]; // prettier-ignore
  }
  const steps = new Translation(network, node, rule, 'centred', known).steps();
  if (steps.length === 0) return undefined;
  const linear = steps.every(({ remainder }) => remainder === undefined);
  const points = pointsIn(node, boxes, linear ? 'zero' : 'middle');
  const images = new Map(encloseNode(network, node, points).map((box, index) => [node.outputs[index], box]));
  const result: ValueStep[] = [];
  for (const { to, size, lanes: own, remainder, enclose } of steps) {
    if (enclose !== undefined) {
      const [there, around] = [rangesOf(network, node, points), rangesOf(network, node, boxes)];
      if (there === undefined || around === undefined) return undefined;
      images.set(to, enclose(there));
      points.set(to, enclose(there));
      boxes.set(to, enclose(around));
    }
    const lanes = own.map(({ from, map }) => laneOf(from, map(), boxes.get(from)!));
    const moved = lanes.map(({ from, map }) => encloseAffine(map, undefined, points.get(from)!, [size]));
    const image = images.get(to);
    if (image === undefined) {
      // A tensor in between, such as the difference of the two that a maximum is taken of.
      if (remainder !== undefined) return undefined;
      points.set(to, sumOf(moved, size));
      boxes.set(to, sumOf(lanes.map(({ from, map }) => encloseAffine(map, undefined, boxes.get(from)!, [size])), size)); // prettier-ignore
      result.push({ to, size, lanes, lower: new Float64Array(size), upper: new Float64Array(size) });
      continue;
    }
    const start = linear ? sumOf([], size) : sumOf(moved, size);
    const width = remainder?.forward(remainder.from.map((from) => radiusAround(points.get(from)!, boxes.get(from)!)));
    const slack = (i: number): number => (width === undefined ? 0 : above(width[i]! * (1 + 2 ** -40)));
    const lower = Float64Array.from(image.lower, (low, i) => exactlyOr(low, start.upper[i]!, slack(i), below));
    const upper = Float64Array.from(image.upper, (high, i) => exactlyOr(high, start.lower[i]!, -slack(i), above));
    result.push({ to, size, lanes, lower, upper });
  }
  return result.every(({ lower, upper }) => lower.every(Number.isFinite) && upper.every(Number.isFinite))
    ? result
    : undefined;
}

/** value - start - slack, rounded outward where anything is subtracted. */
const exactlyOr = (value: number, start: number, slack: number, round: (x: number) => number): number =>
  start === 0 && slack === 0 ? value : round(round(value - start) - slack);

function laneOf(from: string, map: LinearMap, box: Enclosure): ValueLane {
  const largest = box.lower.map((low, j) => Math.max(Math.abs(low), Math.abs(box.upper[j]!)));
  const inflated = 1 + 2 * gamma(map.terms + 8);
  return { from, map, reach: map.magnitude().apply(largest).map((value) => value * inflated) }; // prettier-ignore
}

function pointsIn(node: Node, boxes: Enclosures, where: 'zero' | 'middle'): Map<string, Enclosure> {
  const points = new Map<string, Enclosure>();
  for (const name of node.inputs) {
    const box = boxes.get(name);
    if (box === undefined) continue;
    const point =
      where === 'zero'
        ? new Float64Array(box.lower.length)
        : box.lower.map((low, i) => Math.min(box.upper[i]!, Math.max(low, low + (box.upper[i]! - low) / 2)));
    points.set(name, { shape: box.shape, lower: point, upper: point });
  }
  return points;
}

const sumOf = (boxes: readonly Enclosure[], size: number): Enclosure => ({
  shape: [size],
  lower: Float64Array.from({ length: size }, (_, i) => boxes.reduce((sum, { lower }) => below(sum + lower[i]!), 0)),
  upper: Float64Array.from({ length: size }, (_, i) => boxes.reduce((sum, { upper }) => above(sum + upper[i]!), 0)),
});

/** How far a value of the box can be from the point. */
const radiusAround = (point: Enclosure, box: Enclosure): Float64Array =>
  box.lower.map((low, i) => above(Math.max(0, point.upper[i]! - low, box.upper[i]! - point.lower[i]!)));
