import { counted, quoted } from '../wording.ts';
import type { ModelFormat } from '../format.ts';
import { weightsNetwork } from '../weights/network.ts';
import { looksLikeSafetensors, readSafetensors, type SafetensorsFile } from './header.ts';
import { looksLikeIndex, readSharded } from './sharded.ts';

/** One file of named tensors, as Hugging Face writes them. */
export const safetensors: ModelFormat = {
  name: 'safetensors',
  recognises: (head, { size }) => looksLikeSafetensors(head, size),
  read: ({ source }) => networkOf(readSafetensors(source), source.name),
};

/** The index (model.safetensors.index.json, pytorch_model.bin.index.json) of a model whose tensors are in several files beside it. */
export const shardedSafetensors: ModelFormat = {
  name: 'safetensors',
  recognises: looksLikeIndex,
  read(file) {
    const sharded = readSharded(file);
    return networkOf(sharded, file.source.name, sharded.format);
  },
};

const networkOf = ({ tensors, foreign }: SafetensorsFile, file: string, format = 'safetensors') =>
  weightsNetwork({ format, file, tensors, notes: notesOn(foreign) });

function notesOn(foreign: ReadonlyMap<string, string>): string[] {
  if (foreign.size === 0) return [];
  const [[name, type]] = [...foreign] as [[string, string]];
  return [
    `${counted(foreign.size, 'tensor')} in number types that are not read, such as ${quoted(name)} (${type}), ${foreign.size === 1 ? 'is' : 'are'} left out.`,
  ];
}
