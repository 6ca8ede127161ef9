import { tensorOfNumbers, type Tensor } from '../../../network/tensor.ts';
import type { WeightLayer } from '../../../network/weight-layer.ts';
import { named, type Owner } from './owner.ts';

/** Keras's default: no file holds it. */
const epsilon = 1e-3;

/** gamma and beta may be left out; of one of them alone only the older files say which it is. */
export function batchNorm(owner: Owner): readonly WeightLayer[] | undefined {
  const { variables } = owner;
  const size = variables[0]!.tensor.shape[0]!;
  if (!variables.every(({ tensor: { shape } }) => shape.length === 1 && shape[0] === size)) return undefined;
  const order =
    variables.length === 4 ? ['gamma', 'beta', 'moving_mean', 'moving_variance'] : ['moving_mean', 'moving_variance'];
  const find = (name: string): Tensor | undefined =>
    (variables[0]!.name === undefined
      ? variables[order.indexOf(name)]
      : variables.find((variable) => variable.name === name)
    )?.tensor;
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(find);
  const base = named(owner, 0);
  if (variables[0]!.name === undefined && variables.length === 3) {
    const doubt = 'the file does not say whether it has a scale or a shift';
    return [{ ...base, weight: variables[0]!.tensor, kind: 'unknown', order: 'unknown', doubt }];
  }
  if (mean === undefined || variance === undefined || variables.length > 4) return undefined;
  const weight = gamma ?? tensorOfNumbers(`${base.id}/ones`, [size], new Float64Array(size).fill(1), 'float32');
  return [
    {
      ...base,
      ...{ weight, mean, variance, epsilon, kind: 'batch norm', order: 'outputs first' },
      ...(beta === undefined ? {} : { bias: beta }),
    },
  ];
}
