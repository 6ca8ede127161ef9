import { bytesFor, elementCount, numbersOf, type ElementType, type Shape, type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ByteSource, ModelFile } from '../format.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { quoted } from '../wording.ts';
import { recentlyMade } from '../recently-made.ts';

/** What model.json says of one tensor, which stands among others in the files beside it. */
export interface Weight {
  readonly name: string;
  open(name: string): Tensor;
}

interface Numbers {
  readonly type: ElementType;
  /** How the stored numbers become those of the tensor. */
  readonly quantised?: { readonly scale: number; readonly min: number; readonly whole: boolean };
}

const types: ReadonlySet<string> = new Set([
  'float32',
  'float16',
  'int32',
  'uint8',
  'uint16',
  'bool',
] satisfies ElementType[]);

const typeNamed = (name: Json | undefined): ElementType | undefined =>
  typeof name === 'string' && types.has(name) ? (name as ElementType) : undefined;

const mostWeights = 200_000;

/** All tensors of the model in their order. Their files are opened when somebody reads one. */
export function readManifest(manifest: Json | undefined, file: ModelFile): readonly Weight[] {
  const { name } = file.source;
  const groups = Array.isArray(manifest) ? (manifest as readonly Json[]) : [];
  const weights: Weight[] = [];
  for (const group of groups) {
    if (!isObject(group))
      throw new UserError(`${name} is damaged: its weightsManifest does not list files and weights.`);
    const paths = texts(group['paths'], name);
    const bytes = joined(paths, file);
    let at = 0;
    for (const entry of Array.isArray(group['weights']) ? (group['weights'] as readonly Json[]) : []) {
      const { weight, length } = weightOf(entry, bytes, at, name);
      at += length;
      weights.push(weight);
      if (weights.length > mostWeights) throw new UserError(`${name} lists more weights than any network has.`);
    }
  }
  return weights;
}

function texts(value: Json | undefined, name: string): readonly string[] {
  const list = Array.isArray(value) ? (value as readonly Json[]) : [];
  const paths = list.filter((path): path is string => typeof path === 'string');
  if (paths.length === list.length && list.length <= mostWeights) return paths;
  throw new UserError(`${name} is damaged: the paths of its weights are no file names.`);
}

function weightOf(
  entry: Json,
  bytes: ByteSource,
  at: number,
  file: string,
): { readonly weight: Weight; readonly length: number } {
  if (!isObject(entry) || typeof entry['name'] !== 'string') {
    throw new UserError(`${file} is damaged: its weightsManifest lists something that is no weight.`);
  }
  const { name } = entry;
  const where = `The weights ${quoted(name)} of ${file}`;
  const shape = shapeOf(entry['shape'], where);
  const numbers = numbersAs(entry, where);
  const length = bytesFor(numbers.type as Exclude<ElementType, 'string'>, elementCount(shape));
  const open = (as: string): Tensor => {
    if (at + length > bytes.size) {
      throw new UserError(
        `${where} should be bytes ${at} to ${at + length} of the files beside it, but they have only ${bytes.size}: copy them again.`,
      );
    }
    return tensorOf(as, shape, numbers, bytes, at, length);
  };
  return { weight: { name, open }, length };
}

function shapeOf(value: Json | undefined, where: string): Shape {
  const list = Array.isArray(value) ? (value as readonly Json[]) : undefined;
  const fits =
    list !== undefined &&
    list.length <= 32 &&
    list.every((size) => typeof size === 'number' && Number.isInteger(size) && size >= 0);
  if (fits && Number.isSafeInteger(elementCount(list as Shape) * 8)) return list as Shape;
  throw new UserError(`${where} have no possible shape: the file is damaged.`);
}

function numbersAs(entry: JsonObject, where: string): Numbers {
  const declared = typeof entry['dtype'] === 'string' ? entry['dtype'] : '';
  const quantised = entry['quantization'];
  if (!isObject(quantised)) {
    const type = typeNamed(declared);
    if (type === undefined)
      throw new UserError(`${where} hold numbers of the type ${quoted(declared)}, which is not read.`);
    return { type };
  }
  const stored = typeNamed(quantised['dtype']);
  if (stored === 'float16') return { type: stored };
  const { scale, min } = quantised;
  if ((stored !== 'uint8' && stored !== 'uint16') || typeof scale !== 'number' || typeof min !== 'number') {
    throw new UserError(`${where} are quantised in a way that is not read.`);
  }
  return { type: stored, quantised: { scale, min, whole: declared === 'int32' } };
}

/** The numbers that TensorFlow.js computes with: float32 or int32, whatever the file holds. */
function tensorOf(
  name: string,
  shape: Shape,
  { type, quantised }: Numbers,
  bytes: ByteSource,
  at: number,
  length: number,
): Tensor {
  const stored: Tensor = {
    name,
    type,
    shape,
    bytes: () => bytes.read(at, length),
    part: (from, count, room) => bytes.read(at + from, count, room),
  };
  if (quantised === undefined && type !== 'float16') return stored;
  const { scale, min, whole } = quantised ?? { scale: 1, min: 0, whole: false };
  return {
    name,
    type: whole ? 'int32' : 'float32',
    shape,
    bytes: recentlyMade(
      () => {
        const numbers = numbersOf(stored);
        const made = whole
          ? Int32Array.from(numbers, (value) => Math.round(value * scale + min))
          : Float32Array.from(numbers, (value) => value * scale + min);
        return new Uint8Array(made.buffer);
      },
      ({ length }) => length,
    ),
  };
}

/** Several files as one, each opened at the first need. */
function joined(paths: readonly string[], file: ModelFile): ByteSource {
  let parts: readonly { readonly source: ByteSource; readonly start: number }[] | undefined;
  let total = 0;
  const open = (): NonNullable<typeof parts> =>
    (parts ??= paths.map((path) => {
      const source = file.companion(path);
      const start = total;
      total += source.size;
      return { source, start };
    }));
  return {
    name: paths.join(', '),
    get size() {
      open();
      return total;
    },
    read(offset, length) {
      const result = new Uint8Array(length);
      for (const { source, start } of open()) {
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + source.size);
        if (from < to) result.set(source.read(from - start, to - from), from - offset);
      }
      return result;
    },
  };
}
