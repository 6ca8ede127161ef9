import { bytesPerElement, elementCount } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { recentlyMade } from '../recently-made.ts';
import { numpyType } from '../npy.ts';
import { isKind, type PickledArray, type PickleTuple, type PickleValue } from './pickle/values.ts';
import { checkedTensor, type StridedTensor } from './storage.ts';

/** What numpy's arrays pickle: (version,) shape, dtype, whether columns come first, and the bytes. */
function partsOf(state: PickleTuple): readonly (PickleValue | undefined)[] {
  return state.items.length === 5 ? state.items.slice(1) : state.items;
}

/** A numpy array among the weights as a tensor whose numbers stand in the pickle; undefined for objects and texts. */
export function arrayTensor({ state }: PickledArray, where: string): StridedTensor | undefined {
  if (!isKind(state, 'tuple')) return undefined;
  const [shape, dtype, columnsFirst, data] = partsOf(state);
  if (!isKind(shape, 'tuple') || !isKind(dtype, 'dtype')) return undefined;
  const bytes = bytesIn(data);
  if (bytes === undefined) return undefined;
  const sizes = shape.items.map((size) => (typeof size === 'number' ? size : Number.NaN));
  const order = isKind(dtype.state, 'tuple') ? dtype.state.items[1] : '<';
  const type = order === '>' ? undefined : numpyType(dtype.name);
  const width = type === undefined ? 1 : bytesPerElement[type];
  const count = elementCount(sizes);
  if (type !== undefined && count * width !== bytes.length)
    throw new UserError(`${where} holds an array of ${bytes.length} bytes for ${count} numbers: it is damaged.`);
  const typeName = order === '>' ? `${dtype.name} in big-endian order` : dtype.name;
  const storage = { key: 'an array', type, typeName, count: type === undefined ? count : bytes.length / width, held: bytes.read }; // prettier-ignore
  return checkedTensor({ storage, offset: 0, shape: sizes, strides: stridesOf(sizes, columnsFirst === true) }, where);
}

function stridesOf(shape: readonly number[], columnsFirst: boolean): readonly number[] {
  const strides = shape.map(() => 0);
  let stride = 1;
  for (const axis of columnsFirst ? shape.keys() : [...shape.keys()].toReversed()) {
    strides[axis] = stride;
    stride *= Math.max(1, shape[axis]!);
  }
  return strides;
}

/** Protocol 2 writes bytes as a text that is to be encoded; that is done when somebody reads them. */
function bytesIn(data: PickleValue | undefined): { readonly length: number; read: () => Uint8Array } | undefined {
  if (data instanceof Uint8Array) return { length: data.length, read: () => data };
  if (!isKind(data, 'encoded')) return undefined;
  const { text } = data;
  if (/[^\0-\xff]/u.test(text)) return undefined;
  return {
    length: text.length,
    read: recentlyMade(
      () => Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
      ({ length }) => length,
    ),
  };
}
