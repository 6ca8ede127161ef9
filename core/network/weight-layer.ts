import type { Tensor } from './tensor.ts';

/** A layer of a file that holds weights without the network: what its tensors alone tell. */
export interface WeightLayer {
  /** "layer1.0.conv1": the name of its weight without the last part. */
  readonly name: string;
  /** The name of its weight in the file. */
  readonly id: string;
  readonly kind: 'dense' | 'kernel' | 'embedding' | 'batch norm' | 'normalisation';
  /** As the layer uses it, parametrisations applied. */
  readonly weight: Tensor;
  readonly bias?: Tensor;
  readonly mean?: Tensor;
  readonly variance?: Tensor;
  /** Which way round the weight is used, where its bias tells; PyTorch's way (outputs first) otherwise. */
  readonly order: 'outputs first' | 'inputs first' | 'unknown';
  /** Sentences on what was computed from several tensors of the file. */
  readonly applied: readonly string[];
}
