import type { SmoothingConstants, SmoothingProblem } from '../../../core/estimators/smoothing/problem.ts';

/** A chain of layers with these norms and units, a kink after each but the last. */
export function chainProblem(norms: readonly number[], units: readonly number[]): SmoothingProblem {
  const product = (from: number, to: number): number => norms.slice(from, to).reduce((all, norm) => all * norm, 1);
  const constants: SmoothingConstants = {
    arriving: units.map((_, t) => product(0, t + 1)),
    lipschitz: units.map((_, t) => product(0, t + 1)),
    fixed: units.map(() => 0),
    onto: units.map((_, t) => units.slice(0, t + 1).map((__, s) => product(s + 1, t + 1))),
    downstream: units.map((_, t) => product(t + 1, norms.length)),
    seen: units.map(() => ({ move: 1, bend: 1 })),
    output: product(0, norms.length),
  };
  return {
    layers: units.map((count, t) => ({
      ...{ id: `relu${t + 1}`, name: `relu${t + 1}`, op: 'Relu', tensor: `h${t + 1}`, units: count },
      accuracy: Math.sqrt(count),
      curvature: 0.5,
      widest: null,
    })),
    weights: constants,
    radii: constants,
    radiiHold: true,
    bounds: [...units.map(() => null), null],
    precision: 'float64',
    parameters: [],
    endsInParameters: true,
  };
}
