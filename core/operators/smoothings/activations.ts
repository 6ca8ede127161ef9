import { decimal, type Node } from '../../network/network.ts';
import { floatingType, type Draft } from '../composites/draft.ts';
import { constantNumbers } from '../facts.ts';
import type { NodeFacts } from '../definition.ts';
import { above } from '../../rounding.ts';
import { smoothHinges, type Hinge, type Hinged } from './hinges.ts';
import type { SmoothingRule } from './smoothing.ts';

const hinge = (jump: number, at = 0, direction: 1 | -1 = 1): Hinge => ({ jump, at, direction });

/** The slope jumps at zero, right of which SmoothReLU lies below. */
const once = (jump: number, smooth = 0, scaled?: Hinge['scaled']): Hinged => ({
  hinges: jump === 0 ? [] : [{ ...hinge(jump), ...(scaled === undefined ? {} : { scaled }) }],
  error: jump > 0 ? [-jump, 0] : [0, -jump],
  smooth,
});

/** From the slope on the left to 1, with the slope as the file has it. */
const toOne = (left: number, facts: NodeFacts): Hinged =>
  once(1 - left, 0, (draft, bent) => lessShare(draft, bent, draft.scalar(floatingType(facts, 0), left)));

const lessShare = (draft: Draft, bent: string, share: string): string =>
  draft.node('Sub', [bent, draft.node('Mul', [bent, share])]);

/** Slope 1 between two limits: up at the one, back at the other, so that both errors cancel beyond. */
const between = (low: number, high: number): Hinged => {
  const hinges = [
    ...(low === Number.NEGATIVE_INFINITY ? [] : [hinge(1, low)]),
    ...(high === Number.POSITIVE_INFINITY ? [] : [hinge(-1, high)]),
  ];
  const error: Hinged['error'] = low === Number.NEGATIVE_INFINITY ? [0, 1] : [-1, 0];
  return { hinges: low >= high ? [] : hinges, error, smooth: 0 };
};

/** scale (x > 0 ? x : alpha (exp(x / width) - 1)) has a kink at zero, unless the slopes meet there. */
function elu(facts: NodeFacts, alpha: number, scale: number, width: number): Hinged {
  const left = (scale * alpha) / width;
  const curved = above(Math.abs(left / width));
  if (alpha === width) return once(0, curved);
  const number = (draft: Draft, value: number): string => draft.scalar(floatingType(facts, 0), value);
  return once(scale - left, curved, (draft, bent) => {
    const rest = lessShare(draft, bent, number(draft, alpha));
    return scale === 1 ? rest : draft.node('Mul', [rest, number(draft, scale)]);
  });
}

function clip(facts: NodeFacts): Hinged | string {
  const limit = (index: number, name: string, otherwise: number): number | undefined =>
    facts.input(index) === undefined ? decimal(facts.node, name, otherwise) : constantNumbers(facts, index)?.[0];
  const low = limit(1, 'min', Number.NEGATIVE_INFINITY);
  const high = limit(2, 'max', Number.POSITIVE_INFINITY);
  if (low === undefined || high === undefined) return 'its limits depend on the input';
  return between(low, high);
}

const hinged: Readonly<Record<string, (node: Node, facts: NodeFacts) => Hinged | string>> = {
  Relu: () => once(1),
  LeakyRelu: (node, facts) => toOne(decimal(node, 'alpha', 0.01), facts),
  // Each side on its own, so that the error to the left and that to the right never meet.
  Abs: () => ({ hinges: [hinge(1), hinge(1, 0, -1)], error: [-1, 0], smooth: 0, around: [hinge(2)] }),
  Clip: (_, facts) => clip(facts),
  HardSigmoid(node) {
    const [alpha, beta] = [decimal(node, 'alpha', 0.2), decimal(node, 'beta', 0.5)];
    return alpha > 0 ? { ...between(0, 1), inner: { scale: alpha, shift: beta } } : 'its alpha is not positive';
  },
  // x (x + 3) / 6 in the middle: the slope jumps from 0 to -1/2 at -3 and from 3/2 to 1 at 3.
  HardSwish: () => ({ hinges: [hinge(-0.5, -3, -1), hinge(-0.5, 3)], error: [0, 0.5], smooth: above(1 / 3) }),
  ThresholdedRelu: (node) => (decimal(node, 'alpha', 1) === 0 ? once(1) : 'it jumps at its threshold'),
  Shrink(node) {
    const [lambda, bias] = [decimal(node, 'lambd', 0.5), decimal(node, 'bias', 0)];
    if (bias !== lambda || lambda < 0) return 'it jumps at its thresholds';
    return { hinges: [hinge(1, lambda), hinge(-1, -lambda, -1)], error: [-1, 1], smooth: 0 };
  },
  Elu: (node, facts) => elu(facts, decimal(node, 'alpha', 1), 1, 1),
  Celu: (node, facts) => elu(facts, decimal(node, 'alpha', 1), 1, decimal(node, 'alpha', 1)),
  Selu: (node, facts) =>
    elu(facts, decimal(node, 'alpha', 1.67326319217681884765625), decimal(node, 'gamma', 1.05070102214813232421875), 1),
};

const ruleOf =
  (hingedOf: (node: Node, facts: NodeFacts) => Hinged | string): SmoothingRule =>
  (facts, variant, ranges) => {
    const found = hingedOf(facts.node, facts);
    return typeof found === 'string' ? found : smoothHinges(facts, variant, ranges, 0, found);
  };

export const activationSmoothings: Readonly<Record<string, SmoothingRule>> = {
  ...Object.fromEntries(Object.entries(hinged).map(([op, hingedOf]) => [op, ruleOf(hingedOf)])),
  /** A slope per channel, or per element. */
  PRelu(facts, variant, ranges) {
    const slopes = constantNumbers(facts, 1);
    if (slopes === undefined) return 'its slope depends on the input';
    const jumps = slopes.map((slope) => 1 - slope);
    const least = jumps.reduce((a, b) => Math.min(a, b), 0);
    const most = jumps.reduce((a, b) => Math.max(a, b), 0);
    const largest = most >= -least ? most : least;
    const scaled: Hinge['scaled'] = (draft, bent) => lessShare(draft, bent, facts.node.inputs[1]!);
    const own = { ...once(largest, 0, scaled), error: [-most, -least], left: 1 - largest } as const;
    // Around the kink a unit moves up or down as its own jump has it.
    return smoothHinges(facts, least < 0 && most > 0 && variant === 'balanced' ? 'centred' : variant, ranges, 0, own);
  },
};
