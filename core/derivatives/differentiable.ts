import type { Network } from '../network/network.ts';
import type { Precision } from '../operators/derivatives/graph.ts';
import { foldBatchNorm } from '../passes/fold-batch-norm.ts';
import { inOnePrecision } from '../passes/one-precision.ts';
import { raiseOpset } from '../passes/raise-opset.ts';

/**
 * A prepared network in the form in which derivatives are written: one floating type, an operator set that has everything they need,
 * and BatchNorm folded, which is a derivative less to compute.
 */
export const differentiable = (runnable: Network, precision: Precision): Network =>
  inOnePrecision(foldBatchNorm(raiseOpset(runnable)).network, precision);
