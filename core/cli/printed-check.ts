import { fails, limitWords, type Judgement } from '../budgets/judge.ts';
import { counted } from '../report/digits.ts';

/** What a model's judgements say to somebody at a terminal; what is kept takes one line for all its layers. */
export function printedJudgements(model: string, judgements: readonly Judgement[]): string {
  const budgets = [...new Set(judgements.map(({ budget }) => budget))];
  return [
    model,
    ...budgets.flatMap((budget) => {
      const own = judgements.filter((judgement) => judgement.budget === budget);
      const broken = own.filter(({ verdict }) => verdict !== 'kept');
      if (broken.length === 0)
        return [
          `  ✓ ${own.length === 1 ? own[0]!.sentence : `${limitWords(budget)}, kept by ${counted(own.length, 'layer')}.`}`,
        ];
      return [
        ...broken.map((judgement) => `  ${sign(judgement)} ${judgement.sentence}`),
        ...(budget.why === undefined ? [] : [`    ${budget.why}`]),
      ];
    }),
  ].join('\n');
}

const sign = (judgement: Judgement): string =>
  fails(judgement) ? (judgement.verdict === 'unproved' ? '?' : '✗') : '·';

/** The last line: what a build's log is searched for. */
export function summaryLine(judgements: readonly Judgement[], unread: number): string {
  const count = (verdict: Judgement['verdict']): number => judgements.filter((one) => one.verdict === verdict).length;
  const parts = [
    `${counted(count('kept'), 'limit')} kept`,
    `${count('exceeded')} exceeded`,
    `${count('unproved')} not proved`,
    ...(count('void') === 0 ? [] : [`${count('void')} without a layer`]),
    ...(unread === 0 ? [] : [`${counted(unread, 'model')} not read`]),
  ];
  return `${parts.join(', ')}. ✓ kept, proved  ✗ exceeded, proved  ? neither proved  · neither proved, and allowed to be`;
}
