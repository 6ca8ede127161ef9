import type { Network, Node } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { Block } from './blocks.ts';

/**
 * MaxMin (GroupSort of pairs): split in two halves, the larger and the smaller of each pair, put side by side again. Sorting brings no two
 * vectors further apart, in any norm; the rules of its parts give twice that in l2.
 */
export function sortsPairs(network: Network, { entry, exit, nodes }: Block): boolean {
  const only = (op: string): Node | undefined => {
    const found = nodes.filter((node) => node.op === op);
    return found.length === 1 ? found[0] : undefined;
  };
  const [split, larger, smaller, together] = ['Split', 'Max', 'Min', 'Concat'].map(only);
  if (nodes.length !== 4 || !split || !larger || !smaller || !together) return false;
  const [first, second, ...more] = split.outputs;
  const halves = [entry, first, second].map((name) => network.types.get(name ?? '')?.shape);
  if (more.length > 0 || split.inputs[0] !== entry || together.outputs[0] !== exit) return false;
  if (halves[1]?.join() !== halves[2]?.join() || elementCount(halves[0] ?? []) !== 2 * elementCount(halves[1] ?? []))
    return false;
  const pair = new Set([first, second]);
  const ofPair = ({ inputs }: Node): boolean =>
    inputs.length === 2 && new Set(inputs).size === 2 && inputs.every((name) => pair.has(name));
  const sorted = new Set([larger.outputs[0], smaller.outputs[0]]);
  return (
    ofPair(larger) &&
    ofPair(smaller) &&
    together.inputs.length === 2 &&
    new Set(together.inputs).size === 2 &&
    together.inputs.every((name) => sorted.has(name))
  );
}
