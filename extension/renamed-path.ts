export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Where a file is after a rename of it, or of a folder that it lies in. */
export function renamed(path: string, moves: readonly Move[]): string {
  for (const { from, to } of moves) {
    if (path === from) return to;
    const next = path[from.length];
    if (path.startsWith(from) && (next === '/' || next === '\\')) return to + path.slice(from.length);
  }
  return path;
}
