import { sigmoid, type Curvature } from './activation-function.ts';

/** Second and third derivatives; the turns are the zeros of the fourth (found by bisection, checked on a fine grid by a test). */

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
  turns: [-4.429235100557227, -1.0319582417807492, 1.0319582417807492, 4.429235100557227],
};

export const gelu: Curvature = {
  second: (x) => (2 - x * x) * density(x),
  third: (x) => (x * x * x - 4 * x) * density(x),
  turns: [-2.5243377989621387, -0.7922869913932613, 0.7922869913932613, 2.5243377989621387],
};

/** x s(w(x)) with w = 2 sqrt(2/pi) (x + third x^3). */
export const geluTanh = (cubic: number): Curvature => {
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
    turns: [-2.553417914329443, -0.7875761864188939, 0.7875761864188939, 2.553417914329443],
  };
};

export const softplus: Curvature = {
  second: (x) => logistic(x).one,
  third: (x) => logistic(x).two,
  turns: [-1.3169578969248168, 1.3169578969248168],
};

const logisticCurve: Curvature = {
  second: (x) => logistic(x).two,
  third: (x) => logistic(x).three,
  turns: [-2.2924316695611777, 0, 2.2924316695611777],
};
export { logisticCurve as sigmoid };

/** 2 s(2 x) - 1. */
export const tanh: Curvature = {
  second: (x) => 8 * logistic(2 * x).two,
  third: (x) => 16 * logistic(2 * x).three,
  turns: [-1.1462158347805888, 0, 1.1462158347805888],
};

const bell = (x: number): number => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);

export const erf: Curvature = {
  second: (x) => -2 * x * bell(x),
  third: (x) => (4 * x * x - 2) * bell(x),
  turns: [-1.224744871391589, 0, 1.224744871391589],
};

/** Of f(s x) / s. */
export const stretched = (s: number, { second, third, turns }: Curvature): Curvature => ({
  second: (x) => s * second(s * x),
  third: (x) => s * s * third(s * x),
  turns: turns.map((turn) => turn / s),
});
