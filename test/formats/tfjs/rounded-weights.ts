export type Kind = 'uint8' | 'uint16' | 'float16';

/** The bits of the nearest half below in size; numbers of normal size only. */
function halfOf(number: number): number {
  const bits = new Uint32Array(Float32Array.of(number).buffer)[0]!;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  return exponent <= 0 ? 0 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

/** Numbers as tensorflowjs_converter's --quantize options store them, and what the manifest says of them. */
export function rounded(numbers: Float32Array, kind: Kind | undefined) {
  if (kind === undefined) return { bytes: new Uint8Array(numbers.buffer), quantization: undefined };
  if (kind === 'float16')
    return { bytes: new Uint8Array(Uint16Array.from(numbers, halfOf).buffer), quantization: { dtype: 'float16' } };
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
  const scale = (max - min) / (kind === 'uint8' ? 255 : 65535);
  const steps = numbers.map((number) => Math.round((number - min) / scale));
  const bytes = new Uint8Array((kind === 'uint8' ? Uint8Array.from(steps) : Uint16Array.from(steps)).buffer);
  return { bytes, quantization: { dtype: kind, scale, min } };
}
