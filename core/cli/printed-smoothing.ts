import { budgetRules } from '../estimators/smoothing/rules/index.ts';
import { digits, duration, percent } from '../report/digits.ts';
import type { SmoothingReport } from '../report/smoothing.ts';
import { dataWords, inSingleWords, parameterWords, reservations } from '../report/smoothing-words.ts';

const number = (value: number | null, towards: 'up' | 'down' | 'nearest' = 'up'): string =>
  value === null ? '∞' : digits(value, towards);

/** A smoothing for a terminal: what it does to the whole network, then layer by layer. */
export function printedSmoothing(report: SmoothingReport): string {
  const { model, epsilon, rule, output, checked, region, layers } = report;
  const found =
    checked === undefined || checked.samples === 0
      ? ''
      : `, ${number(checked.maxDeviation, 'down')} found${inSingleWords(checked)}`;
  const kinks = layers.filter(({ mu }) => mu > 0).length;
  return [
    `${model.file}  smooth within ${number(epsilon, 'nearest')} (${region === 'all' ? 'everywhere' : region}, l2)`,
    `${rule}: ${budgetRules[rule].words}. ${kinks} of ${layers.length} nonlinear layers are smoothed.`,
    `The output moves by at most ${number(output.deviation)} ●${found}.`,
    smoothnessSentence(report),
    ...byParameters(report),
    '',
    ...table(report),
    ...dataTable(report),
    ...reservations(report, report),
    `${duration(report.seconds)} on ${report.engine.provider}. ● certified`,
  ].join('\n');
}

function smoothnessSentence({ output, checked }: SmoothingReport): string {
  if (output.smoothness === null) return 'Its gradient has no known Lipschitz constant.';
  const lower = checked?.smoothness === undefined ? '' : `, at least ${number(checked.smoothness, 'down')} found`;
  const step =
    output.stepSize === null ? '' : ` Gradient steps on it up to ${number(output.stepSize, 'down')} never overshoot.`;
  return `Its Lipschitz constant is at most ${number(output.lipschitz)} ●, that of its gradient at most ${number(output.smoothness)} ●${lower}.${step}`;
}

/** Of interest beside the rules that look at all weights within the radii. */
function byParameters(report: SmoothingReport): string[] {
  if (budgetRules[report.rule].constants !== 'radii') return [];
  const words = parameterWords(report.problem, report);
  return [words ?? 'As a function of its weights (Algorithm 1): ask for a region, which says how large inputs are.'];
}

/** The paper's comparison. */
function dataTable({ data }: SmoothingReport): string[] {
  if (data === undefined) return [];
  const row = (name: string, accuracy: number | null, loss: number | null, moved: string): string =>
    [name.padEnd(10), (accuracy === null ? '' : percent(accuracy)).padEnd(10), (loss === null ? '' : loss.toPrecision(6)).padEnd(14), moved].join('').trimEnd(); // prettier-ignore
  return [
    dataWords(data),
    'epsilon   accuracy  loss          largest deviation',
    row('original', data.original.accuracy, data.original.loss, ''),
    ...data.smoothed.map(({ epsilon, accuracy, loss, maxDeviation }) =>
      row(number(epsilon, 'nearest'), accuracy, loss, number(maxDeviation)),
    ),
    '',
  ];
}

function table({ layers }: SmoothingReport): string[] {
  const rows = layers.map((layer) => [
    layer.name,
    layer.op,
    layer.mu === 0 ? 'smooth' : number(layer.mu),
    layer.mu === 0 ? '' : number(layer.width, 'down'),
    layer.mu === 0 ? '' : percent(layer.share),
    number(layer.bound),
    number(layer.lipschitz),
    number(layer.smoothness),
  ]);
  const all = [['layer', 'operator', 'mu', 'width', 'budget', 'size', 'Lipschitz', 'smoothness'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return [...all.map((row) => row.map((cell, c) => cell.padEnd(widths[c]!)).join('  ').trimEnd()), '']; // prettier-ignore
}
