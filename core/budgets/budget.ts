import type { Norm } from '../bound.ts';
import type { InspectionRequest } from '../inspection/request.ts';

/** The name of the file in which a team says how rough its models may be. */
export const budgetFileName = 'lipschitz.json';

/** What stands in a lipschitz.json, as docs/lipschitz.schema.json describes it. */
export interface BudgetFile {
  /** How long each inspection may take. */
  readonly seconds: number;
  readonly budgets: readonly Budget[];
}

/** One limit for one model or for all that fit a pattern. */
export interface Budget {
  /** Paths or glob patterns, relative to the folder of the file, with forward slashes. */
  readonly models: readonly string[];
  readonly limit: Limit;
  readonly question: BudgetQuestion;
  /** What the team wants the limit for; stands beside every breach. */
  readonly why?: string;
  readonly fails: Strictness;
  /** In the text of the file. */
  readonly place: Place;
  /** Of what names the models. */
  readonly modelsPlace: Place;
}

export type Limit =
  | { readonly kind: 'network'; readonly max: number }
  /** For every layer whose name fits one of the patterns. */
  | { readonly kind: 'layers'; readonly names: readonly string[]; readonly max: number }
  /** For the network smoothed within epsilon: its constant, and that of its gradient. */
  | { readonly kind: 'smoothed'; readonly epsilon: number; readonly max?: number; readonly maxSmoothness?: number };

/** What an inspection has to ask for its answer to judge the budget. */
export type BudgetQuestion = Pick<InspectionRequest, 'norm' | 'region' | 'input' | 'output' | 'set' | 'dims'> & {
  readonly norm: Norm;
};

/**
 * unless-proved: a limit that is neither proved to be kept nor to be exceeded fails a build as well. when-exceeded: only a proved breach
 * does, for limits that no bound known today can prove.
 */
export type Strictness = 'unless-proved' | 'when-exceeded';

export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Something in the file that cannot be understood, in one sentence. */
export interface Problem {
  readonly message: string;
  readonly place: Place;
}
