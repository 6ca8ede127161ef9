import type { Network } from '../network/network.ts';
import type { ModelFile, ModelFormat } from './format.ts';
import { unknownFormat } from './looks-like.ts';
import { kerasArchive } from './keras/archive.ts';
import { kerasHdf5 } from './keras/hdf5-model.ts';
import { kerasParts } from './keras/parts.ts';
import { onnx } from './onnx/index.ts';
import { safetensors, shardedSafetensors } from './safetensors/index.ts';
import { torchExport } from './torch/export/index.ts';
import { agentArchive, legacyTorchCheckpoint, torchCheckpoint } from './torch/index.ts';
import { tensorflowJs } from './tfjs/index.ts';

const formats: readonly ModelFormat[] = [
  onnx,
  safetensors,
  kerasParts,
  shardedSafetensors,
  torchExport,
  kerasArchive,
  kerasHdf5,
  tensorflowJs,
  torchCheckpoint,
  agentArchive,
  legacyTorchCheckpoint,
];

const headLength = 1024;

/** Reads a model of any known format; throws a UserError that says what is wrong with the file. */
export function readModel(file: ModelFile): Network {
  const { source } = file;
  const head = source.read(0, Math.min(headLength, source.size));
  const format = formats.find((candidate) => candidate.recognises(head, source));
  if (!format) throw unknownFormat(source, head);
  return format.read(file);
}
