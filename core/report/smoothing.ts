import type { SmoothingVariant } from '../operators/smoothings/smoothing.ts';
import type { LayerSmoothing, SmoothingAnswer } from '../estimators/smoothing/answer.ts';
import type { ByParameters, ParameterBounds } from '../estimators/smoothing/by-parameters.ts';
import type { SmoothingProblem } from '../estimators/smoothing/problem.ts';
import type { SmoothingRuleName } from '../estimators/smoothing/rules/rule.ts';
import type { EngineSummary, LayerSource, ModelSummary } from './inspection.ts';

/** A smoothing as the command line prints it and the panel shows it: format and version of REPORT-FORMAT.md. */
export interface SmoothingReport {
  readonly format: 'lipschitz-smoothing';
  readonly version: 1;
  readonly tool: { readonly name: string; readonly version: string };
  readonly model: ModelSummary;
  readonly engine: EngineSummary;
  readonly region: string;
  readonly epsilon: number;
  readonly rule: SmoothingRuleName;
  readonly variant: SmoothingVariant;
  readonly layers: readonly SmoothedLayer[];
  readonly output: SmoothingAnswer['output'] & {
    /** 1 / smoothness: gradient steps up to here never overshoot. */
    readonly stepSize: number | null;
  };
  /** Algorithm 1 of the paper: the smoothed network as a function of its parameters within their radii, for inputs of the region. */
  readonly byParameters?: {
    readonly largestInput: number;
    readonly layers: ByParameters['layers'];
  } & ({ readonly output: ParameterBounds } | { readonly output: null; readonly reason: string });
  /** Why there is no smoothness constant, where there is none. */
  readonly notSmooth: readonly { readonly node: string; readonly op: string; readonly reason: string }[];
  /** What was found by looking: the largest deviation beside epsilon, and the fastest change of the gradient beside the smoothness constant. */
  readonly checked?: SmoothingCheck;
  /** The same for other accuracies. */
  readonly curve: readonly CurvePoint[];
  /** With data: the network and its smooth ones on them. */
  readonly data?: DataComparison;
  /** What the closed forms rest on: with it the answer for any other accuracy is `smoothingAnswer(problem, question)`. */
  readonly problem: SmoothingProblem;
  readonly parameters: SmoothingProblem['parameters'];
  readonly seconds: number;
  readonly notes: readonly string[];
}

export interface SmoothedLayer extends LayerSmoothing {
  readonly source?: LayerSource;
}

export interface SmoothingCheck {
  readonly samples: number;
  /** Steps of ascent on the deviation. */
  readonly ascentSteps: number;
  readonly maxDeviation: number;
  /** A lower end for the smoothness constant: the largest change of the Jacobian found, over the distance. */
  readonly smoothness?: number;
  /** Operators that were computed in float32 on the way. */
  readonly inSingle: readonly string[];
}

export interface CurvePoint {
  readonly epsilon: number;
  readonly smoothness: number | null;
  /** By layer, as in `layers`. */
  readonly mu: readonly number[];
}

export interface DataComparison {
  /** Names of the files, without their folders. */
  readonly file: string;
  readonly labels?: string;
  readonly examples: number;
  readonly original: DataRow;
  readonly smoothed: readonly (DataRow & { readonly epsilon: number; readonly maxDeviation: number })[];
}

export interface DataRow {
  /** Of the examples; without labels there is none. */
  readonly accuracy: number | null;
  /** Mean cross entropy of the softmax of the outputs (of their sigmoid where there is one output). */
  readonly loss: number | null;
}
