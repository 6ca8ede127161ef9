import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Inspection } from '../report/inspection.ts';
import { canonical, digest } from './content-key.ts';
import { fingerprint, identitiesOf, identityOf, type Fingerprint } from './fingerprint.ts';
import type { CellShelf } from './map-memory.ts';
import type { InspectionRequest } from './request.ts';

export interface CacheOptions {
  readonly maxBytes: number;
  /** An answer of another version is no answer. */
  readonly toolVersion: string;
}

/** Finished inspections on disk, found by the model's content, the settings and the tool's version; the path plays no part. */
export interface InspectionCache {
  /** Where the answer to a request belongs. Reads the whole model file once after each change of it. */
  entry(request: InspectionRequest): Promise<CacheEntry>;
  /** Reads the entry, but never the model: undefined when that has changed since anybody asked for its entry. For hovers. */
  glance(request: InspectionRequest): Promise<Inspection | undefined>;
  /** For cells of maps, under the same roof: one limit for all that is kept. */
  readonly cells: CellShelf;
  /** Removes the files that were not used for longest until the rest fits. */
  prune(): Promise<void>;
}

/** To be taken before the inspection begins: a model or companion that changes meanwhile then belongs to another entry. */
export interface CacheEntry {
  read(): Promise<Inspection | undefined>;
  /** Stores nothing unless the inspection is finished and of the model that the entry was taken for. */
  write(inspection: Inspection): Promise<void>;
}

/** Any number of processes may share the folder: files appear whole, by renaming, and are never changed. */
export function createInspectionCache(folder: string, { maxBytes, toolVersion }: CacheOptions): InspectionCache {
  const known = new Map<string, KnownFile>();

  async function recall(path: string): Promise<Fingerprint | undefined> {
    const identity = await identityOf(path);
    const remembered = known.get(path);
    if (remembered?.identity === identity) return remembered;
    // Another process may have read the file since.
    const written = await readChecked<KnownFile>(memoOf(path));
    if (written?.identity !== identity) return undefined;
    known.set(path, written);
    return written;
  }

  async function learn(path: string): Promise<Fingerprint> {
    const recalled = await recall(path);
    if (recalled !== undefined) return recalled;
    // Before reading: a file that changes meanwhile is then not remembered under its new identity.
    const identity = await identityOf(path);
    const fresh: KnownFile = { identity, ...(await fingerprint(path)) };
    known.set(path, fresh);
    await writeChecked(memoOf(path), fresh);
    return fresh;
  }

  const memoOf = (path: string): string => join(folder, `${digest(path)}.fingerprint`);

  async function pathOf(request: InspectionRequest, { sha256, companions }: Fingerprint): Promise<string> {
    const { file, ...settings } = request;
    const identities = await identitiesOf(file, companions);
    return join(folder, `${digest(canonical([toolVersion, sha256, companions, identities, settings]))}.inspection`);
  }

  async function read(path: string, file: string): Promise<Inspection | undefined> {
    const inspection = await readChecked<Inspection>(path);
    return inspection && { ...inspection, model: { ...inspection.model, file: basename(file) } };
  }

  async function prune(): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    const files = await Promise.all(names.map((name) => describe(join(folder, name))));
    const newestFirst = files.filter((file) => file !== undefined).sort((a, b) => b.usedMs - a.usedMs);
    let total = 0;
    for (const { path, bytes, usedMs } of newestFirst) {
      total += bytes;
      const abandoned = path.endsWith('.new') && Date.now() - usedMs > hourMs;
      if (total > maxBytes || abandoned) await rm(path, { force: true });
    }
  }

  return {
    async entry(request) {
      const model = await learn(resolve(request.file));
      const path = await pathOf(request, model);
      return {
        read: () => read(path, request.file),
        async write(inspection) {
          if (inspection.model.sha256 !== model.sha256 || isPending(inspection)) return;
          await writeChecked(path, inspection);
          await prune();
        },
      };
    },

    async glance(request) {
      const model = await recall(resolve(request.file)).catch(() => undefined);
      return model && read(await pathOf(request, model), request.file);
    },

    cells: {
      read: (key) => readChecked<string>(join(folder, `${key}.cells`)),
      async write(key, text) {
        await writeChecked(join(folder, `${key}.cells`), text);
        await prune();
      },
    },

    prune,
  };
}

const isPending = ({ lipschitz }: Inspection): boolean =>
  Object.values(lipschitz).some(({ upper }) => 'pending' in upper);

interface KnownFile extends Fingerprint {
  readonly identity: string;
}

const hourMs = 3_600_000;

/** A first line with the digest of the rest: a flipped digit in a number would still be good JSON. */
async function writeChecked(path: string, value: unknown): Promise<void> {
  const json = JSON.stringify(value);
  const fresh = `${path}.${randomUUID()}.new`;
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(fresh, `${digest(json)}\n${json}`);
  await rename(fresh, path);
}

/** What cannot be trusted is removed. Reading marks the file as used. */
async function readChecked<T>(path: string): Promise<T | undefined> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  const end = content.indexOf('\n');
  const json = content.slice(end + 1);
  if (content.slice(0, end) !== digest(json)) {
    await rm(path, { force: true });
    return undefined;
  }
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
  return JSON.parse(json) as T;
}

async function describe(path: string): Promise<{ path: string; bytes: number; usedMs: number } | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? { path, bytes: found.size, usedMs: found.mtimeMs } : undefined;
}
