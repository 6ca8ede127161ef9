import type { SmoothingVariant } from '../operators/smoothings/smoothing.ts';
import type { LayerChoice } from '../estimators/smoothing/answer.ts';
import type { SmoothingRuleName } from '../estimators/smoothing/rules/rule.ts';
import { defaultRequest, type InspectionRequest } from './request.ts';

/** What `lipschitz smooth` and the editor ask. Plain data: it crosses processes. */
export interface SmoothingRequest extends Pick<
  InspectionRequest,
  'file' | 'budgetSeconds' | 'provider' | 'threads' | 'input' | 'output' | 'set' | 'dims' | 'region'
> {
  /** By how much the output may move, in l2. */
  readonly epsilon: number;
  readonly rule: SmoothingRuleName;
  readonly variant: SmoothingVariant;
  /** Norms of the parameters for the paper's rules, one per layer that has any; Frobenius norms where they are left out. */
  readonly radii?: readonly number[];
  /** By a layer's id or name. */
  readonly choices?: Readonly<Record<string, LayerChoice>>;
  /** Random points at which the deviation is looked at. */
  readonly samples: number;
  readonly seed: number;
  /** A .npy file of examples, one per row, and one of their labels. */
  readonly data?: string;
  readonly labels?: string;
  /** Whether the smoothed model is wanted as a file. */
  readonly model: 'written' | 'left out';
}

export function defaultSmoothingRequest(file: string, epsilon: number): SmoothingRequest {
  const { provider, threads, set, dims, region, budgetSeconds } = defaultRequest(file);
  return {
    ...{ file, epsilon, provider, threads, set, dims, region, budgetSeconds },
    rule: 'optimal',
    variant: 'one-sided',
    samples: 10_000,
    seed: 0,
    model: 'left out',
  };
}
