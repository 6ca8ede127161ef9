import { type Code, get, join, type Local, pair, set, whole } from './assembler.ts';

/**
 * The words in which kernels on two complex matrices at once are written, one matrix in each lane of every vector, so that no lane ever waits for the
 * other. An entry takes 32 bytes: both real parts, both imaginary parts. Triangles are packed by rows, their size n is even.
 */

export const entry = 32;
export const imaginary = 16;

/** Address of row i of a packed triangle at `base`. */
export const rowAddress = (base: Code, i: Code): Code =>
  whole.plus(base, whole.times(whole.half(whole.times(i, whole.plus(i, whole.of(1)))), whole.of(entry)));

export const columnAddress = (row: Code, j: Code): Code => whole.plus(row, whole.times(j, whole.of(entry)));

interface Complex {
  readonly re: Local;
  readonly im: Local;
}

export const complexLocal = (local: () => Local): Complex => ({ re: local(), im: local() });
export const zeroed = ({ re, im }: Complex): Code => join(set(re, pair.zero), set(im, pair.zero));
export const loaded = ({ re, im }: Complex, address: Code, offset = 0): Code =>
  join(set(re, pair.load(address, offset)), set(im, pair.load(address, offset + imaginary)));
export const stored = (address: Code, { re, im }: Complex, offset = 0): Code =>
  join(pair.store(address, get(re), offset), pair.store(address, get(im), offset + imaginary));

/** sum += a conj(b). */
export const plusConjugate = (sum: Complex, a: Complex, b: Complex): Code =>
  join(
    set(sum.re, pair.plus(get(sum.re), pair.times(get(a.re), get(b.re)))),
    set(sum.re, pair.plus(get(sum.re), pair.times(get(a.im), get(b.im)))),
    set(sum.im, pair.plus(get(sum.im), pair.times(get(a.im), get(b.re)))),
    set(sum.im, pair.minus(get(sum.im), pair.times(get(a.re), get(b.im)))),
  );

/** sum += a b. */
export const plusProduct = (sum: Complex, a: Complex, b: Complex): Code =>
  join(
    set(sum.re, pair.plus(get(sum.re), pair.times(get(a.re), get(b.re)))),
    set(sum.re, pair.minus(get(sum.re), pair.times(get(a.im), get(b.im)))),
    set(sum.im, pair.plus(get(sum.im), pair.times(get(a.im), get(b.re)))),
    set(sum.im, pair.plus(get(sum.im), pair.times(get(a.re), get(b.im)))),
  );

/** x = (what stands at `address` - x) / pivot. */
export const solved = (x: Complex, address: Code, pivot: Local, offset = 0): Code =>
  join(
    set(x.re, pair.over(pair.minus(pair.load(address, offset), get(x.re)), get(pivot))),
    set(x.im, pair.over(pair.minus(pair.load(address, offset + imaginary), get(x.im)), get(pivot))),
    stored(address, x, offset),
  );
