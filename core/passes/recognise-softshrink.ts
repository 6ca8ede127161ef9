import type { Network, Node } from '../network/network.ts';
import { beside, recognise, scalarOf, withScalar, type Recognised, type Surroundings } from './pattern.ts';

/**
 * x - l beyond l, x + l below -l, 0 between: a soft Shrink, written out as PyTorch's exporters do. Its choices meet where they change, which of a choice by the input alone nobody knows.
 */
export const recogniseSoftshrink = (network: Network): Network =>
  recognise(recognise(network, 'Add', matchSides), 'Where', matchSign);

/** (x > l ? x - l : 0) + (x < -l ? x + l : 0). */
function matchSides(sum: Node, around: Surroundings): Recognised | undefined {
  const [a, b] = sum.inputs.map((name) => sideOf(around.made(name, 'Where'), around));
  if (a === undefined || b === undefined || a.x !== b.x) return undefined;
  const [upper, lower] = a.limit > b.limit ? [a, b] : [b, a];
  if (!(upper.limit > 0) || lower.limit !== -upper.limit || upper.beyond !== 1 || lower.beyond !== -1) return undefined;
  return shrink(sum, upper.x, upper.limit, [...upper.nodes, ...lower.nodes]);
}

interface Side {
  readonly x: string;
  readonly limit: number;
  /** Above the limit, or below it, lies x - limit; on the other side 0. */
  readonly beyond: 1 | -1;
  readonly nodes: readonly Node[];
}

function sideOf(choice: Node | undefined, around: Surroundings): Side | undefined {
  if (choice === undefined) return undefined;
  const compared = comparisonOf(choice, around);
  const [, chosen, otherwise] = choice.inputs;
  const moved = around.made(chosen, 'Sub', 'Add');
  const shift = withScalar(around.network, moved);
  if (compared === undefined || moved === undefined || shift?.tensor !== compared.x) return undefined;
  const less = moved.op === 'Add' ? -shift.scalar : moved.inputs[0] === compared.x ? shift.scalar : undefined;
  if (less !== compared.limit || scalarOf(around.network, otherwise) !== 0) return undefined;
  return { ...compared, nodes: [choice, compared.node, moved] };
}

/** |x| > l ? x - sign(x) l : 0, where the 0 may be x times 0. */
function matchSign(choice: Node, around: Surroundings): Recognised | undefined {
  const { network, made } = around;
  const compared = comparisonOf(choice, around);
  const size = made(compared?.x, 'Abs');
  const x = size?.inputs[0];
  if (compared?.beyond !== 1 || !(compared.limit > 0) || size === undefined || x === undefined) return undefined;
  const [, chosen, otherwise] = choice.inputs;
  const difference = made(chosen, 'Sub');
  const scaled = made(difference?.inputs[1], 'Mul');
  const sign = made(withScalar(network, scaled)?.tensor, 'Sign');
  if (difference?.inputs[0] !== x || scaled === undefined || sign?.inputs[0] !== x) return undefined;
  if (withScalar(network, scaled)!.scalar !== compared.limit) return undefined;
  const nothing = made(otherwise, 'Mul');
  const isNothing = nothing === undefined ? scalarOf(network, otherwise) === 0 : scalarOf(network, beside(nothing, x)) === 0 && nothing.inputs.includes(x); // prettier-ignore
  if (!isNothing) return undefined;
  const inner = [compared.node, size, difference, scaled, sign, ...(nothing === undefined ? [] : [nothing])];
  return shrink(choice, x, compared.limit, inner);
}

/** Where the condition of a choice holds: above a constant, or below it. */
function comparisonOf(
  choice: Node,
  { network, made }: Surroundings,
): { readonly x: string; readonly limit: number; readonly beyond: 1 | -1; readonly node: Node } | undefined {
  const node = made(choice.inputs[0], 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual');
  const compared = withScalar(network, node);
  if (node === undefined || compared === undefined) return undefined;
  const first = node.inputs[0] === compared.tensor;
  return { x: compared.tensor, limit: compared.scalar, beyond: node.op.startsWith('Greater') === first ? 1 : -1, node };
}

function shrink(last: Node, x: string, limit: number, inner: readonly Node[]): Recognised {
  const attributes = new Map([
    ['lambd', { kind: 'float', value: limit }],
    ['bias', { kind: 'float', value: limit }],
  ] as const);
  return { as: { ...last, op: 'Shrink', inputs: [x], attributes }, last, inner };
}
