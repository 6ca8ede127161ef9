import type { SmoothingAnswer } from '../estimators/smoothing/answer.ts';
import { byParameters } from '../estimators/smoothing/by-parameters.ts';
import { budgetRules } from '../estimators/smoothing/rules/index.ts';
import type { SmoothingProblem } from '../estimators/smoothing/problem.ts';
import { count, digits } from './digits.ts';
import { regionWords } from './region-words.ts';
import type { DataComparison, SmoothingCheck, SmoothingReport } from './smoothing.ts';

const number = (value: number | null, towards: 'up' | 'down' | 'nearest'): string =>
  value === null ? '∞' : digits(value, towards);

/** What the smoothed network promises, in one sentence. */
export function promise({ output, layers }: SmoothingAnswer, epsilon: number, region: string): string {
  const kinks = layers.filter(({ mu }) => mu > 0).length;
  const moves = `With ${count(kinks)} ${kinks === 1 ? 'layer' : 'layers'} smoothed the output moves by at most ${number(output.deviation, 'up')} ${regionWords(region)} (allowed: ${digits(epsilon, 'nearest')})`;
  if (output.smoothness === null) return `${moves}; its gradient has no Lipschitz constant that is known.`;
  if (output.smoothness === 0) return `${moves}, and its gradient does not change.`;
  return `${moves}, and its gradient changes by at most L = ${digits(output.smoothness, 'up')} per unit of the input: gradient steps of up to 1/L = ${digits(1 / output.smoothness, 'down')} never overshoot.`;
}

/** What Algorithm 1 says of the weights. */
export function parameterWords(problem: SmoothingProblem, answer: SmoothingAnswer): string | undefined {
  const found = byParameters(problem, answer.layers);
  if (found === undefined) return undefined;
  const { output } = found;
  const start = 'As a function of its weights (Algorithm 1), all of them within their radii and inputs of the region';
  if (typeof output === 'string') return `${start}: no bound, as ${output}.`;
  const { bound, lipschitz, smoothness } = output;
  return `${start}: output no longer than ${number(bound, 'up')}, Lipschitz constant at most ${number(lipschitz, 'up')}, that of its gradient at most ${number(smoothness, 'up')}.`;
}

/** Why the numbers are not all that was asked for. */
export function reservations(
  report: SmoothingReport,
  answer: SmoothingAnswer,
  { epsilon, rule }: Pick<SmoothingReport, 'epsilon' | 'rule'> = report,
): readonly string[] {
  const { problem, notSmooth, notes } = report;
  const narrow = answer.layers.filter(({ width }, t) => width === 0 && problem.layers[t]!.accuracy > 0);
  const { deviation } = answer.output;
  return [
    ...(deviation !== null && deviation > epsilon * (1 + 1e-9)
      ? ['The locked layers ask for more than the allowed deviation: unlock one, or allow more.']
      : []),
    ...(narrow.length === 0
      ? []
      : [`Too narrow for ${problem.precision}, so left as they are: ${narrow.map(({ name }) => name).join(', ')}.`]),
    ...(budgetRules[rule].constants === 'radii' && !problem.radiiHold
      ? ['Some weights of the file are larger than the radii: the accuracies are those of the rule, all bounds those of the weights.'] // prettier-ignore
      : []),
    ...notSmooth.map(({ node, op, reason }) => `No smoothness constant through ${op} "${node}": ${reason}`),
    ...notes,
  ];
}

/** Which data, and how many of them. */
export const dataWords = ({ file, labels, examples }: DataComparison): string =>
  `${count(examples)} ${examples === 1 ? 'example' : 'examples'} of ${file}${labels === undefined ? '' : `, labels of ${labels}`}`;

/** What looking found, and for which accuracy. */
export function checkedWords({ checked, epsilon }: SmoothingReport): string | undefined {
  if (checked === undefined) return undefined;
  const { samples, ascentSteps, maxDeviation, smoothness } = checked;
  const curved =
    smoothness === undefined ? '' : ` The gradient was seen to change by ${digits(smoothness, 'down')} per unit.`;
  if (samples === 0) return curved === '' ? undefined : curved.trim();
  return `Looked at for ε = ${digits(epsilon, 'nearest')}: the largest deviation at ${count(samples)} points and after ${count(ascentSteps)} steps of ascent is ${digits(maxDeviation, 'nearest')}${inSingleWords(checked)}.${curved}`;
}

/** Rounding in float32 is part of what is found then. */
export const inSingleWords = ({ inSingle }: SmoothingCheck): string =>
  inSingle.length === 0 ? '' : ` (rounding of ${inSingle.join(', ')} in float32 included)`;
