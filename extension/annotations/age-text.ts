/** The words of an age, translated by the host. */
export interface AgeWords {
  readonly now: string;
  minutes(count: number): string;
  hours(count: number): string;
  days(count: number): string;
}

/** "just now", "5 min ago": how old a number is, as far as that matters to somebody who trains. */
export function ageText(at: number, now: number, words: AgeWords): string {
  const minutes = Math.floor(Math.max(0, now - at) / 60_000);
  if (minutes < 1) return words.now;
  if (minutes < 60) return words.minutes(minutes);
  if (minutes < 48 * 60) return words.hours(Math.floor(minutes / 60));
  return words.days(Math.floor(minutes / (24 * 60)));
}
