import type { Norm } from '../bound.ts';
import type { Chain } from '../network/layer-chain.ts';
import type { Provider } from '../report/inspection.ts';

/** A question about one model, as the command line and the editor both ask it. Plain data: it crosses processes. */
export interface InspectionRequest {
  /** Absolute path of the model file. */
  readonly file: string;
  readonly norm: Norm;
  /** In the syntax of the command line: all | box:LO,HI | box:POINT:RADIUS | ball:NORM:POINT:RADIUS. */
  readonly region: string;
  readonly budgetSeconds: number;
  readonly provider: 'auto' | Provider;
  /** 0 lets the engine choose. */
  readonly threads: number;
  readonly input?: string;
  readonly output?: string;
  /** Values for inputs that are not the chosen one, in the syntax of POINT. */
  readonly set: Readonly<Record<string, string>>;
  /** The constant of the network as if it were not quantised; of the network in the file otherwise. */
  readonly quantisation?: 'left out';
  /** Of weights without a graph: how the layers follow one another. */
  readonly chain?: SuppliedChain;
  /** Sizes for symbolic dimensions. */
  readonly dims: Readonly<Record<string, number>>;
}

/** The chain itself, not the file that it was read from: the same question is the same answer. */
export interface SuppliedChain extends Chain {
  /** Who says it: "chain.json", "the Chain tab". */
  readonly by: string;
}

export const defaultRequest = (file: string): InspectionRequest => ({
  file,
  norm: 'l2',
  region: 'all',
  budgetSeconds: 10,
  provider: 'auto',
  threads: 0,
  set: {},
  dims: {},
});
