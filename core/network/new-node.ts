import type { Attribute, Node } from './network.ts';

export type AttributeValue = number | string | readonly number[];

/** A node of ours, in the standard domain. Whole numbers are int attributes; what has to be a float says so. */
export const nodeOf = (
  op: string,
  id: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue | Attribute>> = {},
): Node => ({
  id,
  op,
  domain: '',
  inputs,
  outputs,
  attributes: new Map(Object.entries(attributes).map(([name, value]) => [name, attributeFrom(value)])),
  origin: {},
});

function attributeFrom(value: AttributeValue | Attribute): Attribute {
  if (typeof value === 'number') return { kind: 'int', value };
  if (typeof value === 'string') return { kind: 'string', value };
  return 'kind' in value ? value : { kind: 'ints', value };
}
