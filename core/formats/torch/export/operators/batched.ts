import type { AttributeValue } from '../../../../network/new-node.ts';
import type { Builder } from '../builder.ts';

/** With a batch axis before as many others, which is taken off again where there was none. */
export function batched(b: Builder, self: string, axes: number, write: (input: string) => string): void {
  if (b.rank(self) === axes + 2) b.finish('Identity', [write(self)]);
  else b.finish('Squeeze', [write(b.emit('Unsqueeze', [self, b.integers([0])])), b.integers([0])]);
}

/** One operator that needs a batch axis. */
export function withBatch(
  b: Builder,
  self: string,
  axes: number,
  op: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): void {
  if (b.rank(self) === axes + 2) b.finish(op, [self], attributes);
  else batched(b, self, axes, (input) => b.emit(op, [input], attributes));
}
