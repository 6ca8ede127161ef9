import type { Chain, ChainStep } from '../../../network/layer-chain.ts';
import type { Network, Node } from '../../../network/network.ts';
import { nodeOf } from '../../../network/new-node.ts';
import { tensorOfNumbers, type Tensor } from '../../../network/tensor.ts';
import type { WeightLayer } from '../../../network/weight-layer.ts';
import { UserError } from '../../../sentence.ts';
import { quoted } from '../../wording.ts';

const opset = 21;

/** The network that the layers make if they follow one another as the chain says. Shapes that do not fit are found when it is prepared. */
export function composed(network: Network, layers: readonly WeightLayer[], chain: Chain, file: string): Network {
  if (chain.input.length === 0 || chain.input.includes(null)) {
    throw new UserError(
      `The chain for ${file} does not say all sizes of the input: put numbers in the place of null in its "input" (channels first).`,
    );
  }
  const byName = new Map(layers.flatMap((layer) => [[layer.name, layer] as const, [layer.id, layer] as const]));
  const constants = new Map<string, Tensor>();
  const nodes: Node[] = [];
  let value = 'input';
  for (const [place, step] of chain.steps.entries()) {
    const id = 'layer' in step ? uniqueId(step.layer, nodes) : `${Object.keys(step)[0]!} ${place + 1}`;
    const output = `${id}/output`;
    if ('flatten' in step && network.unconnected?.channelsLast === true && chain.input.length > 1) {
      const moved = `${id}/channels last`;
      nodes.push(nodeOf('Transpose', moved, [value], [moved], { perm: channelsToTheEnd(chain.input.length) }));
      value = moved;
    }
    nodes.push(nodeFor(step, id, value, output, byName, constants, file));
    value = output;
  }
  if (nodes.length === 0) throw new UserError(`The chain for ${file} has no steps.`);
  return {
    format: network.format,
    opset,
    nodes,
    inputs: [{ name: 'input', type: 'float32', shape: ['batch', ...chain.input] }],
    outputs: [{ name: value, type: 'float32', shape: null }],
    constants,
    types: new Map(),
    notes: network.notes ?? [],
  };
}

const channelsToTheEnd = (rank: number): number[] => [0, ...Array.from({ length: rank - 1 }, (_, axis) => axis + 2), 1];

/** The same layer may be called twice. */
const uniqueId = (name: string, nodes: readonly Node[]): string => {
  const times = nodes.filter(({ id }) => id === name || id.startsWith(`${name}:`)).length;
  return times === 0 ? name : `${name}:${times + 1}`;
};

function nodeFor(
  step: ChainStep,
  id: string,
  input: string,
  output: string,
  layers: ReadonlyMap<string, WeightLayer>,
  constants: Map<string, Tensor>,
  file: string,
): Node {
  if ('function' in step) return nodeOf(step.function, id, [input], [output]);
  if ('flatten' in step) return nodeOf('Flatten', id, [input], [output], { axis: 1 });
  if ('pool' in step) {
    const window = [step.size, step.size];
    return nodeOf(step.pool === 'max' ? 'MaxPool' : 'AveragePool', id, [input], [output], {
      kernel_shape: window,
      strides: window,
    });
  }
  const layer = layers.get(step.layer);
  if (layer === undefined)
    throw new UserError(`The chain for ${file} names the layer ${quoted(step.layer)}, which is not in the file.`);
  const constant = (tensor: Tensor): string => {
    constants.set(tensor.name, tensor);
    return tensor.name;
  };
  const bias = layer.bias === undefined ? [] : [constant(layer.bias)];
  switch (layer.kind) {
    case 'dense':
      return nodeOf('Gemm', id, [input, constant(layer.weight), ...bias], [output], {
        transB: layer.order === 'inputs first' ? 0 : 1,
      });
    case 'kernel': {
      const axes = layer.weight.shape.length - 2;
      const each = (value: number): number[] => Array.from({ length: axes }, () => value);
      return nodeOf(
        layer.order === 'inputs first' ? 'ConvTranspose' : 'Conv',
        id,
        [input, constant(layer.weight), ...bias],
        [output],
        {
          kernel_shape: layer.weight.shape.slice(2),
          strides: each(step.stride ?? 1),
          pads: [...each(step.padding ?? 0), ...each(step.padding ?? 0)],
          group: step.groups ?? layer.groups ?? 1,
        },
      );
    }
    case 'batch norm': {
      const size = layer.weight.shape[0]!;
      const shift =
        layer.bias === undefined
          ? constant(tensorOfNumbers(`${id}/zeros`, [size], new Float64Array(size), 'float32'))
          : bias[0]!;
      return nodeOf(
        'BatchNormalization',
        id,
        [input, constant(layer.weight), shift, constant(layer.mean!), constant(layer.variance!)],
        [output],
        layer.epsilon === undefined ? {} : { epsilon: { kind: 'float', value: layer.epsilon } },
      );
    }
    case 'embedding':
    case 'normalisation':
    case 'unknown': {
      const what = {
        embedding: 'embedding of tokens',
        normalisation: 'unknown normalisation',
        unknown: 'unknown layer',
      };
      throw new UserError(
        `The chain for ${file} has the layer ${quoted(step.layer)}: an ${what[layer.kind]}, which a chain of numbers cannot hold.`,
      );
    }
  }
}
