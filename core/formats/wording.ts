const longestName = 80;

/** A name out of a file, safe to stand in a sentence: control characters escaped, endless names shortened. */
export function quoted(name: string): string {
  const shown = name.length > longestName ? `${name.slice(0, longestName)}…` : name;
  return JSON.stringify(shown);
}

export const hexadecimal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** A count as the file states it, which may be absurd. */
export const amount = (count: number): string => (Number.isSafeInteger(count) ? String(count) : count.toExponential(1));
