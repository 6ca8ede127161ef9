import { nodeOf } from '../network/new-node.ts';
import type { Node } from '../network/network.ts';
import type { TensorType } from '../network/tensor.ts';
import type { Recognised } from './pattern.ts';

/**
 * A normalisation node, which takes the last axes, for any: channels of images, as ConvNeXt normalises them, are moved to the end for it and back. Its first input and output are
 * of this type.
 */
export function overAxes(
  as: Node,
  axes: readonly number[],
  { type, shape }: TensorType,
): Pick<Recognised, 'as' | 'before' | 'behind' | 'types'> {
  const rank = shape.length;
  const axis = { kind: 'int', value: -axes.length } as const;
  const own = { ...as, attributes: new Map([...as.attributes, ['axis', axis] as const]) };
  const perm = [...shape.keys()].filter((one) => !axes.includes(one)).concat(axes);
  if (perm.every((one, at) => one === at)) return { as: own };
  const [input, output] = [`${as.id}/moved`, `${as.id}/normalised`];
  const back = Array.from({ length: rank }, (_, one) => perm.indexOf(one));
  const moved: TensorType = { type, shape: perm.map((one) => shape[one]!) };
  return {
    before: [nodeOf('Transpose', `${as.id}/to the end`, [as.inputs[0]!], [input], { perm })],
    as: { ...own, inputs: [input, ...as.inputs.slice(1)], outputs: [output] },
    behind: [nodeOf('Transpose', `${as.id}/back`, [output], as.outputs, { perm: back })],
    types: [
      [input, moved],
      [output, moved],
    ],
  };
}
