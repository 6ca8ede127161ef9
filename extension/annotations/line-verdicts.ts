import { fails, worst, type Verdict } from '../../core/budgets/judge.ts';
import type { PlacedJudgement } from '../budgets/judged-models.ts';
import type { LayerDefinition } from '../../core/source/definition.ts';
import type { Link } from '../../core/source/link-layers.ts';

/** What the budgets say about one line: of all the layers it stands for, those that are not within their limits. */
export interface LineVerdict {
  readonly definition: LayerDefinition;
  /** How many layers the line stands for. */
  readonly layers: number;
  readonly verdict: Exclude<Verdict, 'kept'>;
  readonly breaches: readonly PlacedJudgement[];
}

/** Limits that may stay unproved mark nothing. */
export function lineVerdicts(links: readonly Link[], judgements: readonly PlacedJudgement[]): readonly LineVerdict[] {
  const broken = judgements.filter(fails);
  return [...new Set(links.map(({ definition }) => definition))].flatMap((definition) => {
    const layers = new Set(links.flatMap((link) => (link.definition === definition ? [link.layer.id] : [])));
    const breaches = broken.filter(({ subject }) => subject.kind === 'layer' && layers.has(subject.layer.id));
    const verdict = worst(breaches.map((one) => one.verdict));
    return verdict === undefined || verdict === 'kept' ? [] : [{ definition, layers: layers.size, verdict, breaches }];
  });
}

/** The sentence of a problem on the line: the worst breach, and how many there are beside it. */
export function lineSentence(
  { breaches, layers }: LineVerdict,
  more: (count: number, layers: number) => string,
): string {
  const [first] = breaches.toSorted((a, b) => excess(b) - excess(a));
  const { sentence, budget } = first!;
  const why = budget.why === undefined ? '' : ` ${budget.why}`;
  return breaches.length === 1 ? `${sentence}${why}` : `${sentence} ${more(breaches.length - 1, layers)}${why}`;
}

const excess = ({ known, limit, verdict }: PlacedJudgement): number =>
  verdict === 'exceeded' ? 1e9 * ((known?.lower ?? 0) / limit) : (known?.upper ?? Number.MAX_VALUE) / limit;
