import { imageOf, leaky, slopesOn, type ActivationFunction } from './activation-function.ts';
import { linesOn } from './activation-lines.ts';
import { broadcastSource } from './broadcast.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { enclosureOf } from './enclosure.ts';
import { constantNumbers, required, requiredOutput } from './facts.ts';
import { isEverything } from './half-open.ts';

/** PRelu: a slope per channel (or per element) left of zero. */
export const pRelu: OperatorDefinition = {
  ops: ['PRelu'],
  kind: () => 'activation',
  infer: (facts) => [required(facts, 0)],
  rule(facts, ranges) {
    const f = functionsOf(facts);
    if (f === undefined) return { kind: 'unsupported', reason: 'its slope depends on the input' };
    const box = ranges?.[0] !== undefined && !isEverything(ranges[0]) ? ranges[0] : undefined;
    const { lower, upper } = enclosureOf(requiredOutput(facts).shape, (i) =>
      box === undefined ? f(i).slopes : slopesOn(f(i), [box.lower[i]!, box.upper[i]!]),
    );
    const lines = box === undefined ? {} : { lines: () => linesOn(f, box) };
    return { kind: 'elementwise', input: 0, slopes: { kind: 'each', lower, upper }, ...lines };
  },
  enclose(facts, [box]) {
    const f = functionsOf(facts) ?? (() => leaky(0));
    return [enclosureOf(box!.shape, (i) => imageOf(f(i), [box!.lower[i]!, box!.upper[i]!]))];
  },
};

/** The function of every element; undefined where a slope depends on the input. */
function functionsOf(facts: NodeFacts): ((element: number) => ActivationFunction) | undefined {
  const slopes = constantNumbers(facts, 1);
  if (slopes === undefined) return undefined;
  const bySlope = Array.from(slopes, leaky);
  const source = broadcastSource(required(facts, 1).shape, required(facts, 0).shape);
  return (element) => bySlope[source[element]!]!;
}
