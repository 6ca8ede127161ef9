import type { LayerEntry } from '../report/inspection.ts';
import { autoNameOf } from './auto-names.ts';
import type { LayerDefinition } from './definition.ts';
import type { Guess } from './sequence.ts';

/**
 * Order and sizes fit, and still the model calls every one of its layers by a name, the code does too, and not one of the names is
 * the same: another network of the same sizes.
 */
export function namesAtOdds(guesses: readonly Guess[]): boolean {
  const named = guesses.filter(({ definition }) => writtenName(definition) !== undefined);
  return named.length > 0 && named.every(({ layer, definition }) => isCalledOtherwise(layer, definition));
}

/** `name="fc1"` of the call, or the attribute: a number in a list is no name. */
const writtenName = ({ arguments: { name }, path }: LayerDefinition): string | undefined =>
  name ?? path.findLast((segment) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(segment));

function isCalledOtherwise(layer: LayerEntry, definition: LayerDefinition): boolean {
  const given = definition.arguments.name;
  const numbered = autoNameOf(layer);
  // Keras and TensorFlow.js number a layer exactly when the code gives it no name.
  if (numbered !== undefined) return given !== undefined || numbered.className !== definition.layer;
  const names = namesIn(layer.id);
  return names.length > 0 && !names.includes(writtenName(definition)!);
}

/** Of "functional/stem/convolution" the stem; of "Gemm_3", "node_linear_1" or "Convolution28" nothing: exporters invented those. */
const namesIn = (id: string): readonly string[] =>
  id
    .replace(/:\d+(?=\/|$)/g, '')
    .split('/')
    .filter((segment) => segment !== '' && !isInvented(segment));

function isInvented(segment: string): boolean {
  const word = segment
    .replace(/^node_(?=[a-z])/i, '')
    .replace(/[._]?\d+$/, '')
    .toLowerCase();
  return word === '' || inventions.has(word);
}

const inventions = new Set(
  [
    'node op n val conv convolution convtranspose gemm matmul times linear dense plus add biasadd bias_add',
    'functional sequential model main_graph statefulpartitionedcall',
  ]
    .join(' ')
    .split(' '),
);
