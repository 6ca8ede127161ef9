import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep, win32 } from 'node:path';
import { UserError } from '../sentence.ts';
import type { ByteSource, ModelFile } from './format.ts';
import { counted, quoted } from './wording.ts';

/**
 * A file that stays open, so that a model replaced on disk meanwhile is still read as one piece. What is written into the file itself
 * would mix old numbers with new ones, and ends the reading.
 */
export function fileSource(path: string): ByteSource & Disposable & { readonly state: FileState } {
  const name = basename(path);
  const file = openForReading(path, name);
  const state = stateOf(file);
  return {
    name,
    state,
    size: state.size,
    read(offset, length, room) {
      checkRange(this, offset, length);
      const bytes = room === undefined || room.length < length ? new Uint8Array(length) : room.subarray(0, length);
      readFully(file, name, offset, bytes);
      requireSame(state, stateOf(file), name);
      return bytes;
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

/** What tells whether a file is still the one that was opened, and as it was then. */
interface FileState {
  readonly size: number;
  readonly written: number;
  readonly place: string;
}

function stateOf(file: number): FileState {
  const { size, mtimeMs, dev, ino } = fstatSync(file);
  return { size, written: mtimeMs, place: `${dev}:${ino}` };
}

function requireSame(before: FileState, now: FileState, name: string): void {
  if (before.size !== now.size || before.written !== now.written || before.place !== now.place)
    throw new UserError(`${name} was changed while it was being read: inspect it again.`);
}

/** Every read gives a copy: callers may put typed arrays of any alignment over it, and nobody sees another's changes. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    read(offset, length) {
      checkRange(this, offset, length);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}

export function openModelFile(path: string): ModelFile & Disposable {
  const source = fileSource(path);
  return {
    source,
    companion: (relativePath) => companionSource(path, relativePath),
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}

/** A model that is no file, as tests and the editor's unsaved documents have it; it has no companions. */
export function modelInMemory(name: string, bytes: Uint8Array): ModelFile {
  return {
    source: memorySource(name, bytes),
    companion(relativePath) {
      throw new UserError(
        `${name} keeps weights in ${quoted(relativePath)}, which cannot be opened because the model is not a file on disk.`,
      );
    },
  };
}

/**
 * Opened anew for every read: exporters may write one file per tensor, thousands of them, and descriptors are few. It has to be the same
 * file each time.
 */
function companionSource(model: string, relativePath: string): ByteSource {
  const path = companionPath(model, relativePath);
  const open = <T>(use: (source: ReturnType<typeof fileSource>) => T): T => {
    const source = fileSource(path);
    try {
      return use(source);
    } finally {
      source[Symbol.dispose]();
    }
  };
  const first = open(({ state }) => state);
  return {
    name: relativePath,
    size: first.size,
    read: (offset, length, room) =>
      open((source) => {
        requireSame(first, source.state, relativePath);
        return source.read(offset, length, room);
      }),
  };
}

/** A model file is untrusted: what it refers to must not make us read, and perhaps show, any other file of the user's. */
function companionPath(model: string, relativePath: string): string {
  const name = basename(model);
  const refuse = (why: string): never => {
    throw new UserError(`${name} keeps weights in ${quoted(relativePath)}, ${why}`);
  };
  if (relativePath === '' || relativePath.includes('\0')) refuse('which is not a file name: export the model again.');
  // Exporters on Windows write backslashes, and a drive letter must not become a folder's name elsewhere.
  const parts = relativePath.split(/[\\/]/);
  const outside = 'outside the folder of the model: put the file beside the model and correct its location.';
  if (isAbsolute(relativePath) || win32.isAbsolute(relativePath) || /^[A-Za-z]:/.test(relativePath)) {
    refuse('an absolute path; only files in the folder of the model are opened.');
  }
  if (leaves(relative('.', join(...parts)))) refuse(outside);
  const folder = realpathSync(dirname(model));
  const real = realpathOrUndefined(join(folder, ...parts));
  if (real === undefined) return refuse('but that file is missing: put it beside the model.');
  if (leaves(relative(folder, real))) {
    refuse('a link to a place outside the folder of the model: copy the file itself there.');
  }
  if (!statSync(real).isFile()) refuse('which is not an ordinary file: export the model again.');
  return real;
}

const leaves = (path: string): boolean => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);

function realpathOrUndefined(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function openForReading(path: string, name: string): number {
  try {
    // Looked at before it is opened: opening a named pipe would wait for ever.
    const facts = statSync(path);
    if (facts.isDirectory()) throw new UserError(`${name} is a folder, not a model file.`);
    if (!facts.isFile()) throw new UserError(`${name} is not an ordinary file.`);
    return openSync(path, constants.O_RDONLY);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} cannot be opened: ${reasonOf(error)}.`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'you are not allowed to read it',
    EPERM: 'you are not allowed to read it',
    EMFILE: 'too many files are open',
  };
  return reasons[code] ?? (code || String(error));
}

/** The system reads at most 2 GB at once. */
const mostAtOnce = 1 << 30;

function readFully(file: number, name: string, offset: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    const read = readSync(file, bytes, done, Math.min(bytes.length - done, mostAtOnce), offset + done);
    if (read === 0) throw new UserError(`${name} became shorter while it was being read: inspect it again.`);
    done += read;
  }
}

/** Of every source: what is asked for must lie within it. */
export function checkRange(source: ByteSource, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= source.size) return;
  throw new UserError(
    `${source.name} is too short: ${counted(length, 'byte')} are needed from byte ${offset}, but it has only ${source.size}.`,
  );
}
