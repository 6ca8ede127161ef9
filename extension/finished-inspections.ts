import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InspectionRequest } from '../core/inspection/request.ts';
import type { Inspection } from '../core/report/inspection.ts';

/** A finished inspection with what tells whether the file has changed since. */
export interface Finished {
  readonly file: string;
  readonly size: number;
  readonly modified: number;
  readonly request: InspectionRequest;
  readonly inspection: Inspection;
  /** When it ended, in milliseconds since 1970; earlier versions did not say. */
  readonly at?: number;
}

export interface InspectionAge {
  readonly at: number | undefined;
  readonly isCurrent: boolean;
}

/**
 * The last finished inspection of every model of this workspace, on disk: panels show it at once after a reload, and hovers speak
 * without starting anything. The worker's own cache goes by the hash of the file; this one never has to read the model.
 */
export class FinishedInspections {
  readonly #folder: string;
  readonly #toolVersion: string;
  readonly #known = new Map<string, Finished>();
  #loaded: Promise<void> | undefined;

  constructor(folder: string, toolVersion: string) {
    this.#folder = folder;
    this.#toolVersion = toolVersion;
  }

  /** All that are known, also of files that have changed since. Reads the folder once. */
  async all(): Promise<readonly Finished[]> {
    this.#loaded ??= this.#load();
    await this.#loaded;
    return [...this.#known.values()];
  }

  /** The inspection of this file as it is now on disk, when it answers the same question. */
  async current(request: InspectionRequest): Promise<Inspection | undefined> {
    await this.all();
    const known = this.#known.get(request.file);
    if (known === undefined || JSON.stringify(known.request) !== JSON.stringify(request)) return undefined;
    const now = await fileState(request.file);
    return now?.size === known.size && now.modified === known.modified ? known.inspection : undefined;
  }

  /** The last inspection of a file, whatever was asked; when that was, and whether the file is still the one that was inspected. */
  async of(file: string): Promise<(InspectionAge & { readonly inspection: Inspection }) | undefined> {
    await this.all();
    const known = this.#known.get(file);
    if (known === undefined) return undefined;
    const now = await fileState(file);
    const isCurrent = now?.size === known.size && now.modified === known.modified;
    return { inspection: known.inspection, at: known.at, isCurrent };
  }

  async remember(request: InspectionRequest, inspection: Inspection): Promise<void> {
    const state = await fileState(request.file);
    if (state === undefined) return;
    await this.all();
    const finished: Finished = { file: request.file, ...state, request, inspection, at: Date.now() };
    this.#known.set(request.file, finished);
    await mkdir(this.#folder, { recursive: true });
    const path = this.#pathOf(request.file);
    // Written aside and renamed: another window may be reading.
    await writeFile(`${path}.${process.pid}`, JSON.stringify(finished));
    await rename(`${path}.${process.pid}`, path);
  }

  async #load(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => this.#loadOne(join(this.#folder, name))),
    );
  }

  async #loadOne(path: string): Promise<void> {
    try {
      const finished = JSON.parse(await readFile(path, 'utf8')) as Partial<Finished>;
      const { file, inspection } = finished;
      const usable =
        file !== undefined &&
        inspection !== undefined &&
        inspection.tool.version === this.#toolVersion &&
        (await fileState(file)) !== undefined;
      if (usable) this.#known.set(file, finished as Finished);
      else await rm(path, { force: true });
    } catch {
      // Cut short by a crash or written by another version: it can be computed again.
      await rm(path, { force: true });
    }
  }

  #pathOf(file: string): string {
    return join(this.#folder, `${createHash('sha256').update(file).digest('hex').slice(0, 32)}.json`);
  }
}

async function fileState(file: string): Promise<{ size: number; modified: number } | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? undefined : { size: found.size, modified: found.mtimeMs };
}
