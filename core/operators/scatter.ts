import { integer, text } from '../network/network.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { above } from '../rounding.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf } from './enclosure.ts';
import { positiveAxis, required, requiredNumbers, requiredOutput, variables } from './facts.ts';
import { plus, times, type Interval } from './interval.ts';
import { rowMajorSteps } from './rearrangement.ts';

/** For every entry of the updates: the entry of the data that it changes. */
type Targets = (facts: NodeFacts, data: Shape) => Int32Array;

/** How an update goes together with what stands there already. */
const combinations: Readonly<Record<string, (old: Interval, update: Interval) => Interval>> = {
  none: (_, update) => update,
  add: plus,
  mul: times,
  max: (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1])],
  min: (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1])],
};

function scatter(op: string, targetsOf: Targets): OperatorDefinition {
  const facts = (node: NodeFacts): { targets: Int32Array; mode: string; most: number; copied: Int32Array } => {
    const data = required(node, 0).shape;
    const targets = targetsOf(node, data);
    const copied = new Int32Array(elementCount(data));
    for (const to of targets) copied[to]! += 1;
    return { targets, mode: text(node.node, 'reduction', 'none'), most: Math.max(1, ...copied), copied };
  };
  return {
    ops: [op],
    kind: () => null,
    infer: (node) => [required(node, 0)],
    rule(node) {
      const { mode, most, targets } = facts(node);
      const inputs = variables(node).filter((index) => index !== 1);
      if (combinations[mode] === undefined)
        return { kind: 'unsupported', reason: `its reduction "${mode}" is not known` };
      const factor = mode === 'mul' ? factorOf(node, targets) : 1;
      if (factor === undefined)
        return {
          kind: 'unbounded',
          reason: 'it multiplies tensors that depend on the input, so its slope grows with them',
          remedy: 'Choose an output before this node.',
        };
      return {
        kind: 'join',
        inputs,
        /*
         * Each entry of the output is at most as far apart as the data there and all updates of it together (their largest, for the
         * extremes): the updates of one place sum up in l1, at most sqrt(n) as much in l2 and n times in linf.
         */
        combine(norm, constants) {
          const each = constants.map((constant, k) => {
            if (inputs[k] === 0) return above(factor * constant);
            const gather = mode !== 'add' || norm === 'l1' ? 1 : norm === 'l2' ? above(Math.sqrt(most)) : most;
            return gather === 1 ? constant : above(gather * constant);
          });
          if (each.length === 1) return each[0]!;
          if (mode !== 'add' && norm === 'linf') return Math.max(...each);
          if (mode === 'add' || norm === 'l1') return above(each.reduce((sum, value) => above(sum + value), 0));
          return above(Math.sqrt(each.reduce((sum, value) => above(sum + above(value * value)), 0)));
        },
      };
    },
    enclose(node, [data, , updates]) {
      const { targets, mode } = facts(node);
      const combine = combinations[mode] ?? ((): Interval => [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
      const { shape } = requiredOutput(node);
      const result = enclosureOf(shape, (i) => [data!.lower[i]!, data!.upper[i]!]);
      const { lower, upper } = result;
      targets.forEach((to, k) => {
        [lower[to], upper[to]] = combine([lower[to]!, upper[to]!], [updates!.lower[k]!, updates!.upper[k]!]) as [
          number,
          number,
        ];
      });
      return [result];
    },
  };
}

/** The largest factor that constant updates apply to one entry of the data; undefined where they depend on the input. */
function factorOf(facts: NodeFacts, targets: Int32Array): number | undefined {
  const updates = facts.constant(2);
  if (updates === undefined) return undefined;
  const numbers = requiredNumbers(facts, 2, 'The updates');
  const factors = new Float64Array(elementCount(required(facts, 0).shape)).fill(1);
  targets.forEach((to, k) => (factors[to] = above(factors[to]! * Math.abs(numbers[k]!))));
  return factors.reduce((most, factor) => Math.max(most, factor), 0);
}

const targetsAlongAxis: Targets = (facts, data) => {
  const axis = positiveAxis(integer(facts.node, 'axis', 0), data.length);
  const { shape } = required(facts, 1);
  const [from, to] = [rowMajorSteps(shape), rowMajorSteps(data)];
  return Int32Array.from(requiredNumbers(facts, 1, 'The index'), (pick, i) =>
    from.reduce((at, step, a) => {
      const place = Math.floor(i / step) % shape[a]!;
      return at + (a === axis ? (pick < 0 ? pick + data[axis]! : pick) : place) * to[a]!;
    }, 0),
  );
};

/** Scatter is its name before operator set 11. */
export const scatterElements: OperatorDefinition = {
  ...scatter('ScatterElements', targetsAlongAxis),
  ops: ['ScatterElements', 'Scatter'],
};

const targetsInAxes: Targets = (facts, data) => {
  const { shape } = required(facts, 1);
  const depth = shape.at(-1)!;
  const steps = rowMajorSteps(data);
  const inner = elementCount(data.slice(depth));
  const positions = requiredNumbers(facts, 1, 'The index');
  const count = elementCount(shape.slice(0, -1));
  const targets = new Int32Array(count * inner);
  for (let k = 0; k < count; k++) {
    let start = 0;
    for (let d = 0; d < depth; d++) {
      const at = positions[k * depth + d]!;
      start += (at < 0 ? at + data[d]! : at) * steps[d]!;
    }
    for (let j = 0; j < inner; j++) targets[k * inner + j] = start + j;
  }
  return targets;
};

export const scatterND = scatter('ScatterND', targetsInAxes);

/** For every entry of the updates: the entry of the data that it goes to. */
export const scatterTargets = (facts: NodeFacts): Int32Array =>
  (facts.node.op === 'ScatterND' ? targetsInAxes : targetsAlongAxis)(facts, required(facts, 0).shape);
