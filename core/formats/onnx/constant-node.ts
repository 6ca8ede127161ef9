import type { Attribute, Node } from '../../network/network.ts';
import { tensorOfNumbers } from '../../network/tensor.ts';
import type { Shape, Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { quoted } from '../wording.ts';
import { int64Of } from './int64.ts';
import { tensorOfTexts } from './tensor.ts';

/** The value of a Constant node, under the name of its output; undefined for every other node. */
export function constantOf(
  node: Pick<Node, 'op' | 'domain' | 'outputs' | 'attributes'>,
  fileName: string,
): Tensor | undefined {
  if (node.op !== 'Constant' || node.domain !== '') return undefined;
  const name = node.outputs[0] ?? '';
  for (const [key, attribute] of node.attributes) {
    // Inside a function its value may come from the node that calls it.
    if (attribute.kind === 'opaque' && attribute.parameter !== undefined) return undefined;
    const tensor = tensorFrom(key, attribute, name);
    if (tensor) return tensor;
  }
  throw new UserError(
    `${fileName} has a Constant node for ${quoted(name)} whose value is missing or of a kind that is not read.`,
  );
}

function tensorFrom(key: string, attribute: Attribute, name: string): Tensor | undefined {
  if (key !== attributeNames[attribute.kind] && !(key === 'sparse_value' && attribute.kind === 'tensor'))
    return undefined;
  switch (attribute.kind) {
    case 'tensor':
      return { ...attribute.value, name };
    case 'float':
      return tensorOfNumbers(name, [], [attribute.value], 'float32');
    case 'floats':
      return tensorOfNumbers(name, [attribute.value.length], attribute.value, 'float32');
    case 'int':
      return tensorOfIntegers(name, [], [attribute.value]);
    case 'ints':
      return tensorOfIntegers(name, [attribute.value.length], attribute.value);
    case 'string':
      return tensorOfTexts(name, [], [attribute.value]);
    case 'strings':
      return tensorOfTexts(name, [attribute.value.length], attribute.value);
    case 'graph':
    case 'opaque':
      return undefined;
  }
}

const attributeNames: Readonly<Record<Attribute['kind'], string | undefined>> = {
  tensor: 'value',
  float: 'value_float',
  floats: 'value_floats',
  int: 'value_int',
  ints: 'value_ints',
  string: 'value_string',
  strings: 'value_strings',
  graph: undefined,
  opaque: undefined,
};

function tensorOfIntegers(name: string, shape: Shape, values: readonly number[]): Tensor {
  const bytes = new Uint8Array(BigInt64Array.from(values, int64Of).buffer);
  return { name, type: 'int64', shape, bytes: () => bytes };
}
