import type { Certificate, Norm } from '../../bound.ts';
import type { Work } from '../../compute/work.ts';
import type { BlockBounds } from '../../estimators/composition/product.ts';
import type { PreparedNetwork } from '../../passes/prepare.ts';
import type { Region } from '../../region.ts';
import type { Inspection } from '../../report/inspection.ts';
import type { AnalysedNode } from '../layers.ts';
import type { Check } from '../verification.ts';

/** An upper end as it stands in a file that anybody may have written: of its certificate nothing is known but the kind. */
export interface UpperClaim {
  readonly value: number;
  readonly certificate: Readonly<Record<string, unknown>>;
}

/** The model that the claim is about, opened anew, and what else the file says. */
export interface ClaimContext {
  readonly inspection: Inspection;
  readonly norm: Norm;
  readonly region: Region;
  readonly prepared: PreparedNetwork;
  readonly nodes: readonly AnalysedNode[];
  /** Bounded anew, as everything here. */
  readonly blocks: BlockBounds;
}

/** Re-proves upper ends of one kind by another route than the one that found them. One file per kind, and a line in `index.ts`. */
export interface CertificateVerifier {
  readonly kind: Certificate['kind'];
  check(claim: UpperClaim, context: ClaimContext, work: Work): Promise<Omit<Check, 'claim'>> | Omit<Check, 'claim'>;
}
