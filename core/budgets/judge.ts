import type { Norm, Rigor } from '../bound.ts';
import type { Inspection, LayerEntry } from '../report/inspection.ts';
import type { SmoothingReport } from '../report/smoothing.ts';
import { intervalText, normWord, ofLayer, ofNetwork, type ShownInterval } from '../report/words.ts';
import type { Budget } from './budget.ts';
import { namePattern } from './glob.ts';

/**
 * kept: a certified upper end is within the limit. exceeded: a certified lower end is above it. unproved: neither, so nobody knows yet.
 * void: the limit judges nothing, because no layer has such a name.
 */
export type Verdict = 'kept' | 'exceeded' | 'unproved' | 'void';

/** What a limit is held against. */
export type Subject =
  | { readonly kind: 'network' }
  | { readonly kind: 'layer'; readonly layer: LayerEntry }
  | { readonly kind: 'smoothed' }
  | { readonly kind: 'gradient' };

export interface Judgement {
  readonly budget: Budget;
  readonly subject: Subject;
  readonly verdict: Verdict;
  readonly limit: number;
  /** What is known of the subject; absent when nothing is. */
  readonly known?: Pick<ShownInterval, 'lower'> & { readonly upper: number | null; readonly rigor: Rigor };
  /** One sentence with the evidence. */
  readonly sentence: string;
}

/** Whether a build that waits for the judgement has to fail. */
export const fails = ({ verdict, budget }: Judgement): boolean =>
  verdict === 'exceeded' || verdict === 'void' || (verdict === 'unproved' && budget.fails === 'unless-proved');

/** Holds an inspection against a budget whose question it answers; `answers` says whether it does. */
export function judge(inspection: Inspection, budget: Budget): readonly Judgement[] {
  const { limit } = budget;
  switch (limit.kind) {
    case 'network':
      return [judgeNetwork(inspection, budget, limit.max)];
    case 'layers':
      return judgeLayers(inspection, budget, limit.names, limit.max);
    case 'smoothed':
      return [];
  }
}

function judgeNetwork(inspection: Inspection, budget: Budget, limit: number): Judgement {
  const { norm, region } = budget.question;
  const interval = inspection.lipschitz[norm];
  const name = `${inspection.model.file}: the ${normWord[norm]} constant${inRegion(region)}`;
  return judgeInterval(
    budget,
    { kind: 'network' },
    limit,
    name,
    interval === undefined ? undefined : ofNetwork(interval),
  );
}

function judgeLayers(
  inspection: Inspection,
  budget: Budget,
  names: readonly string[],
  limit: number,
): readonly Judgement[] {
  const { norm, region } = budget.question;
  const patterns = names.map(namePattern);
  const meant = inspection.layers.filter((layer) =>
    patterns.some((pattern) => pattern.test(layer.name) || pattern.test(layer.id)),
  );
  if (meant.length === 0) {
    const sentence = `${inspection.model.file} has no layer whose name fits ${names.map((name) => `"${name}"`).join(' or ')}: this limit judges nothing.`;
    return [{ budget, subject: { kind: 'network' }, verdict: 'void', limit, sentence }];
  }
  return meant.map((layer) => {
    const own = layer.norms[norm];
    const name = `${layer.name} of ${inspection.model.file}: its ${normWord[norm]} norm${inRegion(region)}`;
    return judgeInterval(budget, { kind: 'layer', layer }, limit, name, own === undefined ? undefined : ofLayer(own));
  });
}

/** Holds a smoothing within the budget's epsilon against its limits. Of a smoothed network only upper ends are proved. */
export function judgeSmoothing(report: SmoothingReport, budget: Budget): readonly Judgement[] {
  const { limit } = budget;
  if (limit.kind !== 'smoothed') return [];
  const { file } = report.model;
  const within = `smoothed within ${limit.epsilon}`;
  const at = inRegion(budget.question.region);
  const upTo = (upper: number | null, lower = 0): ShownInterval => ({
    lower,
    lowerRigor: 'numerical',
    upper:
      upper === null
        ? { kind: 'unbounded', reason: report.notSmooth[0]?.reason ?? 'no finite bound is known' }
        : { kind: 'value', value: upper, rigor: 'certified' },
  });
  const { lipschitz, smoothness } = report.output;
  return [
    ...(limit.max === undefined
      ? []
      : [
          judgeInterval(
            budget,
            { kind: 'smoothed' },
            limit.max,
            `${file} ${within}: its l2 constant${at}`,
            upTo(lipschitz),
          ),
        ]),
    ...(limit.maxSmoothness === undefined
      ? []
      : [
          judgeInterval(
            budget,
            { kind: 'gradient' },
            limit.maxSmoothness,
            `${file} ${within}: the constant of its gradient${at}`,
            upTo(smoothness, report.checked?.smoothness),
          ),
        ]),
  ];
}

function judgeInterval(
  budget: Budget,
  subject: Subject,
  limit: number,
  name: string,
  interval: ShownInterval | undefined,
): Judgement {
  const verdict = interval === undefined ? 'unproved' : verdictOf(interval, limit);
  const common = { budget, subject, verdict, limit };
  if (interval === undefined)
    return { ...common, sentence: `${name} is not known, so the limit of ${limit} is not proved.` };
  const { lower, lowerRigor, upper } = interval;
  const known =
    upper.kind === 'value'
      ? { lower, upper: upper.value, rigor: upper.rigor }
      : { lower, upper: null, rigor: lowerRigor };
  return { ...common, known, sentence: `${name} is ${readable(interval)}${meaning(verdict, interval, limit)}` };
}

/** Only what is certified decides: an estimate below the limit proves nothing, nor does one above it. */
function verdictOf({ lower, lowerRigor, upper }: ShownInterval, limit: number): Verdict {
  if (lowerRigor === 'certified' && lower > limit) return 'exceeded';
  return upper.kind === 'value' && upper.rigor === 'certified' && upper.value <= limit ? 'kept' : 'unproved';
}

function meaning(verdict: Verdict, { lower, lowerRigor, upper }: ShownInterval, limit: number): string {
  switch (verdict) {
    case 'kept':
      return `, within the limit of ${limit}.`;
    case 'exceeded':
      return `, certified to be at least ${apart(lower, limit, 'lower')}: above the limit of ${limit}.`;
    case 'unproved':
      if (lower > limit)
        return `: above the limit of ${limit} as far as is known, but its lower end is only ${lowerRigor}.`;
      if (upper.kind === 'value' && upper.value <= limit)
        return `: within the limit of ${limit} as far as is known, but its upper end is only ${upper.rigor}.`;
      if (upper.kind === 'value')
        return `: the limit of ${limit} is not proved, for the upper end is ${apart(upper.value, limit, 'upper')}.`;
      return `: the limit of ${limit} is not proved${upper.kind === 'pending' ? '' : ` (${upper.reason.replace(/\.$/, '')})`}.`;
    case 'void':
      return '.';
  }
}

/** Three digits, or as many as tell the value from the limit; never past the value, so that the sentence stays true. */
function apart(value: number, limit: number, end: 'lower' | 'upper'): string {
  const down = end === 'lower';
  for (let count = 3; count < 16; count++) {
    const nearest = Number(value.toPrecision(count));
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(nearest))) - count + 1);
    const past = down ? nearest > value : nearest < value;
    const text = Number((past ? nearest + (down ? -unit : unit) : nearest).toPrecision(count));
    if (Math.sign(text - limit) === Math.sign(value - limit)) return String(text);
  }
  return String(value);
}

/** The interval after "is". */
const readable = (interval: ShownInterval): string =>
  intervalText(interval).replace(/^= /, '').replace(/^≤ /, 'at most ');

const inRegion = (region: string): string => (region === 'all' ? '' : ` on ${region}`);

/** The worst of several: what a mark on one line says about all the layers that stand there. */
export const worst = (verdicts: readonly Verdict[]): Verdict | undefined =>
  (['exceeded', 'void', 'unproved', 'kept'] as const).find((one) => verdicts.includes(one));

/** A short name of what is limited: "l2 constant ≤ 1.05", "layers conv* ≤ 1 in l∞". */
export function limitWords({ limit, question }: Pick<Budget, 'limit' | 'question'>): string {
  const norm = (one: Norm): string => normWord[one];
  const max = (value: number): string => `≤ ${value}`;
  switch (limit.kind) {
    case 'network':
      return `${norm(question.norm)} constant${inRegion(question.region)} ${max(limit.max)}`;
    case 'layers':
      return `${norm(question.norm)} norm of ${limit.names.join(', ')}${inRegion(question.region)} ${max(limit.max)}`;
    case 'smoothed': {
      const parts = [
        ...(limit.max === undefined ? [] : [`constant ${max(limit.max)}`]),
        ...(limit.maxSmoothness === undefined ? [] : [`gradient's constant ${max(limit.maxSmoothness)}`]),
      ];
      return `smoothed within ${limit.epsilon}: ${parts.join(', ')}`;
    }
  }
}
