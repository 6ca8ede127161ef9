import { bytesFor, type Tensor } from '../../../network/tensor.ts';
import { UserError } from '../../../sentence.ts';
import type { ByteSource } from '../../format.ts';
import { quoted } from '../../wording.ts';
import type { ZipArchive } from '../../zip/archive.ts';
import { isKind } from '../pickle/values.ts';
import { checkedTensor, tensorFrom, type StridedTensor } from '../storage.ts';
import { readCheckpoint } from '../zip-checkpoint.ts';
import { isJson, listIn, metaOf, objectIn, textIn, type Json } from './program.ts';
import { typeOfCode } from './scalar-types.ts';

export interface ExportArchive {
  /** The program's JSON. */
  readonly program: string;
  /** Parameters, buffers and constants by their names in the model. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const longestProgram = 1 << 27;
const oldProgram = 'serialized_exported_program.json';

/** Since 2.8 or so: a folder with models/NAME.json; before, the program at the top. */
const newProgram = /^([^/]+\/)models\/([^/]+)\.json$/u;

export const holdsExport = ({ entries }: ZipArchive): boolean =>
  entries.has(oldProgram) || [...entries.keys()].some((name) => newProgram.test(name));

export function readExportArchive(archive: ZipArchive): ExportArchive {
  for (const [name, entry] of archive.entries) {
    const match = newProgram.exec(name);
    if (match !== null) return { program: textOf(entry), tensors: newTensors(archive, match[1]!, match[2]!) };
  }
  return { program: textOf(archive.entries.get(oldProgram)!), tensors: oldTensors(archive) };
}

function textOf(entry: ByteSource): string {
  if (entry.size > longestProgram) throw new UserError(`${entry.name} is longer than any program of a network.`);
  return new TextDecoder().decode(entry.read(0, entry.size));
}

/** Raw numbers, one entry each, and a list of what they are. */
function newTensors({ entries, name }: ZipArchive, folder: string, model: string): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const part of ['weights', 'constants']) {
    const list = entries.get(`${folder}data/${part}/${model}_${part}_config.json`);
    if (list === undefined) continue;
    const config: unknown = parsed(textOf(list), list.name);
    for (const [key, payload] of Object.entries(isJson(config) ? objectIn(config, 'config') : {})) {
      if (!isJson(payload) || payload['use_pickle'] === true) continue;
      const path = `${folder}data/${part}/${textIn(payload, 'path_name')}`;
      const entry = entries.get(path);
      if (entry === undefined)
        throw new UserError(`${name} should hold ${quoted(key)} as ${quoted(path)}, but it is not there.`);
      const tensor = tensorFrom(key, stridedFrom(objectIn(payload, 'tensor_meta'), entry, key), () => entry);
      if (tensor !== undefined) tensors.set(key, tensor);
    }
  }
  return tensors;
}

function stridedFrom(meta: Json, entry: ByteSource, key: string): StridedTensor {
  const { dtype, sizes } = metaOf(meta);
  const type = typeOfCode(dtype);
  const whole = (list: readonly Json[]): number[] =>
    list.map((size) => (typeof size['as_int'] === 'number' ? size['as_int'] : -1));
  const offset = objectIn(meta, 'storage_offset')['as_int'];
  const count = type === undefined ? entry.size : Math.floor(entry.size / bytesFor(type, 1));
  return checkedTensor(
    {
      storage: { key, type, typeName: `number ${dtype}`, count },
      shape: sizes.map((size) => (typeof size === 'number' ? size : -1)),
      strides: whole(listIn(meta, 'strides')),
      offset: typeof offset === 'number' ? offset : 0,
    },
    entry.name,
  );
}

/** What torch.save wrote, inside the archive: the state dict and the constants. */
function oldTensors({ entries }: ZipArchive): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const part of ['serialized_state_dict', 'serialized_constants'])
    for (const ending of ['pt', 'json']) {
      const entry = entries.get(`${part}.${ending}`);
      if (entry === undefined || entry.size === 0) continue;
      const { root, bytesOf } = readCheckpoint(entry);
      if (!isKind(root, 'dict')) continue;
      for (const [key, value] of root.entries) {
        if (typeof key !== 'string' || !isKind(value, 'tensor')) continue;
        const tensor = tensorFrom(key, value.tensor, bytesOf);
        if (tensor !== undefined) tensors.set(key, tensor);
      }
    }
  return tensors;
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${name} is no JSON: export the model again.`);
  }
}
