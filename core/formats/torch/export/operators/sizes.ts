import { isNamedSize, NotUnderstood, type Builder } from '../builder.ts';

/** Sizes as a tensor. Free ones are computed as ONNX does it: tensors of one whole number, put together. */
export function sizesTensor(b: Builder, sizes: readonly unknown[]): string {
  if (!sizes.some(isNamedSize)) return b.integers(sizes.map(Number));
  const parts = sizes.map((size) =>
    isNamedSize(size) ? b.emit('Reshape', [size.name, b.integers([1])]) : b.integers([Number(size)]),
  );
  return b.emit('Concat', parts, { axis: 0 });
}

export function sizesIn(b: Builder, name: string): readonly unknown[] {
  const wanted = b.argument(name);
  if (!Array.isArray(wanted)) throw new NotUnderstood('its shape is no list');
  return wanted;
}
