import { attributeOf, integer, integers, type Network, type Node, type Subgraph } from '../network/network.ts';
import { nodeOf } from '../network/new-node.ts';
import { inlined, replaced, type Inlined } from '../network/subgraph.ts';
import { elementCount, numbersOf, tensorOfNumbers, type Tensor } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';

/** The most nodes that unrolled loops may add. */
const mostNodes = 100_000;

/**
 * If with a condition that is known, and Loop and Scan with a known number of rounds, become plain nodes. What stays depends on the
 * network's input, and is named as what it is.
 */
export function inlineControlFlow(network: Network): Network {
  const replacements = new Map<Node, Inlined>();
  let made = 0;
  for (const node of network.nodes) {
    const inline = node.domain === '' ? inliners[node.op] : undefined;
    const result = inline?.(network, node);
    if (result === undefined) continue;
    made += result.nodes.length;
    if (made > mostNodes)
      throw new UserError(
        `${node.op} node "${node.id}" unrolls into more than ${mostNodes} nodes, more than can be analysed.`,
      );
    replacements.set(node, result);
  }
  return replaced(network, replacements);
}

type Inliner = (network: Network, node: Node) => Inlined | undefined;

const graphOf = (node: Node, name: string): Subgraph | undefined => attributeOf(node, name, 'graph')?.value;

function scalar(network: Network, name: string | undefined): number | undefined {
  const tensor = network.constants.get(name ?? '');
  return tensor !== undefined && elementCount(tensor.shape) === 1 ? numbersOf(tensor)[0] : undefined;
}

const branch: Inliner = (network, node) => {
  const condition = scalar(network, node.inputs[0]);
  if (condition === undefined) return undefined;
  const chosen = graphOf(node, condition !== 0 ? 'then_branch' : 'else_branch');
  if (chosen === undefined) return undefined;
  return inlined(chosen, { prefix: `${node.id}/`, arguments: new Map(), results: node.outputs });
};

/** A body's inputs and outputs: what goes round, then what each round takes (Scan) or leaves behind. */
interface Rounds {
  readonly body: Subgraph;
  readonly count: number;
  readonly states: readonly string[];
  /** How many of the body's first outputs are no states (Loop's condition). */
  readonly skipped: number;
  /** Which body inputs stand for what in a round. */
  readonly argumentsOf: (round: number, states: readonly string[]) => ReadonlyMap<string, string>;
  readonly axisOf: (output: number) => number;
  readonly reversed: (output: number) => boolean;
  readonly before: Inlined;
}

const loop: Inliner = (network, node) => {
  const body = graphOf(node, 'body');
  if (body === undefined) return undefined;
  const [trip = '', condition = ''] = node.inputs;
  const count = scalar(network, trip);
  const starts = condition === '' ? 1 : scalar(network, condition);
  const [round, entered] = body.inputs;
  if (count === undefined || starts === undefined || round === undefined || entered === undefined) return undefined;
  if (!keepsGoing(body, entered.name)) return undefined;
  const constants = new Map<string, Tensor>();
  const truth = `${node.id}/true`;
  constants.set(truth, { name: truth, type: 'bool', shape: [], bytes: () => Uint8Array.of(1) });
  const total = starts === 0 ? 0 : Math.max(0, count);
  if (total * (body.nodes.length + 1) > mostNodes)
    throw new UserError(`Loop node "${node.id}" goes ${total} rounds, more than can be unrolled.`);
  for (let k = 0; k < total; k++)
    constants.set(`${node.id}/round ${k}`, tensorOfNumbers(`${node.id}/round ${k}`, [], [k], 'int64'));
  return unrolled(network.opset, node, {
    body,
    count: total,
    states: node.inputs.slice(2),
    skipped: 1,
    argumentsOf: (k, states) =>
      new Map([
        [round.name, `${node.id}/round ${k}`],
        [entered.name, truth],
        ...states.map((state, index) => [body.inputs[index + 2]!.name, state] as const),
      ]),
    axisOf: () => 0,
    reversed: () => false,
    before: { nodes: [], constants },
  });
};

/** The condition of a round is the one that it was given, or plainly true: then only the trip count ends the loop. */
function keepsGoing(body: Subgraph, entered: string): boolean {
  let name = body.outputs[0]!;
  for (;;) {
    if (name === entered) return true;
    const constant = body.constants.get(name);
    if (constant !== undefined) return numbersOf(constant)[0] !== 0;
    const producer = body.nodes.find(({ outputs }) => outputs.includes(name));
    if (producer?.op !== 'Identity' && producer?.op !== 'Cast') return false;
    name = producer.inputs[0]!;
  }
}

const scan: Inliner = (network, node) => {
  const body = graphOf(node, 'body');
  // Before operator set 9 it had a batch axis of its own.
  if (body === undefined || network.opset < 9) return undefined;
  const scanned = integer(node, 'num_scan_inputs', 0);
  const held = node.inputs.length - scanned;
  const sequences = node.inputs.slice(held);
  const axes = integers(node, 'scan_input_axes') ?? sequences.map(() => 0);
  const backwards = integers(node, 'scan_input_directions') ?? sequences.map(() => 0);
  const first = network.types.get(sequences[0] ?? '') ?? network.constants.get(sequences[0] ?? '');
  if (first === undefined || scanned === 0) return undefined;
  const axis = (index: number, rank: number): number => (axes[index]! < 0 ? axes[index]! + rank : axes[index]!);
  const count = first.shape[axis(0, first.shape.length)]!;
  if (count * (body.nodes.length + scanned) > mostNodes)
    throw new UserError(`Scan node "${node.id}" goes ${count} rounds, more than can be unrolled.`);
  const nodes: Node[] = [];
  const constants = new Map<string, Tensor>();
  for (let k = 0; k < count; k++) {
    sequences.forEach((sequence, index) => {
      const place = `${node.id}/place ${k} of ${index}`;
      const at = backwards[index] === 1 ? count - 1 - k : k;
      constants.set(place, tensorOfNumbers(place, [], [at], 'int64'));
      nodes.push(
        nodeOf('Gather', `${node.id}/take ${k} of ${index}`, [sequence, place], [`${node.id}/item ${k} of ${index}`], {
          axis: axes[index]!,
        }),
      );
    });
  }
  const outputAxes = integers(node, 'scan_output_axes');
  const outputDirections = integers(node, 'scan_output_directions');
  return unrolled(network.opset, node, {
    body,
    count,
    states: node.inputs.slice(0, held),
    skipped: 0,
    argumentsOf: (k, states) =>
      new Map([
        ...states.map((state, index) => [body.inputs[index]!.name, state] as const),
        ...sequences.map((_, index) => [body.inputs[held + index]!.name, `${node.id}/item ${k} of ${index}`] as const),
      ]),
    axisOf: (output) => outputAxes?.[output] ?? 0,
    reversed: (output) => outputDirections?.[output] === 1,
    before: { nodes, constants },
  });
};

function unrolled(opset: number, node: Node, rounds: Rounds): Inlined | undefined {
  const { body, count, skipped, before } = rounds;
  const collected = body.outputs.length - skipped - rounds.states.length;
  // Without a round there is nothing to collect, not even a shape.
  if (count === 0 && collected > 0) return undefined;
  const nodes = [...before.nodes];
  const constants = new Map(before.constants);
  let states = rounds.states;
  const pieces = Array.from({ length: collected }, (): string[] => []);
  for (let k = 0; k < count; k++) {
    const prefix = `${node.id}/${k}/`;
    const results = body.outputs.map((_, index) => `${prefix}result ${index}`);
    const round = inlined(body, { prefix, arguments: rounds.argumentsOf(k, states), results });
    nodes.push(...round.nodes);
    for (const [name, tensor] of round.constants) constants.set(name, tensor);
    states = results.slice(skipped, skipped + states.length);
    results.slice(skipped + states.length).forEach((result, index) => pieces[index]!.push(result));
  }
  states.forEach((state, index) => {
    const output = node.outputs[index] ?? '';
    if (output !== '') nodes.push(nodeOf('Identity', `${node.id}/final ${index}`, [state], [output]));
  });
  pieces.forEach((found, index) => {
    const output = node.outputs[rounds.states.length + index] ?? '';
    if (output === '') return;
    const axis = rounds.axisOf(index);
    const axes = `${node.id}/axis of ${index}`;
    constants.set(axes, tensorOfNumbers(axes, [1], [axis], 'int64'));
    const stacked = found.map((piece, k) => {
      const made = `${piece}, stacked`;
      // Its axes became an input with operator set 13.
      const [inputs, attributes] = opset < 13 ? [[piece], { axes: [axis] }] : [[piece, axes], {}];
      nodes.push(nodeOf('Unsqueeze', `${node.id}/stack ${k} of ${index}`, inputs, [made], attributes));
      return made;
    });
    if (rounds.reversed(index)) stacked.reverse();
    nodes.push(nodeOf('Concat', `${node.id}/collected ${index}`, stacked, [output], { axis }));
  });
  return { nodes, constants };
}

const inliners: Readonly<Record<string, Inliner | undefined>> = { If: branch, Loop: loop, Scan: scan };
