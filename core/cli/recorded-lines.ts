import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceLine } from '../budgets/sarif.ts';
import type { LayerEntry } from '../report/inspection.ts';
import { filesBelow } from './folder.ts';

/** Finds in a checkout the lines that an exporter recorded on another machine: by the end of their path, if only one file has it. */
export class RecordedLines {
  readonly #folder: string;
  #sources: Promise<readonly string[]> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async of({ source }: LayerEntry): Promise<SourceLine | undefined> {
    if (source === undefined) return undefined;
    this.#sources ??= filesBelow(this.#folder).then((files) => files.filter((file) => file.endsWith('.py')));
    const [best, second] = (await this.#sources)
      .map((file) => ({ file, shared: sharedEnd(file, source.file) }))
      .filter(({ shared }) => shared > 0)
      .toSorted((a, b) => b.shared - a.shared);
    if (best === undefined || best.shared === second?.shared) return undefined;
    const lines = (await readFile(join(this.#folder, best.file), 'utf8')).split('\n').length;
    return source.line <= lines ? { file: best.file, line: source.line } : undefined;
  }
}

/** How many folders and names two paths have in common, from the end. */
function sharedEnd(one: string, other: string): number {
  const [a, b] = [one, other].map((path) => path.split('/').reverse()) as [string[], string[]];
  const different = a.findIndex((part, i) => part !== b[i]);
  return different < 0 ? a.length : different;
}
