import { rootOfSquares } from '../estimators/norms/frobenius.ts';
import type { LayerParameters } from '../estimators/smoothing/parameter-steps.ts';
import type { ParameterRadius } from '../estimators/smoothing/problem.ts';
import { elementCount } from '../network/tensor.ts';
import type { NodeFacts } from '../operators/definition.ts';
import { constantNumbers, requiredOutput } from '../operators/facts.ts';
import { above } from '../rounding.ts';
import { RequestError } from '../sentence.ts';
import type { AffineMaps } from './affine-maps.ts';

/** A layer with parameters: its radius, and what its norm is at most by it. */
export interface Parameter extends ParameterRadius {
  readonly bound: number;
  /** Weights and biases together, for Algorithm 1. */
  readonly layer: LayerParameters;
}

/**
 * The parameters of a layer, and the norm of the layer for parameters of norm 1: 1 for a dense layer; for a convolution the paper prints ceil(k / s) per axis, the number of windows that a pixel
 * belongs to, of which its proof needs the root only.
 */
export function parameterOf(
  facts: NodeFacts,
  structure: NonNullable<ReturnType<AffineMaps['of']>>['structure'],
): Parameter | undefined {
  const { id } = facts.node;
  const bias = rootOfSquares(constantNumbers(facts, 2) ?? new Float64Array(0));
  const parameter = (radius: number, perRadius: number, biasCopies: number): Parameter => ({
    ...{ id, name: id, radius, bound: above(perRadius * radius) },
    layer: {
      radius: above(Math.hypot(radius, bias) * (1 + 1e-12)),
      bilinear: perRadius,
      linear: bias === 0 ? 0 : above(Math.sqrt(biasCopies)),
    },
  });
  if (structure.kind === 'dense')
    return parameter(above(rootOfSquares(structure.matrix) * (1 + 1e-12)), 1, structure.repeats);
  if (structure.kind !== 'convolution') return undefined;
  const { kernel, kernelSize, strides } = structure.convolution;
  const windows = kernelSize.reduce((count, size, axis) => count * Math.ceil(size / strides[axis]!), 1);
  const positions = elementCount(requiredOutput(facts).shape.slice(2));
  return parameter(above(rootOfSquares(kernel) * (1 + 1e-12)), windows, positions);
}

export function withRadii(
  parameters: readonly Parameter[],
  radii: readonly number[] | undefined,
): readonly Parameter[] {
  if (radii === undefined) return parameters;
  if (radii.length !== parameters.length)
    throw new RequestError(
      `--radii has ${radii.length} numbers, but the network has ${parameters.length} layers with parameters: ${parameters.map(({ name }) => name).join(', ')}.`,
    );
  return parameters.map((parameter, k) => ({
    ...parameter,
    radius: radii[k]!,
    layer: { ...parameter.layer, radius: radii[k]! },
    bound: (parameter.bound / Math.max(parameter.radius, Number.MIN_VALUE)) * radii[k]!,
  }));
}
