import { bytesPerElement } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ByteSource } from '../format.ts';
import { quoted } from '../wording.ts';
import { torchMeaning } from './meaning.ts';
import { Cursor } from './pickle/cursor.ts';
import { readPickle, type Meaning } from './pickle/read-pickle.ts';
import { isKind, type PickleValue } from './pickle/values.ts';
import { findStateDict, type StateDict } from './state-dict.ts';
import type { Storage } from './storage.ts';

/** PROTO 2, LONG1 of ten bytes: 0x1950a86a20f9469cfc6c, which begins every file of `torch.save` before PyTorch 1.6. */
const magic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

export const looksLikeLegacy = (head: Uint8Array): boolean => magic.every((byte, i) => head[i] === byte);

/** Five pickles (magic number, version, the machine, the object, the keys of storages), then every storage: its count and its numbers. */
export function readLegacyCheckpoint(source: ByteSource): StateDict {
  const { name } = source;
  const cursor = new Cursor(source);
  const storages = new Map<string, Storage>();
  const meaning = rememberingStorages(torchMeaning(name, 'none'), storages);
  readPickle(cursor, meaning);
  readPickle(cursor, meaning);
  refuseBigEndian(readPickle(cursor, meaning), name);
  const root = readPickle(cursor, meaning);
  const keys = readPickle(cursor, meaning);
  if (!isKind(keys, 'list')) throw new UserError(`${name} does not list its storages: it is cut off or damaged.`);
  const starts = startsOf(keys.items, storages, source, cursor.position);
  return findStateDict(
    root,
    (storage) => {
      const start = starts.get(storage.key);
      if (start === undefined)
        throw new UserError(`${name} holds no numbers under ${quoted(storage.key)}: copy or save it again.`);
      return { read: (offset, length, room) => source.read(start + offset, length, room) };
    },
    name,
  );
}

function rememberingStorages(meaning: Meaning, storages: Map<string, Storage>): Meaning {
  return {
    ...meaning,
    persistent(id) {
      const value = meaning.persistent(id);
      if (isKind(value, 'storage')) storages.set(value.storage.key, value.storage);
      return value;
    },
  };
}

const countLength = 8;

function startsOf(
  keys: readonly PickleValue[],
  storages: ReadonlyMap<string, Storage>,
  source: ByteSource,
  first: number,
): ReadonlyMap<string, number> {
  const starts = new Map<string, number>();
  let at = first;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined)
      throw new UserError(`${source.name} lists a storage that no tensor uses: it is damaged.`);
    if (storage.type === undefined)
      throw new UserError(`${source.name} holds numbers of the type ${storage.typeName}, which is not read.`);
    const head = source.read(at, countLength);
    const count = Number(new DataView(head.buffer, head.byteOffset).getBigInt64(0, true));
    if (count !== storage.count)
      throw new UserError(
        `${source.name} announces ${storage.count} numbers under ${quoted(storage.key)}, but holds ${count}: it is damaged.`,
      );
    starts.set(storage.key, at + countLength);
    at += countLength + count * bytesPerElement[storage.type];
    if (at > source.size)
      throw new UserError(
        `${source.name} is cut off: the numbers under ${quoted(storage.key)} should end at byte ${at}, but the file ends at byte ${source.size}; copy or save it again.`,
      );
  }
  return starts;
}

function refuseBigEndian(machine: PickleValue, name: string): void {
  if (isKind(machine, 'dict') && machine.entries.get('little_endian') === false)
    throw new UserError(`${name} holds numbers in big-endian order, which are not read: save it on another machine.`);
}
