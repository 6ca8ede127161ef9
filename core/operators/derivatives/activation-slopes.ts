import { decimal, text } from '../../network/network.ts';
import { powerDerivative } from './arithmetic.ts';
import { NoDerivative, inputOf, ofOne, type Derivative, type Site } from './derivative.ts';
import type { Graph } from './graph.ts';

/** The slope of a function of one number at its input, written so that nothing cancels in float32 where it need not. */
type Slope = (graph: Graph, x: string, y: string, site: Site) => string;

const sigmoidSlope: Slope = (g, x, y) => g.times(y, g.add('Sigmoid', [g.add('Neg', [x])]));

/** 1 / cosh^2 as 4 s(2x) s(-2x), with s the sigmoid: 1 - tanh^2 has no digits left where tanh is close to 1. */
function squaredSech(g: Graph, x: string): string {
  const double = g.scaled(x, 2);
  return g.scaled(g.times(g.add('Sigmoid', [double]), g.add('Sigmoid', [g.add('Neg', [double])])), 4);
}

/** `left` below the kink, `right` from it on (or only beyond it), as ONNX Runtime compares. */
const kink =
  (
    comparison: 'Greater' | 'GreaterOrEqual',
    at: (site: Site) => number,
    left: (site: Site) => number,
    right = 1,
  ): Slope =>
  (g, x, _, site) =>
    g.where(g.add(comparison, [x, g.number(at(site))]), g.number(right), g.number(left(site)));

/** scale for x > 0, scale alpha / width e^(x / width) below; the exponential is kept from overflowing where nobody asks for it. */
function eluSlope(alpha: number, scale: number, width: number): Slope {
  return (g, x) => {
    const left = g.scaled(g.add('Exp', [g.scaled(g.add('Min', [x, g.number(0)]), 1 / width)]), (scale * alpha) / width);
    return g.where(g.add('Greater', [x, g.number(0)]), g.number(scale), left);
  };
}

const between = (g: Graph, x: string, low: number, high: number): string =>
  g.times(g.asNumber(g.add('Greater', [x, g.number(low)])), g.asNumber(g.add('Less', [x, g.number(high)])));

const bell = (g: Graph, x: string, width: number): string => g.add('Exp', [g.scaled(g.times(x, x), -width)]);

/** Phi(x) + x phi(x). */
const geluErf: Slope = (g, x) => {
  const distribution = g.scaled(g.plus(g.add('Erf', [g.scaled(x, Math.SQRT1_2)]), g.number(1)), 0.5);
  return g.plus(distribution, g.scaled(g.times(x, bell(g, x, 0.5)), 1 / Math.sqrt(2 * Math.PI)));
};

const geluTanh: Slope = (g, x) => {
  const root = Math.sqrt(2 / Math.PI);
  const square = g.times(x, x);
  const inner = g.times(x, g.plus(g.scaled(square, root * 0.044715), g.number(root)));
  const growth = g.plus(g.scaled(square, 3 * root * 0.044715), g.number(root));
  const gate = g.add('Sigmoid', [g.scaled(inner, 2)]);
  return g.plus(gate, g.scaled(g.times(g.times(x, growth), squaredSech(g, inner)), 0.5));
};

const swish: Slope = (g, x, _, { node }) => {
  const stretched = g.scaled(x, decimal(node, 'alpha', 1));
  const gate = g.add('Sigmoid', [stretched]);
  const rest = g.add('Sigmoid', [g.add('Neg', [stretched])]);
  return g.times(gate, g.plus(g.times(stretched, rest), g.number(1)));
};

const mish: Slope = (g, x) => {
  const soft = g.add('Softplus', [x]);
  return g.plus(g.add('Tanh', [soft]), g.times(g.times(x, g.add('Sigmoid', [x])), squaredSech(g, soft)));
};

const hardSwish: Slope = (g, x) => {
  const middle = g.plus(g.scaled(x, 1 / 3), g.number(0.5));
  const left = g.where(g.add('Greater', [x, g.number(-3)]), middle, g.number(0));
  return g.where(g.add('Less', [x, g.number(3)]), left, g.number(1));
};

/** (1 - x)(1 + x), which keeps its digits beside 1. */
const oneMinusSquare = (g: Graph, x: string): string => g.times(g.minus(g.number(1), x), g.plus(x, g.number(1)));

const rootOf = (g: Graph, x: string): string => g.add('Sqrt', [x]);

const zero = (): number => 0;

const slopes: Readonly<Record<string, Slope>> = {
  LeakyRelu: kink('GreaterOrEqual', zero, ({ node }) => decimal(node, 'alpha', 0.01)),
  ThresholdedRelu: kink('Greater', ({ node }) => decimal(node, 'alpha', 1), zero),
  Abs: (g, x) => g.add('Sign', [x]),
  HardSigmoid(g, x, _, { node }) {
    const [alpha, beta] = [decimal(node, 'alpha', 0.2), decimal(node, 'beta', 0.5)];
    return g.scaled(between(g, g.plus(g.scaled(x, alpha), g.number(beta)), 0, 1), alpha);
  },
  HardSwish: hardSwish,
  Sigmoid: sigmoidSlope,
  Tanh: (g, x) => squaredSech(g, x),
  Softplus: (g, x) => g.add('Sigmoid', [x]),
  Softsign(g, x) {
    const one = g.plus(g.add('Abs', [x]), g.number(1));
    return g.add('Reciprocal', [g.times(one, one)]);
  },
  Erf: (g, x) => g.scaled(bell(g, x, 1), 2 / Math.sqrt(Math.PI)),
  Elu: (g, x, y, site) => eluSlope(decimal(site.node, 'alpha', 1), 1, 1)(g, x, y, site),
  Celu: (g, x, y, site) => eluSlope(decimal(site.node, 'alpha', 1), 1, decimal(site.node, 'alpha', 1))(g, x, y, site),
  Selu(g, x, y, site) {
    const alpha = decimal(site.node, 'alpha', 1.67326319217681884765625);
    return eluSlope(alpha, decimal(site.node, 'gamma', 1.05070102214813232421875), 1)(g, x, y, site);
  },
  Gelu: (g, x, y, site) => (text(site.node, 'approximate', 'none') === 'tanh' ? geluTanh : geluErf)(g, x, y, site),
  Swish: swish,
  Mish: mish,
  Sin: (g, x) => g.add('Cos', [x]),
  Cos: (g, x) => g.add('Neg', [g.add('Sin', [x])]),
  Tan: (g, _, y) => g.plus(g.times(y, y), g.number(1)),
  Atan: (g, x) => g.add('Reciprocal', [g.plus(g.times(x, x), g.number(1))]),
  Asin: (g, x) => g.add('Reciprocal', [rootOf(g, oneMinusSquare(g, x))]),
  Acos: (g, x) => g.add('Neg', [g.add('Reciprocal', [rootOf(g, oneMinusSquare(g, x))])]),
  Sinh: (g, x) => g.scaled(g.plus(g.add('Exp', [x]), g.add('Exp', [g.add('Neg', [x])])), 0.5),
  Cosh: (g, x) => g.scaled(g.minus(g.add('Exp', [x]), g.add('Exp', [g.add('Neg', [x])])), 0.5),
  Asinh: (g, x) => g.add('Reciprocal', [rootOf(g, g.plus(g.times(x, x), g.number(1)))]),
  Acosh: (g, x) => g.add('Reciprocal', [rootOf(g, g.times(g.minus(x, g.number(1)), g.plus(x, g.number(1))))]),
  Atanh: (g, x) => g.add('Reciprocal', [oneMinusSquare(g, x)]),
  Shrink: (g, x, _, { node }) =>
    g.asNumber(g.add('Greater', [g.add('Abs', [x]), g.number(decimal(node, 'lambd', 0.5))])),
  Reciprocal: (g, _, y) => g.add('Neg', [g.times(y, y)]),
  Exp: (_g, _x, y) => y,
  Log: (g, x) => g.add('Reciprocal', [x]),
  Sqrt: (g, _, y) => g.over(g.number(0.5), y),
};

/** A diagonal map is its own transpose. */
export function elementwise(slope: Slope): Derivative {
  const scale = (site: Site, direction: string): string => {
    const { graph, node } = site;
    return graph.times(slope(graph, inputOf(site, 0), node.outputs[0]!, site), direction);
  };
  return ofOne(scale, scale);
}

/** Directions pass where the condition holds, which costs less than multiplying by 0 and 1. */
function passing(condition: (site: Site) => string): Derivative {
  const pass = (site: Site, direction: string): string =>
    site.graph.where(condition(site), direction, site.graph.number(0));
  return ofOne(pass, pass);
}

const relu = passing((site) => site.graph.add('Greater', [inputOf(site, 0), site.graph.number(0)]));

/** Inside the limits, which themselves count as inside. Limits that depend on the input have no derivative here. */
const clip: Derivative = (() => {
  const pass = (site: Site, direction: string): string => {
    const { graph, node } = site;
    if ([1, 2].some((index) => site.active(index))) throw new NoDerivative('its limits depend on the input');
    let passed = direction;
    for (const [index, comparison] of [
      [1, 'GreaterOrEqual'],
      [2, 'LessOrEqual'],
    ] as const) {
      const limit = node.inputs[index] ?? '';
      if (limit !== '') passed = graph.where(graph.add(comparison, [inputOf(site, 0), limit]), passed, graph.number(0));
    }
    return passed;
  };
  return ofOne(pass, pass);
})();

/** By operator; activations that are not in this table have no derivative yet. */
export const activationDerivatives: Readonly<Record<string, Derivative>> = {
  ...Object.fromEntries(Object.entries(slopes).map(([op, slope]) => [op, elementwise(slope)])),
  Relu: relu,
  Clip: clip,
  Pow: powerDerivative,
};

/** x > 0 ? x : alpha x. */
export const pReluDerivative: Derivative = (() => {
  const scale = (site: Site, direction: string): string => {
    const { graph, node } = site;
    if (site.active(1)) throw new NoDerivative('its slope depends on the input');
    const right = graph.add('Greater', [inputOf(site, 0), graph.number(0)]);
    return graph.times(graph.where(right, graph.number(1), node.inputs[1]!), direction);
  };
  return ofOne(scale, scale);
})();
