import { elementCount } from '../../network/tensor.ts';
import { above } from '../../rounding.ts';
import type { Draft } from '../composites/draft.ts';
import { floatingType } from '../composites/draft.ts';
import { functionOf } from '../activations.ts';
import type { NodeFacts, Ranges } from '../definition.ts';
import { requiredOutput } from '../facts.ts';
import type { Profile } from './profile.ts';
import type { Smoothing, SmoothingVariant } from './smoothing.ts';

/** A kink: jump * max(0, direction * (x - at)) is what bends there. */
export interface Hinge {
  readonly jump: number;
  readonly at: number | { readonly tensor: string; readonly least: number; readonly most: number };
  readonly direction: 1 | -1;
  /**
   * Jump times a tensor. In float32 1 - alpha is rounded, and what is left of the kink then is a kink: it has to be written in the numbers of the file.
   */
  readonly scaled?: (draft: Draft, bent: string) => string;
}

/** A function of single numbers that is smooth but for its hinges. */
export interface Hinged {
  readonly hinges: readonly Hinge[];
  /** Between which ends the smooth function minus this one lies, in widths, where each hinge is replaced by SmoothReLU. */
  readonly error: readonly [number, number];
  /** The largest second derivative between the kinks; 0 for pieces of straight lines. */
  readonly smooth: number;
  /** The same kinks where ramps that lie around them must not overlap. */
  readonly around?: readonly Hinge[];
  /** The slope far to the left, where the function of the operator does not say it; 0 unless given. */
  readonly left?: number;
  /** All of it is a function of scale * x + shift. */
  readonly inner?: { readonly scale: number; readonly shift: number };
}

/** Where the slope rises from 0 to 1: along [start, start + 2] widths from the kink. */
interface Ramp {
  readonly start: 0 | -1;
  readonly hinges: readonly Hinge[];
  readonly error: readonly [number, number];
}

/**
 * SmoothReLU (Roulet and Harchaoui, Example 6): 0, then x^2 / (4 nu) up to 2 nu, then x - nu: at most nu below the ReLU, its slope rises by 1 / (2 nu).
 * Around the kink instead, the ramp on [-nu, nu] lies between 0 and nu / 4 above it, with the same slope.
 */
function rampOf({ hinges, error, smooth, around }: Hinged, variant: SmoothingVariant): Ramp {
  // Between kinks that are not straight the slopes of a ramp to both sides would leave the layer's own.
  if (variant !== 'balanced' || smooth > 0) return { start: 0, hinges, error };
  const own = around ?? hinges;
  const [low, high] = own.reduce(
    ([least, most], hinge) => [least + Math.min(0, hinge.jump) / 4, most + Math.max(0, hinge.jump) / 4],
    [0, 0],
  );
  return { start: -1, hinges: own, error: [low, high] };
}

/** Every hinge of an elementwise layer replaced. `input` is which input of the node bends. */
export function smoothHinges(
  facts: NodeFacts,
  variant: SmoothingVariant,
  ranges: Ranges | undefined,
  input: number,
  hinged: Hinged,
): Smoothing | undefined {
  const { start, hinges, error } = rampOf(hinged, variant);
  const steepest = hinges.reduce((most, hinge) => Math.max(most, Math.abs(hinge.jump)), 0);
  if (steepest === 0) return undefined;
  const shift = variant === 'one-sided' ? 0 : -(error[0] + error[1]) / 2;
  const units =
    shift === 0 && start === 0 && hinged.inner === undefined
      ? movedUnits(facts, ranges, input, hinges)
      : elementCount(requiredOutput(facts).shape);
  if (units === 0) return undefined;
  const scale = hinged.inner?.scale ?? 1;
  // The shift is written as a number of the model's own type.
  const rounding = shift === 0 ? 1 : 1 + 2 ** -22;
  const each = Math.max(Math.abs(error[0] + shift), Math.abs(error[1] + shift)) * rounding;
  return {
    accuracy: above(each * above(Math.sqrt(units))),
    each: [above(-(error[0] + shift) * rounding) * -1, above((error[1] + shift) * rounding)],
    curvature: above(above(steepest / 2) * scale * scale),
    smooth: hinged.smooth,
    units,
    profiles: cornersOf(facts, hinged, { start, hinges, shift }),
    ...(hinged.inner === undefined && typeof hinges[0]!.at === 'number' ? { knot: hinges[0]!.at } : {}),
    reach: above(2 / scale),
    write(draft, output, width) {
      const type = floatingType(facts, input);
      const number = (value: number): string => draft.scalar(type, value);
      const given = facts.node.inputs[input]!;
      const { inner } = hinged;
      const x =
        inner === undefined
          ? given
          : draft.node('Add', [draft.node('Mul', [given, number(inner.scale)]), number(inner.shift)]);
      const corrected = hinges.reduce(
        (sum, hinge) => draft.node('Add', [sum, correction(draft, number, x, hinge, start, width)]),
        output,
      );
      return shift === 0 ? corrected : draft.node('Add', [corrected, number(shift * width)]);
    },
  };
}

/** One picture for every place where something bends; of many places, as of a tensor of thresholds, the first. */
function cornersOf(
  facts: NodeFacts,
  { inner, left }: Hinged,
  { start, hinges, shift }: { readonly start: 0 | -1; readonly hinges: readonly Hinge[]; readonly shift: number },
): readonly Profile[] {
  const known = inner === undefined ? functionOf(facts) : undefined;
  const placed = hinges.map(({ at, jump, direction }) => ({ at: typeof at === 'number' ? at : at.least, jump, direction })); // prettier-ignore
  const places = [...new Set(placed.map(({ at }) => at))].sort((a, b) => a - b);
  let slope = left ?? 0;
  return places.map((at): Profile => {
    const own = placed.filter((hinge) => hinge.at === at);
    const before = known?.derivative(at, 'left') ?? slope;
    slope = own.reduce((sum, { jump }) => sum + jump, before);
    const bent = own.map(({ jump, direction }) => ({ jump, direction }));
    return { kind: 'corner', at, left: before, right: slope, hinges: bent, start, shift };
  });
}

/** Units that can come to the bent side of a kink; all where nothing is known of them. */
function movedUnits(facts: NodeFacts, ranges: Ranges | undefined, input: number, hinges: readonly Hinge[]): number {
  const count = elementCount(requiredOutput(facts).shape);
  const box = ranges?.[input];
  if (box === undefined || box.lower.length !== count) return count;
  let moved = 0;
  for (let i = 0; i < count; i++) {
    const bends = hinges.some(({ at, direction }) => {
      const [least, most] = typeof at === 'number' ? [at, at] : [at.least, at.most];
      return direction === 1 ? box.upper[i]! > least : box.lower[i]! < most;
    });
    if (bends) moved++;
  }
  return moved;
}

/**
 * jump * (SmoothReLU(z) - ReLU(z)) at z = direction (x - at). Written as p (p / (4 nu)) - q with p = z - start and q = z, both cut off where the ramp ends: bounded
 * numbers that do not cancel, whatever x.
 */
export function correction(
  draft: Draft,
  number: (value: number) => string,
  x: string,
  { jump, at, direction, scaled }: Hinge,
  start: 0 | -1,
  width: number,
): string {
  const shifted = (from: string): string => {
    if (at === 0) return direction === 1 ? from : draft.node('Neg', [from]);
    const knot = typeof at === 'number' ? number(at) : at.tensor;
    return draft.node('Sub', direction === 1 ? [from, knot] : [knot, from]);
  };
  const z = shifted(x);
  const fromStart = start === 0 ? z : draft.node('Add', [z, number(width)]);
  const p = draft.node('Clip', [fromStart, number(0), number(2 * width)]);
  const q = start === 0 ? p : draft.node('Clip', [z, number(0), number(width)]);
  const square = draft.node('Mul', [p, draft.node('Div', [p, number(4 * width)])]);
  const bent = draft.node('Sub', [square, q]);
  if (scaled !== undefined) return scaled(draft, bent);
  return jump === 1 ? bent : draft.node('Mul', [bent, number(jump)]);
}
