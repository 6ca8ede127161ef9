/** The ways in which TensorFlow makes one row of pixels from another other than by the nearest one or the two beside. */
export type Resampling = 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5';

/** The matrix [to, from] of a resized row, number for number as TensorFlow's kernels weigh the pixels. */
export function resamplingMatrix(way: Resampling, from: number, to: number, antialias: boolean): Float32Array {
  return way === 'bicubic' && !antialias ? cubicMatrix(from, to) : spannedMatrix(kernels[way], from, to, antialias);
}

const { fround } = Math;

interface Kernel {
  readonly radius: number;
  /** At a distance of at least 0. */
  readonly at: (x: number) => number;
}

const lanczos = (radius: number): Kernel => ({
  radius,
  at(x) {
    if (x > radius) return 0;
    if (x <= 1e-3) return 1;
    return (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * Math.PI * x * x);
  },
});

/** Keys' cubic with a = -1/2. */
const cubic = (x: number): number => {
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1;
};

const kernels: Readonly<Record<Resampling, Kernel>> = {
  bilinear: { radius: 1, at: (x) => Math.max(0, 1 - x) },
  bicubic: { radius: 2, at: cubic },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
};

/** ScaleAndTranslate: the pixels within the kernel's radius, which antialiasing widens where the image shrinks; their weights sum to 1. */
function spannedMatrix({ radius, at }: Kernel, from: number, to: number, antialias: boolean): Float32Array {
  const matrix = new Float32Array(to * from);
  const inverse = fround(1 / fround(to / from));
  const wide = antialias ? Math.max(inverse, 1) : 1;
  for (let row = 0; row < to; row++) {
    const middle = fround((row + 0.5) * inverse);
    const inside = (place: number): number => Math.min(Math.max(place, 0), from - 1);
    const first = inside(Math.ceil(middle - radius * wide - 0.5));
    const last = inside(Math.floor(middle + radius * wide - 0.5));
    normalised(matrix.subarray(row * from, (row + 1) * from), (weights) => {
      for (let i = first; i <= last; i++) weights[i] = at(Math.abs(i + 0.5 - middle) / wide);
    });
  }
  return matrix;
}

/** The places between two pixels that ResizeBicubic tells apart. */
const fineness = 1024;

/** ResizeBicubic: four pixels, at places rounded to a table's; those beyond the edge count for nothing. */
function cubicMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  const scale = fround(from / to);
  for (let row = 0; row < to; row++) {
    const place = fround(fround((row + 0.5) * scale) - 0.5);
    const before = Math.floor(place);
    const offset = roundedToEven(fround(place - before) * fineness) / fineness;
    normalised(matrix.subarray(row * from, (row + 1) * from), (weights) => {
      for (let k = -1; k <= 2; k++) {
        if (before + k >= 0 && before + k < from) weights[before + k] = cubic(Math.abs(k - offset));
      }
    });
  }
  return matrix;
}

function normalised(weights: Float32Array, fill: (weights: Float32Array) => void): void {
  fill(weights);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! / sum;
}

function roundedToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
