import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** Folders that are not the user's own: what others made, and what tools keep. */
const others = new Set(['node_modules', 'site-packages', '__pycache__', 'venv', 'dist-packages']);
const filesLookedAt = 200_000;

/** The files below a folder, by their paths relative to it with forward slashes, in order. Links are not followed. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  const waiting = [''];
  for (let below = waiting.pop(); below !== undefined && files.length < filesLookedAt; below = waiting.pop()) {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory() && !entry.name.startsWith('.') && !others.has(entry.name)) waiting.push(path);
    }
  }
  return files.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** The nearest folder, this one or above, in which there is a file or folder of this name. */
export function folderWith(name: string, start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

export const relativePath = (from: string, to: string): string => relative(from, to).split(sep).join('/');
