import type { Network, Node } from '../network/network.ts';
import { numbersOf } from '../network/tensor.ts';
import { countNaN, countNonFinite } from '../network/tensor-health.ts';
import type { LipschitzRule } from './definition.ts';
import type { LinearStructure } from './linear-map.ts';

/**
 * Why no rule can be trusted here: numbers of the file that are NaN (every comparison with one is false, so the largest of many would
 * not notice it) or infinite where they are multiplied, or that overflow in what is made from them. undefined when all is well.
 */
export function brokenNumbers(network: Network, node: Node, rule: LipschitzRule): string | undefined {
  const attribute = [...node.attributes].find(([, one]) =>
    one.kind === 'float' ? Number.isNaN(one.value) : one.kind === 'floats' && one.value.some(Number.isNaN),
  );
  if (attribute !== undefined) return `its attribute "${attribute[0]}" is NaN`;
  const overflow = overflowsIn(network, node, rule);
  // Numbers that a pass of ours made are looked at in the rule; which of them is broken is asked only when one is.
  const constants = node.inputs
    .flatMap((name) => network.constants.get(name) ?? [])
    .filter(({ relativeError }) => relativeError === undefined || rule.kind !== 'affine' || overflow);
  const broken = rule.kind === 'affine' ? constants.reduce((sum, tensor) => sum + countNonFinite(tensor), 0) : 0;
  const [count, what] =
    broken > 0 && !masksScores(network, node)
      ? [broken, 'NaN or infinite']
      : // A clip at infinity, or a mask of it, is meant so.
        [constants.reduce((sum, tensor) => sum + countNaN(tensor), 0), 'NaN'];
  if (count > 0) return `its weights hold ${count} ${count === 1 ? 'value that is' : 'values that are'} ${what}`;
  return overflow ? 'its numbers overflow when they are multiplied out' : undefined;
}

/** Added before a Softmax alone, -Infinity hides an entry: its share is 0 exactly. A row of which nothing is left is NaN in every runtime. */
function masksScores(network: Network, node: Node): boolean {
  if (node.op !== 'Add') return false;
  const masks = node.inputs.flatMap((name) => network.constants.get(name) ?? []);
  const [output] = node.outputs;
  const readers = network.nodes.filter(({ inputs }) => inputs.includes(output!));
  return (
    readers.length > 0 &&
    readers.every(({ op }) => op === 'Softmax') &&
    !network.outputs.some(({ name }) => name === output) &&
    masks.every((mask) => numbersOf(mask).every((value) => value < Number.POSITIVE_INFINITY))
  );
}

/** Nodes whose numbers were seen not to overflow: asking reads all of them, and the rule of a large layer is made more than once. */
const sound = new WeakMap<Network, WeakSet<Node>>();

function overflowsIn(network: Network, node: Node, rule: LipschitzRule): boolean {
  if (rule.kind !== 'affine') return overflows(rule);
  if (sound.get(network)?.has(node) === true) return false;
  if (overflows(rule)) return true;
  const known = sound.get(network) ?? new WeakSet<Node>();
  sound.set(network, known.add(node));
  return false;
}

function overflows(rule: LipschitzRule): boolean {
  switch (rule.kind) {
    case 'affine':
      // Numbers of the file itself were looked at already, without reading them all at once.
      if (rule.map.entryError === 0) return false;
      return !entriesOf(rule.map.structure).every(areFinite);
    case 'elementwise': {
      const { slopes } = rule;
      if (slopes.kind === 'same') return Number.isNaN(slopes.lower) || Number.isNaN(slopes.upper);
      return slopes.lower.some(Number.isNaN) || slopes.upper.some(Number.isNaN);
    }
    case 'gain':
      return Object.values(rule.gains).some(({ lower, upper }) => Number.isNaN(lower) || Number.isNaN(upper));
    case 'join':
    case 'constant':
    case 'unbounded':
    case 'unsupported':
      return false;
  }
}

/** 0 times a number is 0 but for NaN and the infinities: a fifth of the time of asking each. */
function areFinite(entries: Float64Array): boolean {
  let sum = 0;
  for (const entry of entries) sum += entry * 0;
  return sum === 0;
}

function entriesOf(structure: LinearStructure): readonly Float64Array[] {
  switch (structure.kind) {
    case 'dense':
      return [structure.matrix];
    case 'convolution':
      return [structure.convolution.kernel];
    case 'diagonal':
      return [structure.entries];
    case 'separable':
      return structure.factors.map(({ entries }) => entries);
    case 'selection':
    case 'opaque':
      return [];
  }
}
