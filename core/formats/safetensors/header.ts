import { bytesFor, elementCount, type ElementType, type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ByteSource } from '../format.ts';
import { amount, quoted } from '../wording.ts';

const elementTypes: ReadonlyMap<string, Exclude<ElementType, 'string'>> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F8_E4M3', 'float8e4m3fn'],
  ['F8_E4M3FNUZ', 'float8e4m3fnuz'],
  ['F8_E5M2', 'float8e5m2'],
  ['F8_E5M2FNUZ', 'float8e5m2fnuz'],
  ['F8_E8M0', 'float8e8m0'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U64', 'uint64'],
  ['U32', 'uint32'],
  ['U16', 'uint16'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

/** The header of a network of a hundred thousand tensors; the format itself allows four times as much. */
const longestHeader = 25_000_000;
const lengthField = 8;
const mostAxes = 64;

/** Eight bytes of length, then a JSON object. */
export function looksLikeSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10 || head[lengthField] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  return length >= 2n && length <= BigInt(size - lengthField);
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Tensors in types that no network here computes in, by name. */
  readonly foreign: ReadonlyMap<string, string>;
}

/** What a file holds, by its header; the numbers stay where they are. */
export function readSafetensors(source: ByteSource): SafetensorsFile {
  const head = source.read(0, Math.min(lengthField, source.size));
  const length =
    head.length < lengthField ? 0 : Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  if (length < 2 || length > source.size - lengthField)
    throw new UserError(`${source.name} is cut off within its header: copy or download it again.`);
  if (length > longestHeader)
    throw new UserError(
      `${source.name} has a header of ${amount(length)} bytes, more than any model needs: it is not read.`,
    );
  const start = lengthField + length;
  const entries = headerOf(source, length);
  const tensors = new Map<string, Tensor>();
  const foreign = new Map<string, string>();
  const ranges: [from: number, to: number, name: string][] = [];
  for (const [name, entry] of entries) {
    const { dtype, shape, from, to } = checkedEntry(name, entry, source);
    const type = elementTypes.get(dtype);
    ranges.push([from, to, name]);
    if (start + to > source.size) {
      throw new UserError(
        `${source.name} is cut off: the tensor ${quoted(name)} should end at byte ${start + to}, but the file ends at byte ${source.size}.`,
      );
    }
    if (type === undefined) {
      foreign.set(name, dtype);
      continue;
    }
    const needed = bytesFor(type, elementCount(shape));
    if (needed !== to - from) {
      throw new UserError(
        `The tensor ${quoted(name)} of ${source.name} (${dtype} [${shape.map(amount).join(', ')}]) takes ${amount(needed)} bytes, but ${to - from} are set aside for it: it is damaged.`,
      );
    }
    const part = (offset: number, count: number, room?: Uint8Array): Uint8Array =>
      source.read(start + from + offset, count, room);
    tensors.set(name, { name, type, shape, part, bytes: () => part(0, needed) });
  }
  refuseOverlap(ranges, source.name);
  return { tensors, foreign };
}

function headerOf(source: ByteSource, length: number): readonly (readonly [string, unknown])[] {
  const damaged = (): UserError =>
    new UserError(`${source.name} has a header that is no list of tensors: it is damaged.`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(source.read(lengthField, length)));
  } catch {
    throw damaged();
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw damaged();
  return Object.entries(header).filter(([name]) => name !== '__metadata__');
}

function checkedEntry(name: string, entry: unknown, { name: file }: ByteSource) {
  const damaged = (what: string): UserError =>
    new UserError(`The tensor ${quoted(name)} of ${file} has ${what}: the file is damaged.`);
  if (typeof entry !== 'object' || entry === null) throw damaged('no description');
  const { dtype, shape, data_offsets: offsets } = entry as Readonly<Record<string, unknown>>;
  if (typeof dtype !== 'string') throw damaged('no type');
  if (!isSizes(shape) || shape.length > mostAxes || !Number.isFinite(elementCount(shape)))
    throw damaged('an impossible shape');
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) throw damaged('an impossible place');
  return { dtype, shape, from: offsets[0]!, to: offsets[1]! };
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

function refuseOverlap(ranges: [number, number, string][], file: string): void {
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  for (let i = 1; i < ranges.length; i++) {
    if (ranges[i]![0] >= ranges[i - 1]![1]) continue;
    throw new UserError(
      `The tensors ${quoted(ranges[i - 1]![2])} and ${quoted(ranges[i]![2])} of ${file} share bytes: it is damaged, or made to harm.`,
    );
  }
}
