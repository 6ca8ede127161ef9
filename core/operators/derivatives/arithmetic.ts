import { flat, inputOf, ofOne, type Derivative, type Direction, type Site } from './derivative.ts';

/** What the direction of the i-th input is multiplied by, element by element; undefined stands for 1. */
type Factor = (site: Site, index: number) => string | undefined;

/** Several inputs, broadcast and combined element by element: each has a factor of its own. */
function combined(factor: Factor): Derivative {
  const scale = (site: Site, index: number, direction: string): string => {
    const by = factor(site, index);
    return by === undefined ? direction : site.graph.times(by, direction);
  };
  return {
    jvp(site, tangents) {
      const { graph } = site;
      const shape = graph.wide(graph.shapeOf(site.node.outputs[0]!));
      const moved = tangents.map((tangent, index) => (tangent === undefined ? undefined : scale(site, index, tangent)));
      const sum = graph.sum(moved);
      return [sum === undefined ? undefined : graph.stretch(sum, shape)];
    },
    vjp(site, [cotangent]) {
      const { graph, node } = site;
      return node.inputs.map((name, index): Direction => {
        if (cotangent === undefined || !site.active(index)) return undefined;
        return graph.shrink(scale(site, index, cotangent), graph.wide(graph.shapeOf(name)));
      });
    },
  };
}

export const sumDerivative = combined(() => undefined);

export const differenceDerivative = combined(({ graph }, index) => (index === 0 ? undefined : graph.number(-1)));

export const meanDerivative = combined(({ graph, node }) => graph.number(1 / node.inputs.length));

export const productDerivative = combined((site, index) => inputOf(site, 1 - index));

/** a / b: 1 / b and -(a / b) / b. */
export const quotientDerivative = combined((site, index) => {
  const { graph, node } = site;
  const inverse = graph.add('Reciprocal', [inputOf(site, 1)]);
  return index === 0 ? inverse : graph.times(graph.add('Neg', [node.outputs[0]!]), inverse);
});

/** a^b: b a^(b - 1) and a^b log a. The exponent may be of whole numbers. */
export const powerDerivative = combined((site, index) => {
  const { graph, node } = site;
  const [base, exponent] = [inputOf(site, 0), inputOf(site, 1)];
  if (index === 1) return graph.times(node.outputs[0]!, graph.add('Log', [base]));
  const own = graph.typeOf(exponent).type === graph.precision ? exponent : graph.asNumber(exponent);
  return graph.times(own, graph.add('Pow', [base, graph.minus(own, graph.number(1))]));
});

export const negationDerivative = ofOne(
  ({ graph }, tangent) => graph.add('Neg', [tangent]),
  ({ graph }, cotangent) => graph.add('Neg', [cotangent]),
);

/** Max and Min: of several inputs that are equal the first one counts, as where ONNX Runtime compares them one after the other. */
export const extremeDerivative = combined((site, index) => {
  const { graph, node } = site;
  const equal = (k: number): string => graph.asNumber(graph.add('Equal', [inputOf(site, k), node.outputs[0]!]));
  let free: string | undefined;
  for (let k = 0; k < index; k++) {
    const lost = graph.minus(graph.number(1), equal(k));
    free = free === undefined ? lost : graph.times(free, lost);
  }
  return free === undefined ? equal(index) : graph.times(free, equal(index));
});

/** Where: directions follow the branch that was chosen. */
export const whereDerivative: Derivative = {
  jvp({ graph, node }, [, chosen, otherwise]) {
    if (chosen === undefined && otherwise === undefined) return [undefined];
    const zero = graph.number(0);
    const shape = graph.wide(graph.shapeOf(node.outputs[0]!));
    return [graph.stretch(graph.where(node.inputs[0]!, chosen ?? zero, otherwise ?? zero), shape)];
  },
  vjp(site, [cotangent]) {
    const { graph, node } = site;
    if (cotangent === undefined) return flat.vjp(site, []);
    const zero = graph.number(0);
    const part = (index: 1 | 2): Direction => {
      if (!site.active(index)) return undefined;
      const [chosen, otherwise] = index === 1 ? [cotangent, zero] : [zero, cotangent];
      const picked = graph.where(node.inputs[0]!, chosen, otherwise);
      return graph.shrink(picked, graph.wide(graph.shapeOf(node.inputs[index]!)));
    };
    return [undefined, part(1), part(2)];
  },
};
