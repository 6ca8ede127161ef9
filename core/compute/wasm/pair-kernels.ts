import {
  assemble,
  type Code,
  get,
  join,
  kernel,
  type Kernel,
  type Local,
  loop,
  pair,
  set,
  whole,
} from './assembler.ts';
import {
  entry,
  imaginary,
  rowAddress,
  columnAddress,
  complexLocal,
  zeroed,
  loaded,
  stored,
  plusConjugate,
  plusProduct,
  solved,
} from './complex-pairs.ts';
import { type WasmMemory, type WasmModule, webAssembly } from './host.ts';

/** Kernels on two complex Hermitian matrices at once; complex-pairs.ts says how they lie in memory. */

/**
 * cholesky(at, first, last): rows first..last-1 (both even) of the factor in place of those of the triangle, when the rows before are
 * done; two rows times two columns at a time: sixteen products for eight loads. Columns before `first` come one pair after the other for
 * all of the rows, so that what is above is fetched once for all of them: as many as the cache holds are to be done at once. A lane whose matrix is not positive definite
 * ends with NaN or a number not above 0 on its diagonal.
 */
const cholesky: Kernel = kernel('cholesky', 3, ([at, first, last], newWhole, newPair) => {
  const [i, j, k, rowA, rowB, rowP, rowQ, a, b, p, q] = Array.from({ length: 11 }, newWhole);
  const [ap, aq, bp, bq, x, y, u, v] = Array.from({ length: 8 }, () => complexLocal(newPair));
  const pivot = newPair();
  const from = (row: Local): Code => columnAddress(get(row), get(k!));
  const following = (pointer: Local): Code => set(pointer, whole.plus(get(pointer), whole.of(entry)));
  const columns = join(
    ...[ap, aq, bp, bq].map((sum) => zeroed(sum!)),
    set(rowP!, rowAddress(get(at!), get(j!))),
    set(rowQ!, rowAddress(get(at!), whole.plus(get(j!), whole.of(1)))),
    set(a!, get(rowA!)),
    set(b!, get(rowB!)),
    set(p!, get(rowP!)),
    set(q!, get(rowQ!)),
    loop(
      k!,
      whole.of(0),
      get(j!),
      1,
      join(
        loaded(x!, get(a!)),
        loaded(y!, get(b!)),
        loaded(u!, get(p!)),
        plusConjugate(ap!, x!, u!),
        plusConjugate(bp!, y!, u!),
        loaded(v!, get(q!)),
        plusConjugate(aq!, x!, v!),
        plusConjugate(bq!, y!, v!),
        ...[a, b, p, q].map((pointer) => following(pointer!)),
      ),
    ),
    // Now a, b, p and q point at column j, k is j.
    set(pivot, pair.load(get(p!))),
    solved(ap!, get(a!), pivot),
    solved(bp!, get(b!), pivot),
    loaded(v!, get(q!)),
    plusConjugate(aq!, ap!, v!),
    plusConjugate(bq!, bp!, v!),
    set(pivot, pair.load(get(q!), entry)),
    solved(aq!, get(a!), pivot, entry),
    solved(bq!, get(b!), pivot, entry),
  );
  const corner = join(
    zeroed(ap!),
    zeroed(bq!),
    zeroed(bp!),
    loop(
      k!,
      whole.of(0),
      get(i!),
      1,
      join(
        loaded(x!, from(rowA!)),
        loaded(y!, from(rowB!)),
        set(ap!.re, pair.plus(get(ap!.re), pair.times(get(x!.re), get(x!.re)))),
        set(ap!.re, pair.plus(get(ap!.re), pair.times(get(x!.im), get(x!.im)))),
        set(bq!.re, pair.plus(get(bq!.re), pair.times(get(y!.re), get(y!.re)))),
        set(bq!.re, pair.plus(get(bq!.re), pair.times(get(y!.im), get(y!.im)))),
        plusConjugate(bp!, y!, x!),
      ),
    ),
    set(pivot, pair.root(pair.minus(pair.load(from(rowA!)), get(ap!.re)))),
    pair.store(from(rowA!), get(pivot)),
    pair.store(from(rowA!), pair.zero, imaginary),
    solved(bp!, from(rowB!), pivot),
    set(bq!.re, pair.plus(get(bq!.re), pair.times(get(bp!.re), get(bp!.re)))),
    set(bq!.re, pair.plus(get(bq!.re), pair.times(get(bp!.im), get(bp!.im)))),
    pair.store(from(rowB!), pair.root(pair.minus(pair.load(from(rowB!), entry), get(bq!.re))), entry),
    pair.store(from(rowB!), pair.zero, entry + imaginary),
  );
  const rows = (body: Code): Code =>
    loop(
      i!,
      get(first!),
      get(last!),
      2,
      join(
        set(rowA!, rowAddress(get(at!), get(i!))),
        set(rowB!, rowAddress(get(at!), whole.plus(get(i!), whole.of(1)))),
        body,
      ),
    );
  return join(
    loop(j!, whole.of(0), get(first!), 2, rows(columns)),
    rows(join(loop(j!, get(first!), get(i!), 2, columns), corner)),
  );
});

/** negate(at, count): count pairs of doubles change their sign. */
const negate: Kernel = kernel('negate', 2, ([at, count], newWhole) => {
  const [i, to] = Array.from({ length: 2 }, newWhole);
  return join(
    set(to!, get(at!)),
    loop(
      i!,
      whole.of(0),
      get(count!),
      1,
      join(pair.store(get(to!), pair.negative(pair.load(get(to!)))), set(to!, whole.plus(get(to!), whole.of(16)))),
    ),
  );
});

/**
 * invert(at, to, n): X = L^-1 of a packed triangle, packed too, column by column as L x = e: so that the residual L X - I is as small as
 * that of every solve.
 */
const invert: Kernel = kernel('invert', 3, ([at, to, n], newWhole, newPair) => {
  const [i, j, k, rowL, rowX, below] = Array.from({ length: 6 }, newWhole);
  const [sum, one, two] = Array.from({ length: 3 }, () => complexLocal(newPair));
  const pivot = newPair();
  const identity = newPair();
  const diagonal = columnAddress(get(rowX!), get(i!));
  return loop(
    i!,
    whole.of(0),
    get(n!),
    1,
    join(
      set(rowL!, rowAddress(get(at!), get(i!))),
      set(rowX!, rowAddress(get(to!), get(i!))),
      set(pivot, pair.load(columnAddress(get(rowL!), get(i!)))),
      // There is no other way to write 1 without a constant: a pivot over itself.
      set(identity, pair.over(get(pivot), get(pivot))),
      pair.store(diagonal, pair.over(get(identity), get(pivot))),
      pair.store(diagonal, pair.zero, imaginary),
      loop(
        j!,
        whole.of(0),
        get(i!),
        1,
        join(
          zeroed(sum!),
          set(below!, columnAddress(rowAddress(get(to!), get(j!)), get(j!))),
          loop(
            k!,
            get(j!),
            get(i!),
            1,
            join(
              loaded(one!, columnAddress(get(rowL!), get(k!))),
              loaded(two!, get(below!)),
              plusProduct(sum!, one!, two!),
              // From row k to row k + 1 of the same column: k + 1 entries on.
              set(below!, whole.plus(get(below!), whole.times(whole.plus(get(k!), whole.of(1)), whole.of(entry)))),
            ),
          ),
          pair.store(columnAddress(get(rowX!), get(j!)), pair.negative(pair.over(get(sum!.re), get(pivot)))),
          pair.store(columnAddress(get(rowX!), get(j!)), pair.negative(pair.over(get(sum!.im), get(pivot))), imaginary),
        ),
      ),
    ),
  );
});

/**
 * combine(to, from, factors, terms, count): the real part of entry e at `to` (or the imaginary one, 16 bytes on) becomes the sum over
 * terms of factor[term] table[term][e]. Tables hold `count` plain doubles each, a multiple of four, one table after the other;
 * factors are pairs.
 */
const combine: Kernel = kernel('combine', 5, ([to, from, factors, terms, count], newWhole, newPair) => {
  const [e, term, source, factor, target] = Array.from({ length: 5 }, newWhole);
  const sums = Array.from({ length: 4 }, newPair);
  const weight = newPair();
  return join(
    set(target!, get(to!)),
    loop(
      e!,
      whole.of(0),
      get(count!),
      4,
      join(
        ...sums.map((sum) => set(sum, pair.zero)),
        set(source!, whole.plus(get(from!), whole.times(get(e!), whole.of(8)))),
        set(factor!, get(factors!)),
        loop(
          term!,
          whole.of(0),
          get(terms!),
          1,
          join(
            set(weight, pair.load(get(factor!))),
            ...sums.map((sum, at) =>
              set(sum, pair.plus(get(sum), pair.times(get(weight), pair.loadTwice(get(source!), 8 * at)))),
            ),
            set(source!, whole.plus(get(source!), whole.times(get(count!), whole.of(8)))),
            set(factor!, whole.plus(get(factor!), whole.of(16))),
          ),
        ),
        ...sums.map((sum, at) => pair.store(get(target!), get(sum), entry * at)),
        set(target!, whole.plus(get(target!), whole.of(4 * entry))),
      ),
    ),
  );
});

/** multiply(at, x, y, n): y = G x for the packed lower triangle of a Hermitian G; y is overwritten. */
const multiply: Kernel = kernel('multiply', 4, ([at, x, y, n], newWhole, newPair) => {
  const [i, j, g, xj, yj, xi, yi] = Array.from({ length: 7 }, newWhole);
  const [own, sum, mirrored, matrix, other] = Array.from({ length: 5 }, () => complexLocal(newPair));
  return join(
    set(g!, get(at!)),
    loop(
      i!,
      whole.of(0),
      get(n!),
      1,
      join(
        set(xi!, columnAddress(get(x!), get(i!))),
        set(yi!, columnAddress(get(y!), get(i!))),
        loaded(own!, get(xi!)),
        zeroed(sum!),
        set(xj!, get(x!)),
        set(yj!, get(y!)),
        loop(
          j!,
          whole.of(0),
          get(i!),
          1,
          join(
            loaded(matrix!, get(g!)),
            loaded(other!, get(xj!)),
            plusProduct(sum!, matrix!, other!),
            // y_j += conj(g_ij) x_i.
            loaded(mirrored!, get(yj!)),
            plusConjugate(mirrored!, own!, matrix!),
            stored(get(yj!), mirrored!),
            ...[g, xj, yj].map((pointer) => set(pointer!, whole.plus(get(pointer!), whole.of(entry)))),
          ),
        ),
        set(matrix!.re, pair.load(get(g!))),
        set(sum!.re, pair.plus(get(sum!.re), pair.times(get(matrix!.re), get(own!.re)))),
        set(sum!.im, pair.plus(get(sum!.im), pair.times(get(matrix!.re), get(own!.im)))),
        stored(get(yi!), sum!),
        set(g!, whole.plus(get(g!), whole.of(entry))),
      ),
    ),
  );
});

/**
 * lanczos(x, y, previous, n, scalars): with y = G x on entry, subtracts from y its part along x and beta times the previous vector.
 * Scalars are pairs: beta on entry, then on return the coefficient along x and the squared length of what is left.
 */
const lanczos: Kernel = kernel('lanczos', 5, ([x, y, previous, n, scalars], newWhole, newPair) => {
  const [i, at] = Array.from({ length: 2 }, newWhole);
  const [alpha, beta, rest, squares] = Array.from({ length: 4 }, newPair);
  const of = (vector: Local): Code => whole.plus(get(vector), get(at!));
  const twice = whole.plus(get(n!), get(n!));
  const each = (body: Code): Code =>
    join(
      set(at!, whole.of(0)),
      loop(i!, whole.of(0), twice, 1, join(body, set(at!, whole.plus(get(at!), whole.of(16))))),
    );
  return join(
    set(alpha!, pair.zero),
    each(set(alpha!, pair.plus(get(alpha!), pair.times(pair.load(of(x!)), pair.load(of(y!)))))),
    set(beta!, pair.load(get(scalars!))),
    set(squares!, pair.zero),
    each(
      join(
        set(
          rest!,
          pair.minus(
            pair.minus(pair.load(of(y!)), pair.times(get(alpha!), pair.load(of(x!)))),
            pair.times(get(beta!), pair.load(of(previous!))),
          ),
        ),
        set(squares!, pair.plus(get(squares!), pair.times(get(rest!), get(rest!)))),
        pair.store(of(y!), get(rest!)),
      ),
    ),
    pair.store(get(scalars!), get(alpha!), 16),
    pair.store(get(scalars!), get(squares!), 32),
  );
});

/** advance(x, y, previous, n, factor): previous = x, x = factor y. */
const advance: Kernel = kernel('advance', 5, ([x, y, previous, n, factor], newWhole, newPair) => {
  const [i, at] = Array.from({ length: 2 }, newWhole);
  const by = newPair();
  const of = (vector: Local): Code => whole.plus(get(vector), get(at!));
  return join(
    set(by, pair.load(get(factor!))),
    set(at!, whole.of(0)),
    loop(
      i!,
      whole.of(0),
      whole.plus(get(n!), get(n!)),
      1,
      join(
        pair.store(of(previous!), pair.load(of(x!))),
        pair.store(of(x!), pair.times(get(by), pair.load(of(y!)))),
        set(at!, whole.plus(get(at!), whole.of(16))),
      ),
    ),
  );
});

export interface PairKernels {
  readonly cholesky: (at: number, first: number, last: number) => void;
  readonly negate: (at: number, count: number) => void;
  readonly invert: (at: number, to: number, n: number) => void;
  readonly combine: (to: number, from: number, factors: number, terms: number, count: number) => void;
  readonly multiply: (at: number, x: number, y: number, n: number) => void;
  readonly lanczos: (x: number, y: number, previous: number, n: number, scalars: number) => void;
  readonly advance: (x: number, y: number, previous: number, n: number, factor: number) => void;
}

let compiled: WasmModule | undefined;

/** The kernels on a memory of their own, which goes when they are dropped. */
export function pairKernels(memory: WasmMemory): PairKernels {
  compiled ??= new webAssembly.Module(assemble([cholesky, negate, invert, combine, multiply, lanczos, advance]));
  return new webAssembly.Instance(compiled, { env: { memory } }).exports as PairKernels;
}
