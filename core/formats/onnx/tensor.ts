import { bytesFor, bytesPerElement, elementCount } from '../../network/tensor.ts';
import type { ElementType, Shape, Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { memorySource } from '../bytes.ts';
import type { ModelFile } from '../format.ts';
import { amount, counted, quoted } from '../wording.ts';
import { elementTypeOf, foreignTypeName } from './element-types.ts';
import { readEntry } from './entry.ts';
import { externalBytes } from './external-data.ts';
import { ProtobufReader, Window } from './wire.ts';
import type { ByteRange } from './wire.ts';

const field = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  stringData: 6,
  int64Data: 7,
  name: 8,
  rawData: 9,
  doubleData: 10,
  uint64Data: 11,
  externalData: 13,
  dataLocation: 14,
} as const;

/** Which list of TensorProto holds the values when they are not raw; small types share that of int32. */
const listOf: Readonly<Record<ElementType, number>> = {
  float32: field.floatData,
  float64: field.doubleData,
  int64: field.int64Data,
  uint32: field.uint64Data,
  uint64: field.uint64Data,
  string: field.stringData,
  int8: field.int32Data,
  int16: field.int32Data,
  int32: field.int32Data,
  uint8: field.int32Data,
  uint16: field.int32Data,
  int4: field.int32Data,
  uint4: field.int32Data,
  bool: field.int32Data,
  float16: field.int32Data,
  bfloat16: field.int32Data,
  float8e4m3fn: field.int32Data,
  float8e4m3fnuz: field.int32Data,
  float8e5m2: field.int32Data,
  float8e5m2fnuz: field.int32Data,
  float8e8m0: field.int32Data,
};

const highestRank = 64;

/** The tensor of a file of its own (.pb), as ONNX keeps inputs and outputs for tests. */
export function readTensorProto(bytes: Uint8Array, name = 'tensor'): Tensor {
  const source = memorySource(name, bytes);
  const companion = (): never => {
    throw new UserError(`${name} keeps its numbers in another file, which is not opened.`);
  };
  return readTensor(new ProtobufReader(new Window(source), 'the tensor'), { source, companion }, '');
}

/** Reads what the tensor says about itself and checks it against the bytes that are there, which stay unread. */
export function readTensor(message: ProtobufReader, file: ModelFile, nameOtherwise: string): Tensor {
  let name = nameOtherwise;
  let code = 0;
  let external = false;
  let raw: ByteRange | undefined;
  const dims: number[] = [];
  const location = new Map<string, string>();
  while (message.next()) {
    switch (message.field) {
      case field.dims:
        message.signedList(dims);
        break;
      case field.dataType:
        code = message.unsigned();
        break;
      case field.name:
        name = message.text() || nameOtherwise;
        message.what = `tensor ${quoted(name)}`;
        break;
      case field.rawData:
        raw = message.bytes(`the numbers of ${message.what}`);
        break;
      case field.externalData:
        readEntry(message.message(`the file name of ${message.what}`), location);
        break;
      case field.dataLocation:
        external = message.unsigned() === 1;
        break;
    }
  }
  const where = `Tensor ${quoted(name)} of ${file.source.name}`;
  const type = elementTypeOf(code);
  if (type === undefined) {
    throw new UserError(`${where} holds numbers of the type ${foreignTypeName(code)}, which is not read yet.`);
  }
  const shape = checkedShape(dims, where);
  const of = (bytes: () => Uint8Array): Tensor => ({ name, type, shape, bytes });
  const parted = (access: Pick<Tensor, 'bytes' | 'part'>): Tensor => ({ name, type, shape, ...access });

  if (external) {
    if (type === 'string') throw new UserError(`${where} keeps text in another file, which ONNX does not allow.`);
    return parted(externalBytes(location, bytesFor(type, elementCount(shape)), file, where));
  }
  const { source } = file;
  if (raw !== undefined && raw.length > 0 && type !== 'string') {
    const { offset, length } = raw;
    const needed = bytesFor(type, elementCount(shape));
    if (needed !== length) {
      throw new UserError(
        `${where} declares ${elements(shape, type)}, which take ${amount(needed)} bytes, but holds ${counted(length, 'byte')}: export it again.`,
      );
    }
    return parted({
      bytes: () => source.read(offset, length),
      part: (from, count, room) => source.read(offset + from, count, room),
    });
  }
  const held = countListed(message.again(), type);
  const fourBits = type === 'int4' || type === 'uint4';
  // Of such numbers an entry of the list holds two, a byte.
  if (held !== (fourBits ? bytesFor(type, elementCount(shape)) : elementCount(shape))) {
    throw new UserError(`${where} declares ${elements(shape, type)}, but holds ${held}: export it again.`);
  }
  return of(() => bytesOfList(message.again(), fourBits ? 'uint8' : type, held));
}

const elements = (shape: Shape, type: ElementType): string =>
  `${amount(elementCount(shape))} elements (${type} [${shape.map(amount).join(', ')}])`;

export function checkedShape(dims: readonly number[], where: string): Shape {
  if (dims.length > highestRank) {
    throw new UserError(`${where} declares ${dims.length} axes, more than any real tensor has: the file is damaged.`);
  }
  // The product is not finite when sizes are beyond everything, also when another size is 0.
  if (dims.some((size) => size < 0) || !Number.isFinite(elementCount(dims))) {
    throw new UserError(
      `${where} declares the impossible shape [${dims.map(amount).join(', ')}]: the file is damaged.`,
    );
  }
  return dims;
}

function countListed(message: ProtobufReader, type: ElementType): number {
  let count = 0;
  while (message.next()) {
    if (message.field !== listOf[type]) continue;
    if (type === 'float32') count += message.fixedList(4).length / 4;
    else if (type === 'float64') count += message.fixedList(8).length / 8;
    else if (type === 'string') {
      message.bytes();
      count++;
    } else {
      message.eachVarint(() => count++);
    }
  }
  return count;
}

function bytesOfList(message: ProtobufReader, type: ElementType, count: number): Uint8Array {
  if (type === 'string') return bytesOfTexts(message);
  const width = bytesPerElement[type];
  const bytes = new Uint8Array(count * width);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const keep = (low: number, high: number): void => {
    if (width === 1) view.setUint8(at, low);
    else if (width === 2) view.setUint16(at, low, true);
    else view.setUint32(at, low, true);
    if (width === 8) view.setUint32(at + 4, high, true);
    at += width;
  };
  while (message.next()) {
    if (message.field !== listOf[type]) continue;
    if (type === 'float32' || type === 'float64') {
      const values = message.read(message.fixedList(type === 'float32' ? 4 : 8));
      bytes.set(values, at);
      at += values.length;
    } else {
      message.eachVarint(keep);
    }
  }
  return bytes;
}

/** A constant whose elements are texts. They have no width: each is its length in four bytes, then its UTF-8. */
export function tensorOfTexts(name: string, shape: Shape, texts: readonly string[]): Tensor {
  return { name, type: 'string', shape, bytes: () => joined(texts.map((text) => withLength(encoder.encode(text)))) };
}

function bytesOfTexts(message: ProtobufReader): Uint8Array {
  const texts: Uint8Array[] = [];
  while (message.next()) {
    if (message.field !== field.stringData) continue;
    texts.push(withLength(message.read(message.bytes())));
  }
  return joined(texts);
}

/** The UTF-8 of the elements of such a constant. */
export function textsOf(tensor: Tensor): readonly Uint8Array[] {
  const bytes = tensor.bytes();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + view.getUint32(at, true);
    texts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return texts;
}

const encoder = new TextEncoder();

function withLength(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
