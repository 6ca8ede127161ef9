import type { Norm } from '../bound.ts';
import { above, below } from '../rounding.ts';
import type { Gain } from './definition.ts';

/** x_c / (bias + alpha / size times the squares of the channels c - before .. c + behind)^beta. */
export interface Response {
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
  readonly size: number;
  readonly before: number;
  readonly behind: number;
}

interface Ends {
  readonly lower: number;
  readonly upper: number;
}

/** Of a few powers, quotients and roots: an error of a base counts as often as its exponent says. */
const roundingsOf = ({ beta }: Response): number => 2 ** -44 * (1 + beta);

/**
 * In units in which the bias and alpha / size are 1 (the output is bias^-beta times that), with S_i = 1 + squares of window i, v the input and t_i = 1 - 1 / S_i:
 *   J = diag(S^-beta) - 2 beta B,  B_ij = v_i v_j S_i^(-beta-1) where j is in window i, so S_i^-beta = (1 - t_i)^beta.
 * At 0 it is the identity. All suprema below are over t in [0, 1], for v is anything.
 */
export function localResponseGains(response: Response, channels: number): Readonly<Record<Norm, Gain>> {
  const { beta, bias } = response;
  const scale = bias ** -beta;
  const roundings = roundingsOf(response);
  const gain = ({ lower, upper }: Ends): Gain => ({
    lower: below(scale * lower * (1 - roundings)),
    upper: above(scale * upper * (1 + roundings)),
    method: 'closed form',
  });
  const [l1, linf] = [{ lower: 1, upper: mostOfColumn(response, channels) }, mostOfRow(response, channels)];
  const l2 = { lower: 1, upper: Math.min(Math.sqrt(l1.upper * linf.upper), mostStretch(response, channels)) };
  return { l1: gain(l1), l2: gain(l2), linf: gain(linf) };
}

/** The largest (1 - t)^beta (start + rise t). */
function supremum(start: number, rise: number, beta: number): number {
  const peak = rise > 0 ? (rise - beta * start) / (rise * (1 + beta)) : 0;
  const t = Math.min(1, Math.max(0, peak));
  return (1 - t) ** beta * (start + rise * t);
}

/**
 * Row i sums to (1 - t)^beta (|1 - 2 beta t u_i^2| + 2 beta t |u_i| sum of the other |u_j|), u the window's part of v as a unit vector. The sum is at most sqrt(n - 1) sqrt(1 - u_i^2), which is attained,
 * and with u_i the cosine of an angle either sign of the first term has its maximum where the angle doubled points along (1, sqrt(n - 1)): 1 + beta t (sqrt(n) - 1) and beta t (sqrt(n) + 1) - 1.
 */
function mostOfRow({ alpha, beta, size }: Response, channels: number): Ends {
  if (alpha === 0) return { lower: 1, upper: 1 };
  const root = Math.sqrt(Math.min(size, channels));
  const most = Math.max(supremum(1, beta * (root - 1), beta), supremum(-1, beta * (root + 1), beta));
  return { lower: most, upper: most };
}

const pieces = 4096;

/**
 * Column j, with p = |v_j|, r = 1 + p^2 and t = p^2 / r: windows of the h channels on one side hold j and all of that side, of length s, so these entries sum to at most
 * 2 beta p sqrt(h) s (r + s^2)^(-beta-1), whose largest value over s is 2 beta sqrt(h / (2 beta + 1)) ((2 beta + 1) / (2 beta + 2))^(beta+1) sqrt(t) (1 - t)^beta. On the diagonal stands S^-beta (1 - 2 beta p^2 / S)
 * with S >= r: from above at S = r, or at S = 2 (beta + 1) p^2 where that is larger; from below at S = r. Between neighbouring t every factor is taken at its larger end.
 */
function mostOfColumn(response: Response, channels: number): number {
  const { alpha, beta } = response;
  if (alpha === 0) return 1;
  const [h, k] = sides(response, channels);
  const beside = (2 * beta * (Math.sqrt(h) + Math.sqrt(k)) * ((2 * beta + 1) / (2 * beta + 2)) ** (beta + 1)) / Math.sqrt(2 * beta + 1); // prettier-ignore
  const falling = (t: number): number => {
    const inner = 2 * (beta + 1) * t;
    return inner < 1 ? 1 - 2 * beta * t : inner ** -beta / (beta + 1);
  };
  let most = 0;
  for (let piece = 0; piece < pieces; piece++) {
    // In even steps of the root, which is steep at 0.
    const [from, to] = [(piece / pieces) ** 2, ((piece + 1) / pieces) ** 2];
    const diagonal = Math.max(falling(from), 2 * beta * to - 1);
    most = Math.max(most, (1 - from) ** beta * (diagonal + beside * Math.sqrt(to)));
  }
  return most;
}

/** How many other channels a window can hold on either side. */
const sides = ({ before, behind }: Response, channels: number): readonly [number, number] => [
  Math.min(before, channels - 1),
  Math.min(behind, channels - 1),
];

/**
 * |J| <= max S^-beta + 2 beta |B|. With w_i the window's part of a vector w, |(B w)_i| <= |v_i| |v_Wi| S_i^(-beta-1) |w_Wi|, so |B w|^2 is at most the sum over j of w_j^2 times the sum over the windows i that hold j of
 * v_i^2 t_i (1 - t_i)^(2 beta + 1). Those i are neighbours; runs of them within one another's windows have squares that sum to at most t_i / (1 - t_i) for each i, so a run adds at most the largest
 * t^2 (1 - t)^(2 beta). Where every window holds all channels S is the same for all, and J is symmetric with the eigenvalues (1 - t)^beta and (1 - t)^beta (1 - 2 beta t), both at most 1.
 */
function mostStretch(response: Response, channels: number): number {
  const { alpha, beta } = response;
  const [h, k] = sides(response, channels);
  if (alpha === 0 || Math.min(h, k) === channels - 1) return 1;
  const runs = Math.ceil(Math.min(channels, h + k + 1) / (Math.min(h, k) + 1));
  return 1 + 2 * beta * Math.sqrt(runs) * supremum(0, 1, beta);
}
