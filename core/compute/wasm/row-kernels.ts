import { assemble, type Code, get, join, kernel, type Kernel, loop, pair, set, whole } from './assembler.ts';
import { type WasmMemory, type WasmModule, webAssembly } from './host.ts';

/** Doubles of one step: numbers of rows are filled up to a multiple of this. */
export const rowsPerStep = 8;
const pairsPerStep = rowsPerStep / 2;
const bytesPerStep = 8 * rowsPerStep;

/**
 * gather(to, bytes, rows, factors, count): adds to the `bytes` of doubles at `to`, a multiple of 64, factor times the doubles at every one of
 * `count` addresses. Sums stay in registers while all terms are gone through, in the order of the list.
 */
const gather: Kernel = kernel('gather', 5, ([to, bytes, rows, factors, count], newWhole, newPair) => {
  const [offset, i, from, row, factor] = Array.from({ length: 5 }, newWhole);
  const sums = Array.from({ length: pairsPerStep }, newPair);
  const by = newPair();
  const target = whole.plus(get(to!), get(offset!));
  const term: Code = join(
    set(by, pair.loadTwice(get(factor!))),
    set(from!, whole.plus(whole.load(get(row!)), get(offset!))),
    ...sums.map((sum, at) => set(sum, pair.plus(get(sum), pair.times(pair.load(get(from!), 16 * at), get(by))))),
    set(row!, whole.plus(get(row!), whole.of(4))),
    set(factor!, whole.plus(get(factor!), whole.of(8))),
  );
  return loop(
    offset!,
    whole.of(0),
    get(bytes!),
    bytesPerStep,
    join(
      ...sums.map((sum, at) => set(sum, pair.load(target, 16 * at))),
      set(row!, get(rows!)),
      set(factor!, get(factors!)),
      loop(i!, whole.of(0), get(count!), 1, term),
      ...sums.map((sum, at) => pair.store(target, get(sum), 16 * at)),
    ),
  );
});

export interface RowKernels {
  readonly gather: (to: number, bytes: number, rows: number, factors: number, count: number) => void;
}

let compiled: WasmModule | undefined;

/** The kernels on a memory of their own, which goes when they are dropped. */
export function rowKernels(memory: WasmMemory): RowKernels {
  compiled ??= new webAssembly.Module(assemble([gather]));
  return new webAssembly.Instance(compiled, { env: { memory } }).exports as RowKernels;
}
