import type { Network, Node } from '../network/network.ts';
import { constant, identity, isContinuous, type Lines } from './lines/lines.ts';
import { choosing, onLines } from './lines/operators-on-lines.ts';
import { written } from './lines/written-lines.ts';
import { recognise, scalarOf, type Recognised, type Surroundings } from './pattern.ts';

/**
 * x (x > 0), x > 0 ? 2 x : x / 2, sign(x) max(|x| - 1, 0): functions of one tensor, number by number, written with choices of which each may jump. Where all of them together are
 * straight lines that meet exactly, they are written as an activation with that slope on either side.
 */
export function recogniseLines(network: Network): Network {
  let current = network;
  // What was found is a part of what is around it.
  for (;;) {
    const next = ['Where', 'Mul', 'Add', 'Sub'].reduce((before, op) => recognise(before, op, matchLines), current);
    if (next === current) return current;
    current = next;
  }
}

/** Of the nodes that one function may be written in. */
const mostNodes = 32;

function matchLines(last: Node, around: Surroundings): Recognised | undefined {
  for (const root of rootsOf(last, around)) {
    const reading = new Reading(root, around);
    const lines = reading.linesOf(last.outputs[0]!);
    if (lines === undefined || lines.ends.length === 0 || !isContinuous(lines)) continue;
    const inner = [...reading.nodes].filter((node) => node !== last);
    const found = written(last, root, lines, around.network);
    if (found !== undefined) return { ...found, last, inner };
  }
  return undefined;
}

const operators = Object.keys(onLines);

/** The tensors by which something is chosen on the way to the node, and those of which these are the size or the negative. */
function rootsOf(last: Node, { network, made }: Surroundings): readonly string[] {
  const nodes = new Set([last]);
  for (const node of nodes) {
    if (nodes.size > mostNodes) return [];
    for (const name of node.inputs) {
      const before = made(name, ...operators);
      if (before !== undefined) nodes.add(before);
    }
  }
  const roots = new Set([...nodes].filter(({ op }) => choosing.has(op)).flatMap(({ inputs }) => inputs));
  for (const root of roots) {
    const source = made(root, 'Abs', 'Neg')?.inputs[0];
    if (source !== undefined) roots.add(source);
  }
  return [...roots].filter(
    (name) => !network.constants.has(name) && ['float32', 'float64'].includes(network.types.get(name)?.type ?? ''),
  );
}

/** What the nodes between a tensor and the root make of it. */
class Reading {
  readonly nodes = new Set<Node>();
  readonly #root: string;
  readonly #around: Surroundings;
  readonly #known = new Map<string, Lines | undefined>();

  constructor(root: string, around: Surroundings) {
    this.#root = root;
    this.#around = around;
  }

  /** undefined where something else than the root comes in. */
  linesOf(name: string): Lines | undefined {
    if (!this.#known.has(name)) this.#known.set(name, this.#read(name));
    return this.#known.get(name);
  }

  #read(name: string): Lines | undefined {
    if (name === this.#root) return identity;
    const { network, made } = this.#around;
    const number = scalarOf(network, name);
    if (number !== undefined) return constant(number);
    const node = made(name, ...operators);
    if (node === undefined || this.nodes.size === mostNodes) return undefined;
    this.nodes.add(node);
    const inputs = node.inputs.map((input) => (input === '' ? undefined : this.linesOf(input)));
    return inputs.some((lines, i) => lines === undefined && node.inputs[i] !== '')
      ? undefined
      : onLines[node.op]!(inputs, node);
  }
}
