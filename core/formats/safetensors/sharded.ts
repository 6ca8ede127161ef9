import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ByteSource, ModelFile } from '../format.ts';
import { looksLikeLegacy, readLegacyCheckpoint } from '../torch/legacy-checkpoint.ts';
import { readZipCheckpoint } from '../torch/zip-checkpoint.ts';
import { quoted } from '../wording.ts';
import { looksLikeZip } from '../zip/archive.ts';
import { readSafetensors, type SafetensorsFile } from './header.ts';

const longestIndex = 1 << 26;
const mostFiles = 10_000;

/** The index of a model in several files: which tensor stands in which. Its keys come in any order, so more than the head is looked at. */
export function looksLikeIndex(head: Uint8Array, source: ByteSource): boolean {
  if (!/^\s*\{/u.test(decoder.decode(head.subarray(0, 64)))) return false;
  return decoder.decode(source.read(0, Math.min(source.size, 1 << 16))).includes('"weight_map"');
}

const decoder = new TextDecoder();

/** `pytorch` where the files are pickles: pytorch_model.bin.index.json, as models were stored before safetensors. */
export interface ShardedFile extends SafetensorsFile {
  readonly format: 'safetensors' | 'pytorch';
}

export function readSharded(file: ModelFile): ShardedFile {
  const { source } = file;
  const names = shardsOf(source);
  const tensors = new Map<string, Tensor>();
  const foreign = new Map<string, string>();
  let format: ShardedFile['format'] = 'safetensors';
  for (const shard of new Set(names.values())) {
    const opened = file.companion(shard);
    const pickled = readPickled(opened);
    if (pickled !== undefined) format = 'pytorch';
    const held = pickled ?? readSafetensors(opened);
    for (const [name, tensor] of held.tensors) if (names.get(name) === shard) tensors.set(name, tensor);
    for (const [name, type] of held.foreign) foreign.set(name, type);
  }
  for (const [name, shard] of names) {
    if (tensors.has(name) || foreign.has(name)) continue;
    throw new UserError(
      `${source.name} says that the tensor ${quoted(name)} is in ${quoted(shard)}, but it is not: download both again.`,
    );
  }
  return { tensors, foreign, format };
}

/** A file of the index that torch.save wrote. */
function readPickled(source: ByteSource): SafetensorsFile | undefined {
  const head = source.read(0, Math.min(source.size, 64));
  if (looksLikeZip(head)) return readZipCheckpoint(source);
  return looksLikeLegacy(head) ? readLegacyCheckpoint(source) : undefined;
}

function shardsOf(source: ByteSource): ReadonlyMap<string, string> {
  const damaged = (what: string): UserError => new UserError(`${source.name} ${what}: download it again.`);
  if (source.size > longestIndex) throw damaged('is longer than any index of weights');
  let index: unknown;
  try {
    index = JSON.parse(decoder.decode(source.read(0, source.size)));
  } catch {
    throw damaged('is no JSON');
  }
  const map = typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : undefined;
  if (typeof map !== 'object' || map === null) throw damaged('does not say which file holds which tensor');
  const names = new Map<string, string>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string') throw damaged(`names no file for the tensor ${quoted(name)}`);
    names.set(name, shard);
  }
  if (new Set(names.values()).size > mostFiles) throw damaged('names more files than any model has');
  return names;
}
