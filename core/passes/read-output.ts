import type { Network } from '../network/network.ts';

/** What a question may ask about: a tensor, one of its components, or the difference of two of them. */
export interface AskedOutput {
  readonly tensor: string;
  /** Their places in the flattened tensor, with the weights that they get. */
  readonly components?: readonly { readonly at: number; readonly weight: 1 | -1 }[];
}

/** "logits", "logits[3]" or "logits[3]-[5]". A tensor whose whole name looks like the latter two is that tensor. */
export function readOutput(text: string, network: Network): AskedOutput {
  const parts = /^(.+?)\[(\d+)\](?:-\[(\d+)\])?$/.exec(text);
  if (parts === null || tensorNames(network).has(text)) return { tensor: text };
  const [, tensor, first, second] = parts;
  const plus = { at: Number(first), weight: 1 } as const;
  return {
    tensor: tensor!,
    components: second === undefined ? [plus] : [plus, { at: Number(second), weight: -1 }],
  };
}

/** Everything that a network computes. */
export const tensorNames = ({ inputs, nodes }: Network): ReadonlySet<string> =>
  new Set(
    [...inputs.map(({ name }) => name), ...nodes.flatMap(({ outputs }) => outputs)].filter((name) => name !== ''),
  );
