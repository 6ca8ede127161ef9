import type { Attribute, Network, Node } from '../network/network.ts';
import { decimal } from '../network/network.ts';
import { tensorOfNumbers, type Tensor, type TensorType } from '../network/tensor.ts';

/** A second network beside the first, on the same input, whose kinks are rounded off. */
export interface Softened {
  /** Both, side by side. */
  readonly network: Network;
  /** The tensor of the softened copy that stands for this one. */
  readonly of: (tensor: string) => string;
  /** The further input: for every point of the batch, how wide its kinks are, in units of what usually arrives there. */
  readonly softness: string;
}

/** Operators with a kink at zero, with their slope to the left of it. */
const slopeLeft: Readonly<Record<string, (node: Node) => number>> = {
  Relu: () => 0,
  LeakyRelu: (node) => decimal(node, 'alpha', 0.01),
};

export const kinks = (network: Network): readonly Node[] => network.nodes.filter(({ op }) => op in slopeLeft);

/**
 * Where the slope of a network is piecewise constant it has no uphill direction. With width t softplus(z / t) in place of each Relu
 * it has one, which leads toward the regions where the slopes are large. `sizes` says how large the numbers before each kink usually are, `points` how many there are at once: of a
 * network without a batch axis one, whatever its first axis is.
 */
export function softened(network: Network, sizes: ReadonlyMap<Node, number>, points: number): Softened {
  const input = network.inputs[0]!;
  const softness = 'softness of the kinks';
  const constants = new Map<string, Tensor>(network.constants);
  const types = new Map<string, TensorType>(network.types);
  const precision = types.get(input.name)!.type as 'float32' | 'float64';
  types.set(softness, { type: precision, shape: [points] });
  const of = (name: string): string =>
    name === '' || name === input.name || network.constants.has(name) ? name : `soft ${name}`;
  const copies = network.nodes.flatMap((node): readonly Node[] => {
    for (const name of node.outputs) {
      const type = network.types.get(name);
      if (name !== '' && type !== undefined) types.set(of(name), type);
    }
    const size = sizes.get(node);
    const copy = { ...node, id: `soft ${node.id}`, inputs: node.inputs.map(of), outputs: node.outputs.map(of) };
    return size === undefined ? [copy] : rounded(copy, size);
  });

  /** alpha z + (1 - alpha) t softplus(z / t). */
  function rounded(node: Node, size: number): readonly Node[] {
    const [z, y] = [node.inputs[0]!, node.outputs[0]!];
    const type = types.get(y)!;
    const column: TensorType = { type: precision, shape: [points, ...type.shape.slice(1).map(() => 1)] };
    const left = slopeLeft[node.op]!(node);
    const made = (what: string, value: Tensor['shape'] | number): string => {
      const name = `${node.id}/${what}`;
      constants.set(
        name,
        typeof value === 'number'
          ? tensorOfNumbers(name, [], [value], precision)
          : tensorOfNumbers(name, [value.length], value, 'int64'),
      );
      return name;
    };
    const step = (op: string, inputs: readonly string[], output: string, of: TensorType): Node => {
      types.set(output, of);
      return {
        id: `${node.id}/${op} ${output}`,
        op,
        domain: '',
        inputs,
        outputs: [output],
        attributes: new Map<string, Attribute>(),
        origin: {},
      };
    };
    const [width, ratio, soft, scaled] = ['width', 'ratio', 'soft', 'scaled'].map((what) => `${node.id}/${what}`) as [
      string,
      string,
      string,
      string,
    ];
    const relu = [
      step('Reshape', [softness, made('column', column.shape)], `${width}/1`, column),
      step('Mul', [`${width}/1`, made('size', size)], width, column),
      step('Div', [z, width], ratio, type),
      step('Softplus', [ratio], soft, type),
    ];
    if (left === 0) return [...relu, step('Mul', [soft, width], y, type)];
    return [
      ...relu,
      step('Mul', [soft, width], scaled, type),
      step('Mul', [scaled, made('right', 1 - left)], `${scaled}/right`, type),
      step('Mul', [z, made('left', left)], `${scaled}/left`, type),
      step('Add', [`${scaled}/left`, `${scaled}/right`], y, type),
    ];
  }

  return {
    network: {
      ...network,
      nodes: [...network.nodes, ...copies],
      constants,
      types,
      inputs: [...network.inputs, { name: softness, type: precision, shape: [points] }],
    },
    of,
    softness,
  };
}
