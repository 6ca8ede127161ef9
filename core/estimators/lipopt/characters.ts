/**
 * A path has a corner for every choice of ends of its variables: bit k of a corner says that variable k is at its lower end. A subset of its variables, as bits again, has the
 * character that is -1 at corners where an odd number of them is at the lower end. Characters of subsets are a basis of the functions on the corners.
 */
export const character = (subset: number, corner: number): 1 | -1 => {
  let odd = false;
  for (let both = subset & corner; both !== 0; both &= both - 1) odd = !odd;
  return odd ? -1 : 1;
};

/** What paths can have in common: some of their variables, but not all. */
export const properSubsets = (kinds: number): readonly number[] =>
  Array.from({ length: 2 ** kinds - 2 }, (_, at) => at + 1);

/** By path, which variables of these kinds it goes through: one number for each choice. */
export function sharedBy(
  sizes: readonly number[],
  subset: number,
): { readonly count: number; readonly of: Int32Array } {
  let of = Int32Array.of(0);
  let count = 1;
  sizes.forEach((size, kind) => {
    const step = (subset >> kind) & 1 ? count : 0;
    const longer = new Int32Array(of.length * size);
    for (let own = 0; own < size; own++)
      longer.set(
        of.map((before) => before + own * step),
        own * of.length,
      );
    of = longer;
    if (step > 0) count *= size;
  });
  return { count, of };
}
