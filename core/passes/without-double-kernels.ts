import type { Attribute, Network, Node } from '../network/network.ts';
import type { TensorType } from '../network/tensor.ts';

/**
 * Operators that ONNX Runtime computes in float32 but not in float64 on the CPU (found by running each; a test does it again). In a
 * float64 graph they stand between two casts, and what they compute has float32's digits.
 */
export const withoutDoubleKernel: ReadonlySet<string> = new Set([
  'AveragePool',
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'Celu',
  'Conv',
  'ConvTranspose',
  'Cosh',
  'Det',
  'Elu',
  'Erf',
  'GRU',
  'Gelu',
  'GlobalAveragePool',
  'GlobalLpPool',
  'GlobalMaxPool',
  'HardSigmoid',
  'HardSwish',
  'Hardmax',
  'InstanceNormalization',
  'LRN',
  'LSTM',
  'LeakyRelu',
  'LpPool',
  'Mean',
  'MeanVarianceNormalization',
  'Mish',
  'PRelu',
  'RNN',
  'Resize',
  'Selu',
  'Sinh',
  'Softplus',
  'Softsign',
  'Tan',
  'ThresholdedRelu',
]);

/** A network in float64 that ONNX Runtime's CPU runs, and the operators in it that are computed in float32 after all. */
export interface DoubleNetwork {
  readonly network: Network;
  readonly inSingle: readonly string[];
}

export function runnableInDoubles(network: Network): DoubleNetwork {
  const inSingle = new Set<string>();
  const types = new Map(network.types);
  const nodes = network.nodes.flatMap((node) => {
    if (!withoutDoubleKernel.has(node.op)) return [node];
    inSingle.add(node.op);
    return betweenCasts(node, network, types);
  });
  return { network: { ...network, nodes, types }, inSingle: [...inSingle] };
}

function betweenCasts(node: Node, { constants }: Network, types: Map<string, TensorType>): readonly Node[] {
  const doubles = (name: string): boolean => (constants.get(name) ?? types.get(name))?.type === 'float64';
  const cast = (input: string, output: string, to: number): Node => {
    const attributes = new Map<string, Attribute>([['to', { kind: 'int', value: to }]]);
    return {
      id: `${node.id}/${output}`,
      op: 'Cast',
      domain: '',
      inputs: [input],
      outputs: [output],
      attributes,
      origin: {},
    };
  };
  const before: Node[] = [];
  const after: Node[] = [];
  const single = (name: string): string => {
    const own = `${node.id}/${name} in float32`;
    types.set(own, { ...(constants.get(name) ?? types.get(name)!), type: 'float32' });
    return own;
  };
  const inputs = node.inputs.map((name) => {
    if (name === '' || !doubles(name)) return name;
    const own = single(name);
    if (!before.some(({ outputs }) => outputs[0] === own)) before.push(cast(name, own, 1));
    return own;
  });
  const outputs = node.outputs.map((name) => {
    if (name === '' || !doubles(name)) return name;
    const own = single(name);
    after.push(cast(own, name, 11));
    return own;
  });
  return [...before, { ...node, inputs, outputs }, ...after];
}
