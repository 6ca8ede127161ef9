import type { ActivationFunction } from './activation-function.ts';

const infinity = Number.POSITIVE_INFINITY;
const nothing = { turns: [], bends: [] } as const;

/** Sine and cosine: on intervals longer than a quarter turn nothing is gained by looking closer. */
function periodic(value: (x: number) => number, derivative: (x: number) => number): ActivationFunction {
  const quarters = Array.from({ length: 257 }, (_, k) => ((k - 128) * Math.PI) / 2);
  return {
    value,
    derivative,
    turns: quarters,
    bends: quarters,
    slopes: [-1, 1],
    domain: [-200, 200],
    values: [-1, 1],
    // Near a zero the rounded argument is all that is left.
    cancellation: 1e-13,
  };
}

/** Circular and hyperbolic functions with their inverses. */
export const trigonometric: Readonly<Record<string, () => ActivationFunction>> = {
  Sin: () => periodic(Math.sin, Math.cos),
  Cos: () => periodic(Math.cos, (x) => -Math.sin(x)),
  Tan: () => ({
    value: Math.tan,
    derivative: (x) => 1 + Math.tan(x) ** 2,
    turns: [],
    bends: [0],
    slopes: [1, infinity],
    // Between two poles; beyond them nothing is said.
    domain: [-1.5707, 1.5707],
    error: 1e-11,
  }),
  Atan: () => ({ value: Math.atan, derivative: (x) => 1 / (1 + x * x), turns: [], bends: [0], slopes: [0, 1] }),
  Asin: () => ({
    value: Math.asin,
    derivative: (x) => 1 / Math.sqrt((1 - x) * (1 + x)),
    turns: [],
    bends: [0],
    slopes: [1, infinity],
    domain: [-1, 1],
  }),
  Acos: () => ({
    value: Math.acos,
    derivative: (x) => -1 / Math.sqrt((1 - x) * (1 + x)),
    turns: [],
    bends: [0],
    slopes: [-infinity, -1],
    domain: [-1, 1],
  }),
  Sinh: () => ({ value: Math.sinh, derivative: Math.cosh, turns: [], bends: [0], slopes: [1, infinity], error: 1e-13 }),
  Cosh: () => ({
    value: Math.cosh,
    derivative: Math.sinh,
    turns: [0],
    bends: [],
    slopes: [-infinity, infinity],
    error: 1e-13,
  }),
  Asinh: () => ({
    value: Math.asinh,
    derivative: (x) => 1 / Math.sqrt(1 + x * x),
    turns: [],
    bends: [0],
    slopes: [0, 1],
  }),
  Acosh: () => ({
    value: (x) => Math.acosh(Math.max(1, x)),
    derivative: (x) => (x > 1 ? 1 / Math.sqrt((x - 1) * (x + 1)) : infinity),
    ...nothing,
    slopes: [0, infinity],
    domain: [1, infinity],
    error: 1e-13,
  }),
  Atanh: () => ({
    value: Math.atanh,
    derivative: (x) => 1 / ((1 - x) * (1 + x)),
    turns: [],
    bends: [0],
    slopes: [1, infinity],
    domain: [-1, 1],
  }),
};
