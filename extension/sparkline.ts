const bars = '▁▂▃▄▅▆▇█';

/** Counts as a row of little bars: what is there is seen (at least the lowest bar), what is not is a space. */
export function sparkline(counts: readonly number[], width: number): string {
  const merged = Array.from({ length: Math.min(width, counts.length) }, (_, i) => {
    const [from, to] = [i, i + 1].map((one) => Math.round((one * counts.length) / Math.min(width, counts.length)));
    return counts.slice(from, to).reduce((sum, count) => sum + count, 0);
  });
  const most = Math.max(...merged, 1);
  return merged
    .map((count) => (count === 0 ? ' ' : bars[Math.min(bars.length - 1, Math.floor((bars.length * count) / most))]!))
    .join('');
}
