import { bytesPerElement } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ByteSource } from '../format.ts';
import { quoted } from '../wording.ts';
import { openZip, type ZipArchive } from '../zip/archive.ts';
import { torchMeaning } from './meaning.ts';
import { Cursor } from './pickle/cursor.ts';
import { readPickle } from './pickle/read-pickle.ts';
import type { PickleValue } from './pickle/values.ts';
import { withModules } from './script-modules.ts';
import { findStateDict, type StateDict } from './state-dict.ts';
import type { Storage, StorageBytes } from './storage.ts';

/** The folder in which `torch.save` and `torch.jit.save` put everything, by the pickle that they put there. */
export function checkpointFolder({ entries }: ZipArchive): string | undefined {
  for (const name of entries.keys()) {
    const folder = /^([^/]+\/)data\.pkl$/u.exec(name)?.[1];
    if (folder !== undefined) return folder;
  }
  return undefined;
}

/** Everything in an archive of `torch.save`, and where its numbers are. */
export function readCheckpoint(source: ByteSource): { readonly root: PickleValue; readonly bytesOf: StorageBytes } {
  const archive = openZip(source);
  const folder = checkpointFolder(archive);
  if (folder === undefined) throw new UserError(`${source.name} holds no data.pkl: it is no archive of PyTorch.`);
  refuseBigEndian(archive, folder);
  return { root: readData(archive, folder, 'none'), bytesOf: storagesIn(archive, folder) };
}

export function readZipCheckpoint(source: ByteSource): StateDict & { readonly kind: 'pytorch' | 'torchscript' } {
  const archive = openZip(source);
  const folder = checkpointFolder(archive);
  if (folder === undefined) throw new UserError(`${source.name} holds no data.pkl: it is no archive of PyTorch.`);
  refuseBigEndian(archive, folder);
  const isScript = archive.entries.has(`${folder}constants.pkl`);
  const root = readData(archive, folder, isScript ? 'of the archive' : 'none');
  const found = findStateDict(isScript ? withModules(root) : root, storagesIn(archive, folder), source.name);
  return { ...found, kind: isScript ? 'torchscript' : 'pytorch' };
}

function readData(archive: ZipArchive, folder: string, classes: 'none' | 'of the archive'): PickleValue {
  const entry = archive.entries.get(`${folder}data.pkl`)!;
  return readPickle(new Cursor({ ...entry, name: archive.name }), torchMeaning(archive.name, classes));
}

function refuseBigEndian({ entries, name }: ZipArchive, folder: string): void {
  const order = entries.get(`${folder}byteorder`);
  if (order === undefined || order.size > 16) return;
  if (new TextDecoder().decode(order.read(0, order.size)).trim() === 'big')
    throw new UserError(`${name} holds numbers in big-endian order, which are not read: save it on another machine.`);
}

const storagesIn =
  ({ entries, name }: ZipArchive, folder: string): StorageBytes =>
  (storage: Storage) => {
    const entry = entries.get(`${folder}data/${storage.key}`);
    const needed = storage.count * (storage.type === undefined ? 1 : bytesPerElement[storage.type]);
    if (entry !== undefined && needed <= entry.size) return entry;
    const what = entry === undefined ? 'but it is not there' : `but it has only ${entry.size}`;
    throw new UserError(
      `${name} should hold ${needed} bytes of numbers under ${quoted(storage.key)}, ${what}: copy or save it again.`,
    );
  };
