import type { Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import type { Region } from '../../region.ts';
import { isTrusted } from '../absolute-values/value.ts';
import type { Expansion } from '../absolute-values/expansion.ts';
import type { CentreForm } from '../centre-form/form.ts';
import { formExpansion } from '../centre-form/question.ts';
import { relaxedNorms } from '../jacobian-relaxation/value.ts';
import { expansionValue } from '../local-expansion/value.ts';
import { encloseNetwork, type Enclosures } from '../ranges/enclose-network.ts';
import type { RuledNode } from '../ranges/ranges-on.ts';
import { rulesOn } from '../ranges/rules-on.ts';
import { highestOn } from '../relaxation/concretise.ts';
import { narrowedRanges } from '../relaxation/relaxed-ranges.ts';
import { isBounded, isOutside, type Part } from './parts.ts';
import { rangesOnRay, rayOf } from './ray-ranges.ts';

export interface PartQuestion {
  readonly analysed: Network;
  readonly input: string;
  readonly output: string;
  readonly norm: Norm;
  readonly region: Region;
  readonly nodes: readonly RuledNode[];
}

export interface PartBound {
  /** Infinity where nothing is known. */
  readonly value: number;
  readonly form?: CentreForm;
}

/** By rows or by columns: one finds, the other checks. */
export type FormMaker = (expansion: Expansion, work: Work) => Promise<CentreForm | undefined>;

/** By linear relaxation, where the part has ends; along a ray by what rises and falls. */
async function narrowed(
  part: Part,
  { analysed, input, output, region, ranged, intervals }: PartQuestion & Ranged,
  make: FormMaker,
  work: Work,
): Promise<Enclosures | undefined> {
  const ray = rayOf(part);
  if (ray !== undefined) return rangesOnRay({ analysed, input, output }, ray, ranged, intervals, make, work);
  if (!isBounded(part)) return undefined;
  const onPart = highestOn({ kind: 'box', ...part });
  const onRegion = region.kind === 'all' ? onPart : highestOn(region);
  const highest = (row: Float64Array): number => Math.min(onPart(row), onRegion(row));
  return narrowedRanges(analysed, input, highest, ranged, intervals, work);
}

interface Ranged {
  readonly ranged: readonly RuledNode[];
  readonly intervals: Enclosures;
}

/** Larger blocks take longer than it does to halve the part. */
const largestSide = 24;

const unknown: PartBound = { value: Number.POSITIVE_INFINITY };

/** The constant on one part of the region: its own ranges, relaxed on the part and on the region at once, and the expansion around its own middle slopes. */
export async function boundOfPart(question: PartQuestion, part: Part, make: FormMaker, work: Work): Promise<PartBound> {
  const { analysed, input, output, norm, region, nodes } = question;
  if (isOutside(region, part)) return { value: 0 };
  const { shape } = analysed.types.get(input)!;
  const intervals = await encloseNetwork(analysed, { shape, ...part }, work, 'all');
  const ranged = rulesOn(analysed, nodes, intervals);
  const boxes = (await narrowed(part, { ...question, ranged, intervals }, make, work)) ?? intervals;
  const rules = new Map(rulesOn(analysed, ranged, boxes).map(({ node, rule }) => [node.id, rule]));
  const expansion = formExpansion({ analysed, input, output, rules });
  const form = expansion && (await make(expansion, work));
  if (form === undefined) return unknown;
  let value = await expansionValue(form, norm, work, largestSide);
  // The first is the relaxation itself; those that follow take much longer.
  for await (const relaxed of relaxedNorms(form, norm, work)) {
    value = Math.min(value, relaxed);
    break;
  }
  return isTrusted(value) ? { value, form } : { ...unknown, form };
}
