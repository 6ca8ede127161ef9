import type { Norm } from '../bound.ts';
import { agree, count, digits, percent, shapeText } from './digits.ts';
import type { Inspection, LayerEntry, LipschitzInterval } from './inspection.ts';
import { methodWords } from './method-names.ts';
import { regionWords } from './region-words.ts';
import { isUnquantised, normWord, ofLayer, ofNetwork, rigorMeaning } from './words.ts';
import type { ShownInterval } from './words.ts';

/** The whole inspection in one sentence that can be quoted. */
export function summarySentence(inspection: Inspection): string {
  const interval = inspection.lipschitz[inspection.norm];
  if (interval === undefined) return 'Nothing is known yet about how far the output moves when the input does.';
  const sentence = movement(interval, inspection);
  const inside =
    inspection.region === 'all'
      ? sentence
      : `${capitalised(regionWords(inspection.region))}: ${decapitalised(sentence)}`;
  return isUnquantised(inspection) ? `As if unquantised: ${decapitalised(inside)}` : inside;
}

function movement(interval: LipschitzInterval, inspection: Inspection): string {
  const { lower, upper } = ofNetwork(interval);
  const change = `a change of size 1${inspection.norm === 'l2' ? '' : ` in ${normWord[inspection.norm]}`} in the input`;
  const least = digits(lower, 'down');
  const shown = interval.lower.witness === undefined ? 'somewhere' : 'at the witness shown';
  switch (upper.kind) {
    case 'value': {
      const evidence = upper.rigor === 'certified' ? '' : ` (${rigorMeaning(upper.rigor, upper.failure)})`;
      const closed = agree(lower, upper.value);
      const most = `${capitalised(change)} moves the output by at most ${digits(upper.value, closed ? 'nearest' : 'up')}${evidence}`;
      const attained = closed ? `and ${shown} by no less` : `and, ${shown}, by ${least}`;
      if (lower === 0 && upper.value > 0) return `${most}${blame(inspection)}.`;
      return `${most} ${attained}${blame(inspection)}.`;
    }
    case 'unbounded':
      return `No finite bound is known for how far the output moves: ${withoutStop(upper.reason)}${upper.node === undefined ? '' : ` (at ${upper.node})`}.${lower === 0 ? '' : ` ${capitalised(change)} moves it by ${least} ${shown}.`}`;
    case 'unsupported':
      return `There is no upper end because ${upper.op} at ${upper.node} is not understood: ${withoutStop(upper.reason)}.${lower === 0 ? '' : ` ${capitalised(change)} moves the output by ${least} ${shown}.`}`;
    case 'pending':
      return lower > 0
        ? `${capitalised(change)} moves the output by ${least} ${shown}; the upper end is still being computed.`
        : 'The first bounds are still being computed.';
  }
}

/** Shares are of the product of norms, which need not be what the bound in force comes from. */
function blame({ layers }: Inspection): string {
  const heaviest = heaviestLayer(layers);
  return heaviest === undefined
    ? ''
    : `; in the product of the layers' norms ${heaviest.layer.name} weighs most (${percent(heaviest.share)}, in logarithms)`;
}

/** The layer that stretches most; undefined when none stretches at all. */
export function heaviestLayer(
  layers: readonly LayerEntry[],
): { readonly layer: LayerEntry; readonly share: number } | undefined {
  let best: { layer: LayerEntry; share: number } | undefined;
  for (const layer of layers) {
    if (layer.share !== null && layer.share > (best?.share ?? 0)) best = { layer, share: layer.share };
  }
  return best;
}

/** One layer in words: the first paragraph of its detail and of the hover. */
export function layerSentence(layer: LayerEntry, norm: Norm): string {
  const known = layer.norms[norm];
  if (known === undefined) return `${layer.name}: its ${normWord[norm]} constant is not known yet.`;
  return `${layer.name} ${stretching(ofLayer(known), norm)}${known.upper === null ? '' : ` (${methodWords(known.method)})`}.${everywhereSentence(layer, norm)}${shareSentence(layer)}${kernelSentence(layer)}${foldedSentence(layer)}`;
}

function stretching({ lower, upper }: ShownInterval, norm: Norm): string {
  const measured = `measured in ${normWord[norm]}`;
  if (upper.kind !== 'value') {
    return `has no finite constant, ${measured}: ${upper.kind === 'unbounded' ? withoutStop(upper.reason) : 'still pending'}`;
  }
  const evidence = `${measured}; ${rigorMeaning(upper.rigor, upper.failure)}`;
  if (agree(lower, upper.value)) {
    return `stretches a change in its input by ${digits(upper.value, 'nearest')} at most, and somewhere by as much, ${evidence}`;
  }
  const least = lower > 0 ? `, and somewhere by at least ${digits(lower, 'down')}` : '';
  return `stretches a change in its input by at most ${digits(upper.value, 'up')}${least}, ${evidence}`;
}

/** What a region is worth: LayerNorm's constant is some 316 times its weight on the whole space. */
function everywhereSentence({ everywhere }: LayerEntry, norm: Norm): string {
  const known = everywhere?.[norm];
  if (known === undefined) return '';
  return known.upper === null
    ? ' On the whole space it has no finite constant.'
    : ` On the whole space its constant is ${known.lower === known.upper ? '' : 'at most '}${digits(known.upper, 'up')}.`;
}

function shareSentence({ share }: LayerEntry): string {
  if (share === null || share === 0) return '';
  return share > 0
    ? ` It has ${percent(share)} of the weight in the product of norms, in logarithms.`
    : ` It takes back ${percent(-share)} of the weight in the product of norms, in logarithms.`;
}

/** PyTorch's spectral_norm normalises the reshaped kernel, which is not the convolution's norm: said only where it matters. */
function kernelSentence(layer: LayerEntry): string {
  const value = misleadingKernelNorm(layer);
  return value === undefined
    ? ''
    : ` The norm of its kernel as a matrix is ${digits(value, 'nearest')}, which is not the norm of the convolution.`;
}

/** The reshaped kernel's norm when it is more than 1 % away from the true interval. */
export function misleadingKernelNorm(layer: LayerEntry): number | undefined {
  const truth = layer.norms.l2;
  if (layer.kernelNorm === undefined || truth === undefined || truth.upper === null) return undefined;
  const off = layer.kernelNorm < truth.lower * 0.99 || layer.kernelNorm > truth.upper * 1.01;
  return off ? layer.kernelNorm : undefined;
}

const foldedSentence = ({ folded }: LayerEntry): string =>
  folded === undefined || folded.length === 0
    ? ''
    : ` ${folded.join(', ')} ${folded.length === 1 ? 'is' : 'are'} folded into it.`;

const numbered = (n: number, thing: string): string => `${count(n)} ${thing}${n === 1 ? '' : 's'}`;

/** "net.onnx: 13,310 parameters in 12 layers, from x (1×3×32×32) to logits (1×10)." */
export function modelSentence({ model, layers }: Inspection): string {
  const value = (values: typeof model.inputs, name: string): string => {
    const shape = values.find((one) => one.name === name)?.shape;
    return shape === undefined || shape === null ? name : `${name} (${shapeText(shape)})`;
  };
  // Weights without a graph have no ends.
  const path =
    model.input === '' ? '' : `, from ${value(model.inputs, model.input)} to ${value(model.outputs, model.output)}`;
  return `${numbered(model.parameters, 'parameter')} in ${numbered(layers.length, 'layer')}${path}.`;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const decapitalised = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
export const withoutStop = (text: string): string => text.trim().replace(/\.$/, '');
