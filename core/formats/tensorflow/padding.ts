/** How TensorFlow surrounds what a window slides over. */
export type Padding = 'valid' | 'same' | 'causal';

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

const extent = ({ kernel, dilation }: Window): number => (kernel - 1) * dilation + 1;

/** Positions that the window takes; null where the size is not fixed. */
export function windowCount(size: number | null, window: Window, padding: Padding): number | null {
  if (size === null) return null;
  const room = padding === 'valid' ? size - extent(window) + 1 : size;
  return Math.max(0, Math.ceil(room / window.stride));
}

/** Zeros before and after, with the odd one after; undefined where it depends on a size that is not fixed. */
export function padsOf(size: number | null, window: Window, padding: Padding): readonly [number, number] | undefined {
  if (padding === 'valid') return [0, 0];
  if (padding === 'causal') return [extent(window) - 1, 0];
  if (size === null) {
    if (window.stride !== 1) return undefined;
    const total = extent(window) - 1;
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }
  const count = Math.ceil(size / window.stride);
  const total = Math.max(0, (count - 1) * window.stride + extent(window) - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

export interface Transposed {
  readonly size: number | null;
  readonly begin: number;
  readonly end: number;
  /** Further zeros after the result, which ONNX calls output_padding. */
  readonly further: number;
}

/** A transposed convolution is the transpose of the convolution from its result to its input, whose padding it takes back. */
export function transposedPads(
  size: number | null,
  window: Window,
  padding: Padding,
  outputPadding: number | undefined,
  result?: number,
): Transposed {
  const steps = ((size ?? 1) - 1) * window.stride;
  const full = steps + extent(window);
  const natural =
    outputPadding === undefined
      ? padding === 'valid'
        ? full + Math.max(window.stride - extent(window), 0)
        : steps + window.stride
      : full + outputPadding - (padding === 'valid' ? 0 : 2 * Math.floor(window.kernel / 2));
  const length = result ?? natural;
  const total = Math.max(0, full - length);
  const begin = padding === 'valid' ? 0 : Math.floor(total / 2);
  return {
    size: size === null ? null : length,
    begin,
    end: total - begin,
    further: Math.max(0, length - full),
  };
}
