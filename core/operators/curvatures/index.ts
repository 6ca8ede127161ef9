import { text } from '../../network/network.ts';
import type { NodeFacts, Ranges } from '../definition.ts';
import { activationCurvatures } from './activations.ts';
import { attentionCurvatures } from './attention.ts';
import { flat, type Curvature, type CurvatureRule } from './curvature.ts';
import { normalisationCurvatures } from './normalisations.ts';
import { productCurvatures } from './products.ts';

/** Operators that are linear in all of their inputs together, but join them. */
const linear: readonly string[] = ['Add', 'Sub', 'Sum', 'Mean', 'Concat', 'Where'];

/** Linear unless it keeps the largest or smallest of what comes to a place. */
const scattered: CurvatureRule = ({ node }) =>
  ['max', 'min'].includes(text(node, 'reduction', 'none'))
    ? 'it keeps the largest or smallest of several numbers, whose kinks are not smoothed'
    : flat;
const scatterCurvatures = { Scatter: scattered, ScatterElements: scattered, ScatterND: scattered };

/** The curvature of every smooth operator; a new one is a rule in the file of its family, or a new file and a line here. */
const curvatures: Readonly<Record<string, CurvatureRule>> = {
  ...Object.fromEntries(linear.map((op) => [op, () => flat])),
  ...scatterCurvatures,
  ...attentionCurvatures,
  ...activationCurvatures,
  ...normalisationCurvatures,
  ...productCurvatures,
};

/** A bound on how fast the Jacobian changes, in words why there is none, or undefined for an operator that bends nowhere but in kinks. */
export function curvatureOf(facts: NodeFacts, ranges: Ranges | undefined): Curvature | string | undefined {
  const { op, domain } = facts.node;
  const rule = domain === '' || domain === 'ai.onnx' ? curvatures[op] : undefined;
  return rule?.(facts, ranges);
}
