import { above, down } from '../../rounding.ts';
import { hasKink, type Finite, type SmoothingConstants, type SmoothingProblem } from './problem.ts';
import { budgetRules } from './rules/index.ts';
import type { BudgetLayer, SmoothingRuleName } from './rules/rule.ts';

/** What a user may ask of one layer. */
export interface LayerChoice {
  /** Of the budget, beside the others; 1 unless asked otherwise. */
  readonly weight?: number;
  /** Its accuracy is held at this; the others share what is left. */
  readonly locked?: number;
}

/** What a question about a problem is, apart from the problem. */
export interface SmoothingQuestion {
  readonly epsilon: number;
  readonly rule: SmoothingRuleName;
  /** By layer id. */
  readonly choices?: ReadonlyMap<string, LayerChoice>;
}

export interface LayerSmoothing {
  readonly id: string;
  readonly name: string;
  readonly op: string;
  readonly units: number;
  /** How far the layer's output moves at most, in l2; 0 for a layer that is smooth already. */
  readonly mu: number;
  /** The parameter of the smooth layer: what its formula has in the place of nu. */
  readonly width: number;
  /** The constant of what follows, for moves such as those of smoothing. */
  readonly downstream: Finite;
  /** Of the allowed deviation. */
  readonly share: number;
  /** Of the smoothness constant. */
  readonly bending: number;
  /** Forward bounds of the layer's output, with respect to the network's input. */
  readonly bound: Finite;
  readonly lipschitz: Finite;
  readonly smoothness: Finite;
}

export interface SmoothingAnswer {
  readonly layers: readonly LayerSmoothing[];
  readonly output: {
    readonly bound: Finite;
    readonly lipschitz: Finite;
    readonly smoothness: Finite;
    /** The output moves by at most so much. */
    readonly deviation: Finite;
  };
}

/**
 * The closed forms. With A_t how what arrives at layer t depends on the input, and B_t how the output depends on what leaves it, the second derivative of the network is the sum over all layers of
 * B_t D2 phi_t (A_t u, A_t v): exactly, on any graph, for every path from the input to the output bends somewhere. So L = sum c_t kappa_t l_t^2. And the output moves by at most sum c_t mu_t,
 * smoothing one layer after the other from the output backwards.
 */
export function smoothingAnswer(problem: SmoothingProblem, question: SmoothingQuestion): SmoothingAnswer {
  const byRadii = budgetRules[question.rule].constants === 'radii' && problem.radiiHold;
  return answerWith(problem, widthsFor(problem, question), problem[byRadii ? 'radii' : 'weights'], question.epsilon);
}

function answerWith(
  problem: SmoothingProblem,
  widths: readonly number[],
  constants: SmoothingConstants,
  epsilon: number,
): SmoothingAnswer {
  const { layers, bounds } = problem;
  const moves = layers.map(({ accuracy }, t) => (accuracy === 0 ? 0 : above(accuracy * widths[t]!)));
  const bends = layers.map((layer, t) => bendOf(layer.curvature, widths[t]!, constants, t));
  const seenMoves = moves.map((move, t) => (move === 0 ? 0 : above(move * constants.seen[t]!.move)));
  const seenBends = bends.map((bend, t) => product(bend, constants.seen[t]!.bend));
  const whole = sumOf(constants.downstream, seenBends);
  const own = layers.map(({ id, name, op, units }, t): LayerSmoothing => {
    const onto = constants.onto[t]!;
    return {
      ...{ id, name, op, units },
      mu: moves[t]!,
      width: widths[t]!,
      downstream: seenDownstream(constants, t),
      share: share(product(constants.downstream[t]!, seenMoves[t]!), epsilon),
      bending: share(product(constants.downstream[t]!, seenBends[t]!), whole),
      bound: plus(bounds[t]!, sumOf(onto, moves)),
      lipschitz: constants.lipschitz[t]!,
      smoothness: sumOf(onto, bends),
    };
  });
  const deviation = sumOf(constants.downstream, seenMoves);
  return {
    layers: own,
    output: {
      bound: plus(bounds.at(-1) ?? null, deviation),
      lipschitz: constants.output,
      smoothness: whole,
      deviation,
    },
  };
}

/** What the output moves by at most when the layer's output moves by 1, as smoothing moves it. */
const seenDownstream = ({ downstream, seen }: SmoothingConstants, t: number): Finite =>
  product(downstream[t]!, seen[t]!.move);

const share = (part: Finite, whole: Finite): number =>
  part === null || whole === null || whole === 0 ? 0 : part / whole;

const plus = (a: Finite, b: Finite): Finite =>
  a === null || b === null ? null : a === 0 ? b : b === 0 ? a : above(a + b);

/** Nothing times infinity is nothing here: what does not bend does not count, and what is not seen does not either. */
function product(a: Finite, b: Finite): Finite {
  if (a === 0 || b === 0) return 0;
  if (a === null || b === null) return null;
  const value = above(a * b);
  return Number.isFinite(value) ? value : null;
}

/** Over the layers that have a constant here: all, or those up to one of them. */
const sumOf = (constants: readonly Finite[], values: readonly Finite[]): Finite =>
  values.slice(0, constants.length).reduce<Finite>((sum, value, t) => finite(plus(sum, product(constants[t]!, value))), 0); // prettier-ignore

const finite = (value: Finite): Finite => (value !== null && Number.isFinite(value) ? value : null);

/** Of the second derivative: curvature / width * arriving^2 + what does not depend on the width. */
function bendOf(curvature: number, width: number, { arriving, fixed }: SmoothingConstants, t: number): Finite {
  const squared = product(arriving[t]!, arriving[t]!);
  const kink = curvature === 0 ? 0 : width > 0 ? product(above(curvature / width), squared) : null;
  return finite(plus(kink, fixed[t]!));
}

/** The widths that a rule gives, rounded down to numbers of the model's type; 0 where a layer is smooth already, or a width would be too small for the type. */
export function widthsFor(problem: SmoothingProblem, question: SmoothingQuestion): readonly number[] {
  const chosen = rounded(problem, splitBudget(problem, question, question.rule));
  if (question.rule !== 'optimal') return chosen;
  // Rounding, caps and weights may cost more than the optimum gains: then an equal split is the better one.
  const other = rounded(problem, splitBudget(problem, question, 'equal'));
  const smoothness = (widths: readonly number[]): number =>
    answerWith(problem, widths, problem.weights, question.epsilon).output.smoothness ?? Number.POSITIVE_INFINITY;
  return question.choices === undefined && smoothness(other) < smoothness(chosen) ? other : chosen;
}

/** A little is left for the rounding of the sums. */
const slack = 1 - 1e-12;

/** Accuracies by layer, those of smooth layers 0. */
function splitBudget(
  problem: SmoothingProblem,
  { epsilon, choices }: SmoothingQuestion,
  ruleName: SmoothingRuleName,
): readonly number[] {
  const rule = budgetRules[ruleName];
  const constants = problem[rule.constants];
  const kinks = problem.layers.flatMap((layer, t) => (hasKink(layer) ? [t] : []));
  const accuracies = new Array<number>(problem.layers.length).fill(0);
  const downstream = (t: number): number => seenDownstream(constants, t) ?? Number.POSITIVE_INFINITY;
  let budget = epsilon * slack;
  const open = kinks.filter((t) => {
    const locked = choices?.get(problem.layers[t]!.id)?.locked;
    if (locked === undefined) return true;
    accuracies[t] = locked;
    budget -= downstream(t) * locked;
    return false;
  });
  // Layers that would be wider than their bounds allow are held there; the others share what that leaves.
  for (let left = open; left.length > 0 && budget > 0;) {
    const asked = rule.split(
      left.map((t): BudgetLayer => ({
        downstream: downstream(t),
        bend: bendFactor(problem, constants, t),
        weight: choices?.get(problem.layers[t]!.id)?.weight ?? 1,
        compositions: kinks.length - kinks.indexOf(t) + (problem.endsInParameters ? 1 : 0),
      })),
      budget,
    );
    left.forEach((t, k) => (accuracies[t] = asked[k]!));
    const capped = left.filter((t) => accuracies[t]! > widestMove(problem, t));
    if (capped.length === 0 || rule.constants === 'radii') break;
    for (const t of capped) {
      accuracies[t] = widestMove(problem, t);
      budget -= downstream(t) * accuracies[t];
    }
    left = left.filter((t) => !capped.includes(t));
  }
  return accuracies.map((accuracy, t) => Math.min(accuracy, widestMove(problem, t)));
}

const widestMove = ({ layers }: SmoothingProblem, t: number): number => {
  const { accuracy, widest } = layers[t]!;
  return widest === null ? Number.POSITIVE_INFINITY : widest * accuracy;
};

/** With mu = accuracy * width the kink's part of the second derivative is downstream * bend / mu, by the downstream constant for moves. */
function bendFactor({ layers }: SmoothingProblem, { arriving, seen }: SmoothingConstants, t: number): number {
  const { curvature, accuracy } = layers[t]!;
  const { move, bend } = seen[t]!;
  return (curvature * accuracy * (arriving[t] ?? 0) ** 2 * bend) / move;
}

/** The smallest number that float32 has all its digits for. */
const least = { float32: 2 ** -126, float64: 2 ** -1022 } as const;

function rounded({ layers, precision }: SmoothingProblem, accuracies: readonly number[]): readonly number[] {
  const widths = layers.map(({ accuracy }, t) => {
    if (accuracy === 0) return 0;
    const width = down(accuracies[t]! / accuracy);
    const own = precision === 'float64' ? width : below32(width);
    return own >= least[precision] && Number.isFinite(own) ? own : 0;
  });
  return layers.map(({ tied }, t) => (tied === undefined ? widths[t]! : Math.min(widths[t]!, widths[tied]!)));
}

/** The largest float32 that is no larger. */
function below32(value: number): number {
  const near = Math.fround(value);
  return near <= value ? near : Math.fround(near * (1 - 2 ** -24));
}
