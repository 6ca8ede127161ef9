import { exactConstant } from '../../estimators/exact/branch-and-bound.ts';
import { frameOf } from '../../estimators/exact/frame.ts';
import { planePartition } from '../../estimators/exact/plane-partition.ts';
import { programOf } from '../../estimators/exact/graph.ts';
import type { CertificateVerifier } from './verifier.ts';

/**
 * The partition is not kept, only how many cells it takes: it is made again, and every cell has to fall below the claim. Which cells
 * those are does not depend on chance or time.
 */
export const activationRegionsVerifier: CertificateVerifier = {
  kind: 'activation-regions',
  async check({ value, certificate: { cells } }, { prepared: { analysed, input, output }, norm, region }, work) {
    const program = programOf(analysed, input, output);
    if (program === undefined)
      return { verdict: 'refuted', detail: 'The network is not a small piecewise-linear one.' };
    if (typeof cells !== 'number')
      return { verdict: 'refuted', detail: 'The certificate does not say how many cells the proof takes.' };
    // With two inputs the regions can be drawn, one after the other: a route that shares nothing with the search.
    const drawn = planePartition(frameOf(program, region), norm);
    if (drawn !== undefined && drawn.value > value * (1 + 1e-9))
      return {
        verdict: 'refuted',
        detail: `One of the ${drawn.regions} activation regions has a Jacobian of norm ${drawn.value}; the inspection says ${value}.`,
      };
    let upper = Number.POSITIVE_INFINITY;
    // A few more: another machine may round a cell's bound to the other side of the claim.
    const limits = { cells: cells + 100, target: value };
    for await (const interval of exactConstant(program, norm, region, work, limits)) upper = interval.upper.value;
    const holds = upper <= value * (1 + 1e-12);
    return {
      verdict: holds ? 'confirmed' : 'refuted',
      detail: holds
        ? `No Jacobian of an activation region is larger: all of them are covered by at most ${cells} cells.`
        : `Within ${cells} cells the activation regions only give ${upper}; the inspection says ${value}.`,
    };
  },
};
