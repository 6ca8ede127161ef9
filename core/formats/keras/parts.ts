import { UserError } from '../../sentence.ts';
import type { ByteSource, ModelFormat } from '../format.ts';
import { openHdf5, type Hdf5Object } from '../hdf5/index.ts';
import { isObject, readJson, type Json } from '../json.ts';
import { quoted } from '../wording.ts';
import { weightsOfFile } from './weights-only/network.ts';
import { ownersOfTree } from './weights-only/tree.ts';

const mostParts = 10_000;

/** What save_weights writes with `max_shard_size`: an index (.weights.json), and beside it the HDF5 files that it names. */
export const kerasParts: ModelFormat = {
  name: 'keras-weights',
  recognises: (head, source) => startsObject(head) && namesParts(source),
  read(file) {
    const root = openParts(file.source, (name) => file.companion(name));
    return weightsOfFile(file.source.name, ownersOfTree(root, new Map()));
  },
};

const decoder = new TextDecoder();
const startsObject = (head: Uint8Array): boolean => /^\s*\{/u.test(decoder.decode(head.subarray(0, 64)));

function namesParts(source: ByteSource): boolean {
  const text = decoder.decode(source.read(0, Math.min(source.size, 1 << 16)));
  return text.includes('"weight_map"') && text.includes('.weights.h5"');
}

/** One tree of the groups of all parts. Of a group that is cut in two, each part has its own variables. */
export function openParts(index: ByteSource, part: (name: string) => ByteSource): Hdf5Object {
  const places = placesOf(readJson(index), index.name);
  const files = new Set([...places.values()].flat());
  if (files.size > mostParts) throw new UserError(`${index.name} names more files than any model has.`);
  const merged = mergedGroups([...files].map((name) => openHdf5(part(name))));
  for (const [path, names] of places) {
    if (memberAt(merged, path) !== undefined) continue;
    throw new UserError(
      `${index.name} says that ${quoted(path)} is in ${names.map(quoted).join(' and ')}, but it is not: copy the files again.`,
    );
  }
  return merged;
}

/** By the path of a group, the files that hold its variables. */
function placesOf(index: Json, name: string): ReadonlyMap<string, readonly string[]> {
  const map = isObject(index) ? index['weight_map'] : undefined;
  if (!isObject(map)) throw new UserError(`${name} does not say which file holds which weights: save them again.`);
  return new Map(
    Object.entries(map).map(([path, files]): [string, readonly string[]] => {
      const names = Array.isArray(files) ? (files as readonly Json[]) : [files];
      if (names.length > 0 && names.every((one) => typeof one === 'string')) return [path, names];
      throw new UserError(`${name} names no file for ${quoted(path)}: save the weights again.`);
    }),
  );
}

function mergedGroups(groups: readonly Hdf5Object[]): Hdf5Object {
  const [first, ...others] = groups;
  if (first === undefined) return { path: '/', members: new Map(), texts: new Map(), tensor: undefined };
  if (others.length === 0) return first;
  const names = new Set(groups.flatMap(({ members }) => [...members.keys()]));
  return {
    path: first.path,
    texts: new Map(groups.flatMap(({ texts }) => [...texts])),
    tensor: first.tensor,
    members: new Map(
      [...names].map((name) => [name, mergedGroups(groups.flatMap(({ members }) => members.get(name) ?? []))]),
    ),
  };
}

const memberAt = (root: Hdf5Object, path: string): Hdf5Object | undefined =>
  path
    .split('/')
    .filter((name) => name !== '')
    .reduce<Hdf5Object | undefined>((group, name) => group?.members.get(name), root);
