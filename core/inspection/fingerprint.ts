import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

/** What a model file is, by content. */
export interface Fingerprint {
  readonly sha256: string;
  /** The files beside it that the model says hold its tensors, as it names them; only their identity is looked at. */
  readonly companions: readonly string[];
}

/** In one pass and a megabyte at a time, whatever the size of the file. */
export async function fingerprint(path: string): Promise<Fingerprint> {
  const hash = createHash('sha256');
  const companions = new Set<string>();
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    const bytes = Buffer.concat([tail, chunk]);
    collectLocations(bytes, companions);
    if (companions.size < mostPaths) collectPaths(bytes, companions);
    if (companions.size < mostPaths) collectShards(bytes, companions);
    tail = chunk.subarray(-longestEntry);
  }
  return { sha256: hash.digest('hex'), companions: [...companions].sort() };
}

/** Changes whenever the file does, without reading it: a write that keeps size and mtime still moves ctime. */
export async function identityOf(path: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  return [size, mtimeNs, ctimeNs, ino].join('-');
}

export const identitiesOf = (path: string, companions: readonly string[]): Promise<readonly string[]> =>
  Promise.all(companions.map((companion) => identityOf(join(dirname(path), companion)).catch(() => 'absent')));

/** A StringStringEntryProto of TensorProto.external_data: field 1 "location", then field 2 with its length and value. */
const locationEntry = Buffer.from('\x0a\x08location\x12', 'latin1');
const longestEntry = 1024;
const mostPaths = 10_000;

/** The shards that the model.json of TensorFlow.js lists: "paths": ["group1-shard1of2.bin", ...]. */
const pathLists = /"paths"\s*:\s*\[((?:\s*"[^"\\]{1,300}"\s*,?)*)\]/gu;

function collectPaths(bytes: Buffer, into: Set<string>): void {
  if (bytes.indexOf('"paths"') === -1) return;
  for (const [, list] of bytes.toString('latin1').matchAll(pathLists))
    for (const [, path] of (list ?? '').matchAll(/"([^"]+)"/gu)) addInside(path!, into);
}

/** The shards of an index, of whatever format: "weight_map": {"layer.weight": "model-00001-of-00002.safetensors", ...}. */
const shardEnds = ['.safetensors"', '.bin"', '.weights.h5"'];
const shard = /"([^"\\]{1,300}\.(?:safetensors|bin|weights\.h5))"/gu;

function collectShards(bytes: Buffer, into: Set<string>): void {
  if (shardEnds.every((end) => bytes.indexOf(end) === -1)) return;
  for (const [, path] of bytes.toString('utf8').matchAll(shard)) addInside(path!, into);
}

function addInside(location: string, into: Set<string>): void {
  // The reader refuses files outside the model's folder; neither are they looked at here.
  const outside = isAbsolute(location) || location.split(/[\\/]/).includes('..') || location.includes('\0');
  if (!outside) into.add(location);
}

/** By looking for the bytes, since parsing is the reader's business; a chance match only adds a file that does not exist. */
function collectLocations(bytes: Buffer, into: Set<string>): void {
  for (let at = bytes.indexOf(locationEntry); at !== -1; at = bytes.indexOf(locationEntry, at + 1)) {
    const low = bytes[at + locationEntry.length] ?? 0;
    const long = low >= 128;
    const length = long ? (low & 127) + 128 * (bytes[at + locationEntry.length + 1] ?? 0) : low;
    const start = at + locationEntry.length + (long ? 2 : 1);
    if (start + length > bytes.length || length > longestEntry - 20) continue;
    const location = bytes.toString('utf8', start, start + length);
    addInside(location, into);
  }
}
