import type { Network } from '../../network/network.ts';
import type { LightRule } from '../composition/product.ts';
import type { Step } from './step.ts';
import { Translation, type Split } from './translation.ts';

/**
 * What the output depends on between it and the input, as steps in order; undefined where an operator on the way has no finite rule.
 */
export function stepsOf(
  network: Network,
  input: string,
  output: string,
  rules: ReadonlyMap<string, LightRule>,
  split: Split,
): readonly Step[] | undefined {
  const known = new Set([input]);
  const unknown = new Set<string>();
  const steps: Step[] = [];
  for (const node of network.nodes) {
    const hidden = [...node.attributes.values()].some(({ kind }) => kind === 'opaque');
    if (!hidden && !node.inputs.some((name) => known.has(name) || unknown.has(name))) continue;
    const rule = rules.get(node.id);
    const fits = rule !== undefined && !hidden && !node.inputs.some((name) => unknown.has(name));
    const own = fits ? new Translation(network, node, rule, split, known).steps() : [];
    steps.push(...own);
    for (const { to } of own) known.add(to);
    for (const name of node.outputs)
      if (name !== '' && !known.has(name) && rule?.kind !== 'constant') unknown.add(name);
  }
  return known.has(output) ? neededFor(output, steps) : undefined;
}

function neededFor(output: string, steps: readonly Step[]): readonly Step[] {
  const needed = new Set([output]);
  const kept: Step[] = [];
  for (const step of steps.toReversed()) {
    if (!needed.has(step.to)) continue;
    kept.push(step);
    for (const { from } of step.lanes) needed.add(from);
    for (const from of step.remainder?.from ?? []) needed.add(from);
  }
  return kept.reverse();
}
