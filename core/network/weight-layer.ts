import type { Tensor } from './tensor.ts';

/** A layer of a file that holds weights without the network: what its tensors alone tell. */
export interface WeightLayer {
  /** "layer1.0.conv1": the name of its weight without the last part. */
  readonly name: string;
  /** The name of its weight in the file. */
  readonly id: string;
  /** Of unknown ones `doubt` says why they have no norm. */
  readonly kind: 'dense' | 'kernel' | 'embedding' | 'batch norm' | 'normalisation' | 'unknown';
  /** As the layer uses it, parametrisations applied; kernels with their channels first, as PyTorch has them. */
  readonly weight: Tensor;
  readonly bias?: Tensor;
  readonly mean?: Tensor;
  readonly variance?: Tensor;
  /** Of a BatchNorm, where it is not PyTorch's default; no file holds it. */
  readonly epsilon?: number;
  /** Of a kernel, where the file tells. */
  readonly groups?: number;
  /** A kernel of which the file does not even tell whether it mixes channels. */
  readonly mayBeDepthwise?: true;
  /** Which way round the weight is used, where its bias or its class tells; PyTorch's way (outputs first) for its matrices otherwise. */
  readonly order: 'outputs first' | 'inputs first' | 'unknown';
  /** Sentences on what was computed from several tensors of the file. */
  readonly applied: readonly string[];
  readonly doubt?: string;
}
