import { UserError } from '../../sentence.ts';
import type { ByteSource } from '../format.ts';
import { quoted } from '../wording.ts';
import { readDirectory, type DirectoryEntry } from './directory.ts';
import { entrySource, localLength } from './entry.ts';

/** A zip archive whose list of entries was read and checked; of the entries themselves nothing is read before somebody asks. */
export interface ZipArchive {
  readonly name: string;
  /** By their names in the archive, in the order of writing; each is read as a file of its own, at any place. Folders are left out. */
  readonly entries: ReadonlyMap<string, ByteSource>;
}

const opened = new WeakMap<ByteSource, ZipArchive>();

export const looksLikeZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;

/** Throws a UserError for anything that is wrong with the archive as a whole. Asked again for the same source, it answers from memory. */
export function openZip(source: ByteSource): ZipArchive {
  const known = opened.get(source);
  if (known !== undefined) return known;
  const { entries: listed, start } = readDirectory(source);
  const ends = endsOf(listed, start);
  const entries = new Map<string, ByteSource>();
  for (const entry of listed) {
    const end = ends.get(entry)!;
    refuseOverlap(source, entry, end);
    if (entries.has(entry.name)) {
      throw new UserError(
        `${source.name} holds two entries of the name ${quoted(entry.name)}, so its meaning is not clear: save it again.`,
      );
    }
    if (!entry.name.endsWith('/')) entries.set(entry.name, entrySource(source, entry, end));
  }
  const archive: ZipArchive = { name: source.name, entries };
  opened.set(source, archive);
  return archive;
}

/** Where the next entry begins, or the directory. */
function endsOf(entries: readonly DirectoryEntry[], start: number): ReadonlyMap<DirectoryEntry, number> {
  const inOrder = [...entries].sort((a, b) => a.offset - b.offset);
  return new Map(inOrder.map((entry, i) => [entry, inOrder[i + 1]?.offset ?? start]));
}

/** Entries that share bytes are how a small archive claims to hold more than the world has memory for. */
function refuseOverlap(source: ByteSource, { name, offset, packed }: DirectoryEntry, end: number): void {
  if (offset + localLength + packed <= end) return;
  throw new UserError(
    `${source.name} is a zip archive whose entry ${quoted(name)} runs into what follows it: it is damaged, or made to harm; save it again.`,
  );
}
