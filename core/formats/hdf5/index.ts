import { bytesFor, elementCount, type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ByteSource } from '../format.ts';
import { quoted } from '../wording.ts';
import { readTexts } from './attributes.ts';
import { BytesAt } from './bytes-at.ts';
import { readDataspace, readDatatype } from './datatype.ts';
import { storedAs } from './layout.ts';
import { readLinks } from './links.ts';
import { messageType, readHeader, type Message } from './object-header.ts';

/** A group or array of an HDF5 file. */
export interface Hdf5Object {
  /** Its path in the file, for messages. */
  readonly path: string;
  /** Of a group. */
  readonly members: ReadonlyMap<string, Hdf5Object>;
  /** Attributes that are texts. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** The array, whose numbers stay in the file; throws where it is none that tensors can be. */
  readonly tensor: ((name: string) => Tensor) | undefined;
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const mostObjects = 300_000;
const deepest = 64;

export const looksLikeHdf5 = (head: Uint8Array): boolean => signature.every((byte, i) => head[i] === byte);

/**
 * All objects of the file, without their numbers. Read by our own code, not by the HDF5 library: mutated files make that one (as
 * WebAssembly, h5wasm) run for minutes or write outside its memory, and it follows links into other files.
 */
export function openHdf5(source: ByteSource): Hdf5Object {
  const { file, root } = superblock(new BytesAt(source));
  let objects = 0;
  const open = (at: number, path: string, above: ReadonlySet<number>): Hdf5Object => {
    if (above.has(at)) throw file.damaged(`contains itself: ${quoted(path)} is a group that it lies in`);
    if (above.size > deepest || ++objects > mostObjects) {
      throw file.damaged('holds more groups within groups than any model has');
    }
    const messages = readHeader(file, at);
    const lineage = new Set([...above, at]);
    const members = new Map(
      [...readLinks(file, messages, quoted(path))].map(([name, place]): [string, Hdf5Object] => [
        name,
        open(place, path === '/' ? `/${name}` : `${path}/${name}`, lineage),
      ]),
    );
    return { path, members, texts: readTexts(file, messages), tensor: tensorOf(file, messages, path) };
  };
  return open(root, '/', new Set());
}

function superblock(file: BytesAt): { readonly file: BytesAt; readonly root: number } {
  const version = file.u8(8);
  const modern = version === 2 || version === 3;
  if (!modern && version > 1) throw file.damaged(`is of the unknown version ${version}`);
  const widths = modern ? [file.u8(9), file.u8(10)] : [file.u8(13), file.u8(14)];
  if (widths.some((width) => width !== 8))
    throw file.damaged('counts its places in other numbers than of 64 bits, which is not read');
  if (modern) return { file: file.from(file.u64(12)), root: file.u64(36) };
  const start = version === 0 ? 24 : 28;
  return { file: file.from(file.u64(start)), root: file.u64(start + 40) };
}

function tensorOf(file: BytesAt, messages: readonly Message[], path: string): Hdf5Object['tensor'] {
  const find = (type: number): Message | undefined => messages.find((message) => message.type === type);
  const [space, type] = [find(messageType.dataspace), find(messageType.datatype)];
  if (space === undefined || type === undefined) return undefined;
  const where = `the array ${quoted(path)}`;
  return (name) => {
    const shape = readDataspace(file, space.at) ?? [0];
    const datatype = readDatatype(file, type.at);
    if (datatype.kind !== 'number') {
      const what = datatype.kind === 'other' ? datatype.what : 'texts';
      throw new UserError(`${file.name} holds ${what} in ${where}, where numbers should be: save it again.`);
    }
    const stored = storedAs(file, messages, shape, datatype.size, where);
    if (
      datatype.type === 'string' ||
      bytesFor(datatype.type, elementCount(shape)) !== datatype.size * elementCount(shape)
    ) {
      throw file.damaged(`states a wrong width of the elements of ${where}`);
    }
    if (!datatype.bigEndian || datatype.size === 1) return { name, type: datatype.type, shape, ...stored };
    return { name, type: datatype.type, shape, bytes: () => reversed(stored.bytes(), datatype.size) };
  };
}

function reversed(bytes: Uint8Array, width: number): Uint8Array {
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return bytes;
}
