import { sigmoid, type Curvature } from './activation-function.ts';

/** Second and third derivatives; the bends are the zeros of the third, the turns those of the fourth (found by bisection, checked on a fine grid by tests). */

const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** s' = s (1 - s), and further derivatives as polynomials in s. */
const logistic = (x: number): { readonly one: number; readonly two: number; readonly three: number } => {
  const [s, t] = [sigmoid(x), sigmoid(-x)];
  const one = s * t;
  return { one, two: one * (t - s), three: one * (1 - 6 * one) };
};

export const silu: Curvature = {
  second: (x) => 2 * logistic(x).one + x * logistic(x).two,
  third: (x) => 3 * logistic(x).two + x * logistic(x).three,
  largest: 0.5,
  bends: [-3.43584099353511, 0, 3.43584099353511],
  turns: [-4.429235100557227, -1.0319582417807492, 1.0319582417807492, 4.429235100557227],
};

export const gelu: Curvature = {
  second: (x) => (2 - x * x) * density(x),
  third: (x) => (x * x * x - 4 * x) * density(x),
  largest: 0.7978845608028655,
  bends: [-2, 0, 2],
  turns: [-2.5243377989621387, -0.7922869913932613, 0.7922869913932613, 2.5243377989621387],
};

/** x s(w(x)) with w = 2 sqrt(2/pi) (x + cubic x^3), the cubic 0.044715 (1 + deviation): a deviation of 1e-6 or less moves the bends by so little that the second derivative does not show it. */
export const geluTanh = (cubic: number, deviation: number): Curvature => {
  const factor = 2 * Math.sqrt(2 / Math.PI);
  const inner = (x: number) => {
    const { one, two, three } = logistic(factor * (x + cubic * x * x * x));
    return {
      one,
      two,
      three,
      d1: factor * (1 + 3 * cubic * x * x),
      d2: 6 * factor * cubic * x,
      d3: 6 * factor * cubic,
    };
  };
  return {
    second(x) {
      const { one, two, d1, d2 } = inner(x);
      return 2 * one * d1 + x * (two * d1 * d1 + one * d2);
    },
    third(x) {
      const { one, two, three, d1, d2, d3 } = inner(x);
      return 3 * (two * d1 * d1 + one * d2) + x * (three * d1 ** 3 + 3 * two * d1 * d2 + one * d3);
    },
    largest: 0.7978845608028655 + 4 * Math.abs(deviation),
    bends: [-2.013480724624258, 0, 2.013480724624258],
    turns: [-2.553417914329443, -0.7875761864188939, 0.7875761864188939, 2.553417914329443],
  };
};

export const softplus: Curvature = {
  second: (x) => logistic(x).one,
  third: (x) => logistic(x).two,
  largest: 0.25,
  bends: [0],
  turns: [-1.3169578969248168, 1.3169578969248168],
};

const logisticCurve: Curvature = {
  second: (x) => logistic(x).two,
  third: (x) => logistic(x).three,
  largest: 1 / (6 * Math.sqrt(3)),
  bends: [-1.3169578969248166, 1.3169578969248166],
  turns: [-2.2924316695611777, 0, 2.2924316695611777],
};
export { logisticCurve as sigmoid };

/** 2 s(2 x) - 1. */
export const tanh: Curvature = {
  second: (x) => 8 * logistic(2 * x).two,
  third: (x) => 16 * logistic(2 * x).three,
  largest: 4 / (3 * Math.sqrt(3)),
  bends: [-0.6584789484624084, 0.6584789484624084],
  turns: [-1.1462158347805888, 0, 1.1462158347805888],
};

const bell = (x: number): number => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);

export const erf: Curvature = {
  second: (x) => -2 * x * bell(x),
  third: (x) => (4 * x * x - 2) * bell(x),
  largest: 0.9678828980765736,
  bends: [-Math.SQRT1_2, Math.SQRT1_2],
  turns: [-1.224744871391589, 0, 1.224744871391589],
};

/** Of f(s x) / s. */
export const stretched = (s: number, { second, third, largest, bends, turns }: Curvature): Curvature => ({
  second: (x) => s * second(s * x),
  third: (x) => s * s * third(s * x),
  largest: Math.abs(s) * largest,
  bends: bends.map((bend) => bend / s),
  turns: turns.map((turn) => turn / s),
});
