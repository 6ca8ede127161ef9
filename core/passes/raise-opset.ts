import {
  attributeOf,
  decimal,
  integer,
  integers,
  text,
  type Attribute,
  type Network,
  type Node,
} from '../network/network.ts';
import {
  elementCount,
  numbersOf,
  tensorOfNumbers,
  type Shape,
  type Tensor,
  type TensorType,
} from '../network/tensor.ts';
import { positiveAxis } from '../operators/facts.ts';

/**
 * The same network in a newer version of the standard operator set (17), so that passes which write nodes need to know one dialect
 * only. What changed its meaning or its form on the way is rewritten; a network that is newer already stays as it is.
 */
export function raiseOpset(network: Network): Network {
  if (network.opset >= target) return network;
  const raised = new Raised(network);
  const nodes = network.nodes.flatMap((node) => raised.rewrite(node));
  return { ...network, opset: target, nodes, constants: raised.constants, types: raised.types };
}

const target = 17;

class Raised {
  readonly constants: Map<string, Tensor>;
  readonly types: Map<string, TensorType>;
  readonly #opset: number;

  constructor({ constants, types, opset }: Network) {
    this.constants = new Map(constants);
    this.types = new Map(types);
    this.#opset = opset;
  }

  rewrite(node: Node): readonly Node[] {
    if (node.domain !== '' && node.domain !== 'ai.onnx') return [node];
    switch (node.op) {
      case 'Squeeze':
      case 'Unsqueeze':
      case 'ReduceSum':
        return [this.#withInputs(node, ['axes'])];
      case 'Split':
        return [this.#withInputs(node, ['split'])];
      case 'Slice':
        return [this.#opset < 10 ? this.#slice(node) : node];
      case 'Pad':
        return [this.#opset < 11 ? this.#pad(node) : node];
      case 'Clip':
        return [this.#opset < 11 ? this.#clip(node) : node];
      case 'Upsample':
      case 'Resize':
        return [this.#opset < 11 ? this.#resize(node) : node];
      case 'TopK':
        return [this.#opset < 10 ? this.#topK(node) : node];
      case 'Scatter':
        return [{ ...node, op: 'ScatterElements' }];
      case 'Dropout':
        return [
          {
            ...node,
            op: 'Identity',
            inputs: node.inputs.slice(0, 1),
            outputs: node.outputs.slice(0, 1),
            attributes: new Map(),
          },
        ];
      case 'BatchNormalization':
        return [without(node, ['spatial', 'consumed_inputs', 'is_test'])];
      case 'Softmax':
      case 'LogSoftmax':
        return this.#opset < 13 ? this.#overRows(node) : [node];
      default:
        return [node];
    }
  }

  /** Attributes that became further inputs. */
  #withInputs(node: Node, names: readonly string[]): Node {
    const present = names.filter((name) => node.attributes.has(name));
    if (present.length === 0) return node;
    return {
      ...without(node, names),
      inputs: [...node.inputs, ...present.map((name) => this.#integers(node, name, integers(node, name) ?? []))],
    };
  }

  #slice(node: Node): Node {
    const starts = integers(node, 'starts') ?? [];
    const axes = integers(node, 'axes') ?? starts.map((_, axis) => axis);
    const given = { starts, ends: integers(node, 'ends') ?? [], axes };
    const inputs = Object.entries(given).map(([name, values]) => this.#integers(node, name, values));
    return { ...without(node, Object.keys(given)), inputs: [node.inputs[0]!, ...inputs] };
  }

  #pad(node: Node): Node {
    const pads = this.#integers(node, 'pads', integers(node, 'pads') ?? integers(node, 'paddings') ?? []);
    const value = decimal(node, 'value', 0);
    const filling = value === 0 ? [] : [this.#number(node, 'value', value)];
    return { ...without(node, ['pads', 'paddings', 'value']), inputs: [node.inputs[0]!, pads, ...filling] };
  }

  #topK(node: Node): Node {
    const count = this.#integers(node, 'k', [integer(node, 'k', 1)]);
    return { ...without(node, ['k']), inputs: [node.inputs[0]!, count] };
  }

  #clip(node: Node): Node {
    const limit = (name: string): string => {
      const value = attributeOf(node, name, 'float')?.value;
      return value === undefined ? '' : this.#number(node, name, value);
    };
    return { ...without(node, ['min', 'max']), inputs: [node.inputs[0]!, limit('min'), limit('max')] };
  }

  /** Sizes were scaled from the corner; which pixel is nearest went by the direction. */
  #resize(node: Node): Node {
    const given = attributeOf(node, 'scales', 'floats')?.value;
    const scales = given === undefined ? node.inputs[1]! : this.#floats(node, 'scales', given);
    const numbers = this.constants.get(scales);
    const smaller = numbers !== undefined && numbersOf(numbers).some((scale) => scale < 1);
    const attributes: [string, Attribute][] = [
      ['mode', { kind: 'string', value: text(node, 'mode', 'nearest').replace('bilinear', 'linear') }],
      ['coordinate_transformation_mode', { kind: 'string', value: 'asymmetric' }],
      ['nearest_mode', { kind: 'string', value: smaller ? 'ceil' : 'floor' }],
    ];
    return { ...node, op: 'Resize', inputs: [node.inputs[0]!, '', scales], attributes: new Map(attributes) };
  }

  /** Before operator set 13 all axes from `axis` on formed one group. */
  #overRows(node: Node): readonly Node[] {
    const [input, output] = [node.inputs[0]!, node.outputs[0]!];
    const type = this.types.get(input);
    if (type === undefined) return [node];
    const axis = positiveAxis(integer(node, 'axis', 1), type.shape.length);
    const attributes = new Map<string, Attribute>([['axis', { kind: 'int', value: -1 }]]);
    if (axis === type.shape.length - 1) return [{ ...node, attributes }];
    const rows = [elementCount(type.shape.slice(0, axis)), elementCount(type.shape.slice(axis))];
    const [before, after] = [`${node.id}/rows`, `${node.id}/of rows`];
    for (const name of [before, after]) this.types.set(name, { type: type.type, shape: rows });
    return [
      this.#reshape(node, input, before, rows),
      { ...node, inputs: [before], outputs: [after], attributes },
      this.#reshape(node, after, output, type.shape),
    ];
  }

  #reshape(near: Node, input: string, output: string, shape: Shape): Node {
    const inputs = [input, this.#integers(near, `shape of ${output}`, shape)];
    return {
      id: `${near.id}/to ${output}`,
      op: 'Reshape',
      domain: '',
      inputs,
      outputs: [output],
      attributes: new Map(),
      origin: {},
    };
  }

  #integers(node: Node, what: string, values: readonly number[]): string {
    return this.#constant(node, what, [values.length], values, 'int64');
  }

  #floats(node: Node, what: string, values: readonly number[]): string {
    return this.#constant(node, what, [values.length], values, 'float32');
  }

  #number(node: Node, what: string, value: number): string {
    const type = this.types.get(node.inputs[0]!)?.type === 'float64' ? 'float64' : 'float32';
    return this.#constant(node, what, [], [value], type);
  }

  #constant(
    node: Node,
    what: string,
    shape: Shape,
    values: readonly number[],
    type: 'float32' | 'float64' | 'int64',
  ): string {
    const name = `${node.id}/${what}`;
    this.constants.set(name, tensorOfNumbers(name, shape, values, type));
    return name;
  }
}

const without = (node: Node, names: readonly string[]): Node => ({
  ...node,
  attributes: new Map([...node.attributes].filter(([name]) => !names.includes(name))),
});
