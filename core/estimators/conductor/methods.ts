import { absoluteProducts, centreExpansion } from '../absolute-values/method.ts';
import { averagedActivations } from '../averaged-activations/method.ts';
import { slopeCorners } from '../slope-corners/method.ts';
import { slopeSplitting } from '../slope-splitting/method.ts';
import { activationRegions } from '../exact/method.ts';
import { jacobianRelaxation } from '../jacobian-relaxation/method.ts';
import { lipOpt } from '../lipopt/method.ts';
import { localExpansion } from '../local-expansion/method.ts';
import { localMultipliers } from '../local-multipliers/method.ts';
import { diagonalMultipliers } from '../multipliers/method.ts';
import { regionSplitting } from '../region-splitting/method.ts';
import { rowMultipliers } from '../row-multipliers/method.ts';
import { seqLip } from '../seqlip/method.ts';
import { layerwiseRecursion } from '../slope-recursion/method.ts';
import type { BoundMethod } from './method.ts';

/** Every method of bounding a network's constant, apart from the product of norms and the search for witnesses, which always run. */
export const boundMethods: readonly BoundMethod[] = [
  absoluteProducts,
  layerwiseRecursion,
  averagedActivations,
  seqLip,
  slopeCorners,
  lipOpt,
  localExpansion,
  centreExpansion,
  activationRegions,
  localMultipliers,
  jacobianRelaxation,
  regionSplitting,
  slopeSplitting,
  rowMultipliers,
  diagonalMultipliers,
];
