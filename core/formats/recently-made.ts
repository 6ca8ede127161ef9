/** Of all open models together; the newest is kept however large it is. */
const mostBytes = 1 << 26;
/** What anything is counted as at least, with what it is made from. */
const leastBytes = 1 << 14;

interface Kept {
  readonly bytes: number;
  readonly forget: () => void;
}

/** The oldest first. */
const kept = new Map<object, Kept>();
let total = 0;

/**
 * What takes work to make and is asked for several times: made at the first question, and again once 64 MB of others were made since. Not
 * a WeakRef, which holds what it was given until the current job ends: in one pass over all weights, that is all of them at once.
 */
export function recentlyMade<T extends object>(make: () => T, bytesOf: (made: T) => number): () => T {
  const key = {};
  let made: T | undefined;
  return () => {
    const known = kept.get(key);
    if (made !== undefined && known !== undefined) {
      kept.delete(key);
      kept.set(key, known);
      return made;
    }
    const result = make();
    made = result;
    keep(key, { bytes: Math.max(leastBytes, bytesOf(result)), forget: () => (made = undefined) });
    return result;
  };
}

function keep(key: object, one: Kept): void {
  for (const [oldest, { bytes, forget }] of kept) {
    if (total + one.bytes <= mostBytes) break;
    kept.delete(oldest);
    total -= bytes;
    forget();
  }
  kept.set(key, one);
  total += one.bytes;
}
