import { OutOfTime } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import { centreFormByColumns } from '../../estimators/centre-form/by-columns.ts';
import { formExpansion } from '../../estimators/centre-form/question.ts';
import type { RowRange } from '../../estimators/jacobian-relaxation/adjoint-ranges.ts';
import { leaf } from '../../estimators/region-splitting/tree.ts';
import { splittableForm, type Held, type SplittableForm } from '../../estimators/slope-splitting/held-slopes.ts';
import { boundOfPart } from '../../estimators/slope-splitting/part-bound.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Two computations of numbers that are rounded outward each time. */
const granted = 1e-8;

/** The trees say which slopes are held at which ends; every case is bounded anew, on matrices made by columns where they were found by rows. */
export const slopeSplittingVerifier: CertificateVerifier = {
  kind: 'slope-splitting',
  async check({ value, certificate: { held } }, { prepared: { analysed, input, output }, nodes, norm, region }, work) {
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const expansion = formExpansion({ analysed, input, output, rules });
    if (expansion === undefined || norm !== 'linf' || region.kind === 'all' || !areTrees(held))
      return { verdict: 'refuted', detail: 'The certificate does not say which slopes were held on the region.' };
    const form = await centreFormByColumns(expansion, work);
    if (held.length !== form.outputs)
      return { verdict: 'refuted', detail: `There are ${held.length} trees for ${form.outputs} outputs.` };
    let [cases, largest] = [0, 0];
    try {
      for (const [row, tree] of held.entries()) {
        const leaves = await leavesOf(splittableForm(form, row), tree, value, work);
        if (leaves === undefined)
          return { verdict: 'refuted', detail: `The tree of output ${row} does not cover all cases.` };
        cases += leaves.length;
        largest = Math.max(largest, ...leaves);
      }
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: `The time for checking was over after ${cases} cases.` };
    }
    return {
      verdict: value >= largest * (1 - granted) ? 'confirmed' : 'refuted',
      detail: `In ${cases} cases, which are all there are, the constant is at most ${largest}; the inspection says ${value}.`,
    };
  },
};

interface Open {
  readonly held: readonly Held[];
  readonly before: RowRange | undefined;
}

/** The bounds of all cases of an output; undefined where the tree breaks off, goes on, or holds what cannot be held. */
async function leavesOf(
  form: SplittableForm,
  tree: readonly number[],
  claim: number,
  work: Work,
): Promise<readonly number[] | undefined> {
  const units = new Set(form.units.map(({ deviation }) => deviation));
  const open: Open[] = [{ held: [], before: undefined }];
  const leaves: number[] = [];
  for (const deviation of tree) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) throw new OutOfTime();
    const part = open.pop();
    if (part === undefined) return undefined;
    const { held, before } = part;
    if (deviation === leaf) {
      const quick = await boundOfPart(form, held, before, 'quick', work);
      const isEnough = quick.value <= claim;
      leaves.push(isEnough ? quick.value : (await boundOfPart(form, held, quick.range, 'narrowed', work)).value);
      continue;
    }
    if (!units.has(deviation) || held.some((other) => other.deviation === deviation)) return undefined;
    const { range } = await boundOfPart(form, held, before, 'narrowed', work);
    open.push({ held: [...held, { deviation, end: 1 }], before: range });
    open.push({ held: [...held, { deviation, end: -1 }], before: range });
  }
  return open.length === 0 ? leaves : undefined;
}

const areTrees = (held: unknown): held is readonly (readonly number[])[] =>
  Array.isArray(held) &&
  held.every((tree) => Array.isArray(tree) && tree.every((entry) => Number.isInteger(entry) && entry >= leaf));
