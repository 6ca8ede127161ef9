import { NotUnderstood } from '../builder.ts';

/** A causal mask over a sequence of 2,896 is as long. */
const mostEntries = 2 ** 23;

/** A list that is as long as the file says: a damaged one must not fill the memory. */
export function listed<T>(length: number, entry: (index: number) => T): T[] {
  if (!(length >= 0 && length <= mostEntries))
    throw new NotUnderstood(`it takes a list of ${length} entries, more than is made`);
  return Array.from({ length }, (_, index) => entry(index));
}
