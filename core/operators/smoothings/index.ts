import { activationSmoothings } from './activations.ts';
import { extremeSmoothings } from './extremes.ts';
import { lengthSmoothings } from './lengths.ts';
import { normalisationSmoothings } from './normalisation.ts';
import type { SmoothingRule } from './smoothing.ts';

/** The smoothing of every operator with kinks; a new one is a rule in the file of its family, or a new file and a line here. */
export const smoothings: Readonly<Record<string, SmoothingRule>> = {
  ...activationSmoothings,
  ...extremeSmoothings,
  ...lengthSmoothings,
  ...normalisationSmoothings,
};

export const smoothingOf = (node: { readonly op: string; readonly domain: string }): SmoothingRule | undefined =>
  node.domain === '' || node.domain === 'ai.onnx' ? smoothings[node.op] : undefined;
