import { absoluteProductsVerifier, centreExpansionVerifier } from './absolute-values.ts';
import { activationRegionsVerifier } from './activation-regions.ts';
import { averagedActivationsVerifier } from './averaged-activations.ts';
import { jacobianRelaxationVerifier } from './jacobian-relaxation.ts';
import { lipOptVerifier } from './lipopt.ts';
import { localExpansionVerifier } from './local-expansion.ts';
import { localMultipliersVerifier } from './local-multipliers.ts';
import { multipliersVerifier } from './multipliers.ts';
import { productVerifier } from './product.ts';
import { regionSplittingVerifier } from './region-splitting.ts';
import { rowMultipliersVerifier } from './row-multipliers.ts';
import { seqLipVerifier } from './seqlip.ts';
import { slopeCornersVerifier } from './slope-corners.ts';
import { slopeRecursionVerifier } from './slope-recursion.ts';
import { slopeSplittingVerifier } from './slope-splitting.ts';
import type { CertificateVerifier } from './verifier.ts';

/** Every kind of certificate that can be checked. */
const verifiers: readonly CertificateVerifier[] = [
  productVerifier,
  absoluteProductsVerifier,
  centreExpansionVerifier,
  activationRegionsVerifier,
  multipliersVerifier,
  slopeRecursionVerifier,
  averagedActivationsVerifier,
  seqLipVerifier,
  lipOptVerifier,
  slopeCornersVerifier,
  localExpansionVerifier,
  localMultipliersVerifier,
  jacobianRelaxationVerifier,
  regionSplittingVerifier,
  slopeSplittingVerifier,
  rowMultipliersVerifier,
];

export const verifierOf = (kind: unknown): CertificateVerifier | undefined =>
  verifiers.find((verifier) => verifier.kind === kind);
