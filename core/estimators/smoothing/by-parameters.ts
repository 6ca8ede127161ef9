import { above } from '../../rounding.ts';
import type { Finite, SmoothingProblem } from './problem.ts';
import type { LayerSmoothing } from './answer.ts';

/**
 * A network as a function of its parameters, for inputs of bounded length: what Algorithm 1 of Roulet and Harchaoui goes through. `from` are the steps whose
 * results a step takes; the first step is the input.
 */
export type ParameterStep =
  | { readonly kind: 'input' }
  /** b(x, u) = beta(x, u) + beta_u(u) + beta_0, |u| <= radius: beta is bilinear with this constant, beta_u linear. */
  | {
      readonly kind: 'parameters';
      readonly from: number;
      readonly id: string;
      readonly radius: number;
      readonly bilinear: number;
      readonly linear: number;
    }
  /** What has no parameters of its own: a function of the steps before, with its value at 0, its largest value and its slope at 0 where they are known. */
  | {
      readonly kind: 'fixed';
      readonly from: readonly number[];
      readonly id: string;
      /** What arrives, each times its factor: added up, or next to each other. */
      readonly factors: readonly number[];
      readonly joined: 'sum' | 'stack';
      /** Of the function of all that arrives. */
      readonly lipschitz: number;
      readonly atZero: number;
      readonly most: Finite;
      readonly slopeAtZero: Finite;
      readonly bend: Bend;
    }
  /** Nothing is known of it, or of it for other weights than those of the file. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** The gradient's Lipschitz constant: nothing for straight lines; a number; or by the width of a layer with kinks, which moves by accuracy * width. */
export type Bend =
  | { readonly kind: 'straight' }
  | { readonly kind: 'smooth'; readonly constant: number }
  | {
      readonly kind: 'kinks';
      readonly layer: string;
      readonly curvature: number;
      readonly smooth: number;
      readonly accuracy: number;
    };

/** What all parameters within their radii do: the size of a tensor, and its constants as a function of all parameters together. */
export interface ParameterBounds {
  readonly bound: number;
  readonly lipschitz: number;
  readonly smoothness: number;
}

/** By layer and for the network's output; in words where the output has no bound. undefined where no region says how large inputs are. */
export interface ByParameters {
  readonly output: ParameterBounds | string;
  readonly layers: readonly (ParameterBounds & { readonly id: string })[];
}

export function byParameters(
  { ofParameters }: SmoothingProblem,
  layers: readonly Pick<LayerSmoothing, 'id' | 'width'>[],
): ByParameters | undefined {
  if (ofParameters === undefined) return undefined;
  const { steps, largestInput } = ofParameters;
  const bounds = algorithm1(steps, largestInput, new Map(layers.map(({ id, width }) => [id, width])));
  return {
    output: bounds.at(-1)!,
    layers: steps.flatMap((step, at) => {
      const own = bounds[at]!;
      return 'id' in step && typeof own !== 'string' ? [{ id: step.id, ...own }] : [];
    }),
  };
}

/**
 * Algorithm 1, one operation at a time: with the constants l and L of what arrives, a bilinear layer has l_x l + l_u and l_x L + 2 L_b l with l_x = L_b R and l_u = L_b m + l^u, and a layer a has l_a l and
 * l_a L + L_a l^2. Layer by layer that is what the paper prints; so it holds on graphs that branch as well. Of the size the paper's proof of Proposition 7 is taken, R (L_b m + l^u) + |beta_0|, where the algorithm
 * as printed counts L_b R m twice. `widths` are those of the layers with kinks, by id. In words where there is no bound.
 */
export function algorithm1(
  steps: readonly ParameterStep[],
  largestInput: number,
  widths: ReadonlyMap<string, number>,
): readonly (ParameterBounds | string)[] {
  const bounds: (ParameterBounds | string)[] = [];
  for (const step of steps) bounds.push(outwards(boundsOf(step, bounds, largestInput, widths)));
  return bounds;
}

function boundsOf(
  step: ParameterStep,
  before: readonly (ParameterBounds | string)[],
  largestInput: number,
  widths: ReadonlyMap<string, number>,
): ParameterBounds | string {
  switch (step.kind) {
    case 'input':
      return { bound: largestInput, lipschitz: 0, smoothness: 0 };
    case 'unknown':
      return step.reason;
    case 'parameters': {
      const arriving = before[step.from]!;
      if (typeof arriving === 'string') return arriving;
      const { bound: m, lipschitz: l, smoothness } = arriving;
      const { radius, bilinear, linear } = step;
      return {
        bound: radius * (bilinear * m + linear),
        lipschitz: bilinear * radius * l + bilinear * m + linear,
        smoothness: bilinear * radius * smoothness + 2 * bilinear * l,
      };
    }
    case 'fixed': {
      const arriving = joined(step, before);
      if (typeof arriving === 'string') return arriving;
      const bent = bendOf(step.bend, widths);
      if (typeof bent === 'string') return bent;
      const { constant, moved } = bent;
      const { bound: m, lipschitz: l, smoothness } = arriving;
      // On inputs of length m the slope has grown by no more than L_a m from what it is at 0.
      const slope = Math.min(step.lipschitz, (step.slopeAtZero ?? Number.POSITIVE_INFINITY) + constant * m);
      return {
        bound: Math.min(step.most ?? Number.POSITIVE_INFINITY, step.atZero + slope * m) + moved,
        lipschitz: slope * l,
        smoothness: slope * smoothness + (constant === 0 ? 0 : constant * l * l),
      };
    }
  }
}

function bendOf(bend: Bend, widths: ReadonlyMap<string, number>): { constant: number; moved: number } | string {
  if (bend.kind === 'straight') return { constant: 0, moved: 0 };
  if (bend.kind === 'smooth') return { constant: bend.constant, moved: 0 };
  const width = widths.get(bend.layer) ?? 0;
  if (!(width > 0)) return `"${bend.layer}" keeps its kinks, which other weights may come to`;
  return { constant: bend.curvature / width + bend.smooth, moved: bend.accuracy * width };
}

function joined(
  { from, factors, joined: how }: ParameterStep & { readonly kind: 'fixed' },
  before: readonly (ParameterBounds | string)[],
): ParameterBounds | string {
  const all = from.map((at) => before[at]!);
  const missing = all.find((one) => typeof one === 'string');
  if (missing !== undefined) return missing;
  const together = (what: keyof ParameterBounds): number => {
    const values = (all as readonly ParameterBounds[]).map((one, k) => factors[k]! * one[what]);
    return how === 'stack' ? Math.hypot(...values) : values.reduce((sum, value) => sum + value, 0);
  };
  return { bound: together('bound'), lipschitz: together('lipschitz'), smoothness: together('smoothness') };
}

/** A few roundings for each step, none of which may make a bound too small. */
function outwards(bounds: ParameterBounds | string): ParameterBounds | string {
  if (typeof bounds === 'string') return bounds;
  const wider = (value: number): number => (value === 0 ? 0 : above(value * (1 + 2 ** -46)));
  const all = { bound: wider(bounds.bound), lipschitz: wider(bounds.lipschitz), smoothness: wider(bounds.smoothness) };
  return Object.values(all).every(Number.isFinite) ? all : 'its bound is larger than any number';
}
