import { arithmeticOperations } from './arithmetic.ts';
import { choiceOperations } from './choices.ts';
import { convolutionOperations } from './convolution.ts';
import { creationOperations } from './creation.ts';
import { errorFunctionOperations } from './error-function.ts';
import { functionOperations } from './functions.ts';
import { joiningOperations } from './joining.ts';
import { matrixOperations } from './matrices.ts';
import { normalisationOperations } from './normalisation.ts';
import type { OperationDefinition } from './operation.ts';
import { passingOperations } from './passing.ts';
import { poolingOperations } from './pooling.ts';
import { reductionOperations } from './reductions.ts';
import { shapeOperations } from './shapes.ts';
import { slicingOperations } from './slicing.ts';
import { spatialOperations } from './spatial.ts';

/** Every kind of operation that is understood; a new one is an entry in one of these files, or a new file and a line here. */
export const families: Readonly<Record<string, readonly OperationDefinition[]>> = {
  arithmetic: arithmeticOperations,
  'functions of every entry': [...functionOperations, ...errorFunctionOperations],
  convolutions: convolutionOperations,
  pooling: poolingOperations,
  matrices: matrixOperations,
  normalisation: normalisationOperations,
  reductions: reductionOperations,
  'slices, gathering, scattering': slicingOperations,
  joining: joiningOperations,
  shapes: shapeOperations,
  'margins, image sizes, blocks': spatialOperations,
  'comparisons and choices': choiceOperations,
  'numbers made in the graph': creationOperations,
  'passed on': passingOperations,
};

export const operationOf: ReadonlyMap<string, OperationDefinition> = new Map(
  Object.values(families).flatMap((family) =>
    family.flatMap((definition) => definition.ops.map((op) => [op, definition] as const)),
  ),
);
