import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import type { Work } from '../../../core/compute/work.ts';
import type { Convolution, LinearMap } from '../../../core/operators/linear-map.ts';

/** One for all the test files of a process, which it ends with; opened by the first estimator that has large products for it. */
const engine = openEngine({ provider: 'cpu', threads: 1 });

export const lazyEngine: Engine = {
  summary: { provider: 'cpu', threads: 1, runtime: 'native' },
  open: async (model, on) => (await engine).open(model, on),
  dispose: async () => (await engine).dispose(),
};

/** A budget, and an engine. */
export function workOf(seconds = 60): Work & { breaths: number } {
  const end = performance.now() + 1000 * seconds;
  return {
    breaths: 0,
    engine: lazyEngine,
    async breathe() {
      this.breaths++;
      await new Promise((resolve) => setImmediate(resolve));
    },
    remainingSeconds: () => (end - performance.now()) / 1000,
  };
}

/** Written down by unit vectors: rows of W. */
export function materialise(map: LinearMap): number[][] {
  const matrix = Array.from({ length: map.rows }, () => new Array<number>(map.columns).fill(0));
  for (let j = 0; j < map.columns; j++) {
    const e = new Float64Array(map.columns);
    e[j] = 1;
    map.apply(e).forEach((value, i) => (matrix[i]![j] = value));
  }
  return matrix;
}

/**
 * All singular values, largest first, by one-sided Jacobi rotations: slow, and accurate to a few units. On typed arrays: plain ones become
 * slow by a factor of thirty once other test files of the process have shown this loop arrays of every kind.
 */
export function singularValues(matrix: number[][]): number[] {
  const wide = matrix.length <= (matrix[0]?.length ?? 0);
  const rows = wide
    ? matrix.map((row) => Float64Array.from(row))
    : (matrix[0] ?? []).map((_, j) => Float64Array.from(matrix, (row) => row[j]!));
  const n = rows.length;
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const a = rows[p]!;
        const b = rows[q]!;
        let aa = 0;
        let bb = 0;
        let ab = 0;
        for (let k = 0; k < a.length; k++) {
          aa += a[k]! * a[k]!;
          bb += b[k]! * b[k]!;
          ab += a[k]! * b[k]!;
        }
        if (Math.abs(ab) <= 1e-15 * Math.sqrt(aa * bb)) continue;
        rotated = true;
        const zeta = (bb - aa) / (2 * ab);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        const s = c * t;
        for (let k = 0; k < a.length; k++) {
          const x = a[k]!;
          a[k] = c * x - s * b[k]!;
          b[k] = s * x + c * b[k]!;
        }
      }
    if (!rotated) break;
  }
  return rows.map((row) => Math.sqrt(row.reduce((sum, x) => sum + x * x, 0))).sort((a, b) => b - a);
}

export interface ConvolutionShape {
  readonly groups?: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly padsBegin?: readonly number[];
  readonly padsEnd?: readonly number[];
}

/** Sizes follow from the rest as ONNX says; `inputs` and `outputs` count channels. */
export function convolutionOf(shape: ConvolutionShape, weight: (index: number) => number): Convolution {
  const ones = shape.kernel.map(() => 1);
  const zeros = shape.kernel.map(() => 0);
  const { groups = 1, strides = ones, dilations = ones, padsBegin = zeros, padsEnd = zeros } = shape;
  const taps = shape.kernel.reduce((a, b) => a * b, 1);
  return {
    direction: 'forward',
    repeats: 1,
    groups,
    inputChannels: shape.inputs,
    outputChannels: shape.outputs,
    inputSize: shape.size,
    outputSize: shape.size.map((size, a) =>
      Math.floor((size + padsBegin[a]! + padsEnd[a]! - dilations[a]! * (shape.kernel[a]! - 1) - 1) / strides[a]! + 1),
    ),
    kernelSize: shape.kernel,
    strides,
    dilations,
    padsBegin,
    padsEnd,
    kernel: Float64Array.from({ length: (shape.outputs * shape.inputs * taps) / groups }, (_, i) => weight(i)),
  };
}

/** The definition of a convolution, entry by entry: an oracle that shares no code with the product. */
export function convolutionMatrix(convolution: Convolution): number[][] {
  const { groups, inputChannels, outputChannels, inputSize, outputSize, kernelSize, kernel } = convolution;
  const inputs = positions(inputSize);
  const outputs = positions(outputSize);
  const taps = positions(kernelSize);
  const matrix = Array.from({ length: outputChannels * outputs.length }, () =>
    new Array<number>(inputChannels * inputs.length).fill(0),
  );
  const perGroup = inputChannels / groups;
  for (let o = 0; o < outputChannels; o++)
    for (let c = 0; c < perGroup; c++)
      outputs.forEach((p, pi) =>
        taps.forEach((k, ki) => {
          const q = p.map(
            (at, a) => at * convolution.strides[a]! + k[a]! * convolution.dilations[a]! - convolution.padsBegin[a]!,
          );
          if (q.some((at, a) => at < 0 || at >= inputSize[a]!)) return;
          const group = Math.floor(o / (outputChannels / groups));
          const qi = q.reduce((flat, at, a) => flat * inputSize[a]! + at, 0);
          matrix[o * outputs.length + pi]![(group * perGroup + c) * inputs.length + qi]! +=
            kernel[(o * perGroup + c) * taps.length + ki]!;
        }),
      );
  return matrix;
}

function positions(size: readonly number[]): number[][] {
  return size.reduce<number[][]>(
    (all, length) => all.flatMap((p) => Array.from({ length }, (_, i) => [...p, i])),
    [[]],
  );
}

/** Numbers that look random and are the same in every run. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * (1 + (state % 7));
  };
}
