import { OutOfTime } from '../../compute/linear-algebra/pace.ts';
import { centreFormByColumns } from '../../estimators/centre-form/by-columns.ts';
import { boundOfPart } from '../../estimators/region-splitting/part-bounds.ts';
import { halvesOf, wholeOf } from '../../estimators/region-splitting/parts.ts';
import { leaf } from '../../estimators/region-splitting/tree.ts';
import { elementCount } from '../../network/tensor.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Two computations of numbers that are rounded outward each time. */
const granted = 1e-8;

/** The tree of halvings says which parts cover the region; each is bounded anew, its matrices by columns where they were found by rows. */
export const regionSplittingVerifier: CertificateVerifier = {
  kind: 'region-splitting',
  async check(
    { value, certificate: { halvings } },
    { prepared: { analysed, input, output }, nodes, norm, region },
    work,
  ) {
    const inputs = elementCount(analysed.types.get(input)!.shape);
    if (!isWhole(halvings) || halvings.some((coordinate) => coordinate >= inputs))
      return { verdict: 'refuted', detail: 'The certificate does not say how the region was split.' };
    const question = { analysed, input, output, norm, region, nodes };
    const open = [wholeOf(region, inputs)];
    let [parts, largest] = [0, 0];
    try {
      for (const coordinate of halvings) {
        const part = open.pop();
        if (part === undefined) break;
        if (coordinate !== leaf) {
          const halves = halvesOf(part, coordinate);
          if (halves === undefined) return { verdict: 'refuted', detail: `Coordinate ${coordinate} cannot be halved.` };
          open.push(halves[1], halves[0]);
          continue;
        }
        if (work.remainingSeconds() <= 0) throw new OutOfTime();
        parts++;
        const again = await boundOfPart(question, part, centreFormByColumns, work);
        largest = Math.max(largest, again.value);
      }
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return { verdict: 'not checked', detail: `The time for checking was over after ${parts} parts of the region.` };
    }
    if (open.length > 0)
      return { verdict: 'refuted', detail: 'The parts that the certificate names do not cover the region.' };
    const holds = value >= largest * (1 - granted);
    return {
      verdict: holds ? 'confirmed' : 'refuted',
      detail: `On ${parts} parts that cover the region the constant is at most ${largest}; the inspection says ${value}.`,
    };
  },
};

const isWhole = (halvings: unknown): halvings is readonly number[] =>
  Array.isArray(halvings) && halvings.every((entry) => Number.isInteger(entry) && entry >= leaf);
