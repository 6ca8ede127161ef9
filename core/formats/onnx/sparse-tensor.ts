import { bytesPerElement, elementCount, numbersOf } from '../../network/tensor.ts';
import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ModelFile } from '../format.ts';
import { quoted } from '../wording.ts';
import { checkedShape, readTensor } from './tensor.ts';
import type { ProtobufReader } from './wire.ts';

/** The most elements of a sparse tensor, of which a few bytes in the file can declare any number. */
const largestSparse = 2 ** 28;

/** SparseTensorProto as the dense tensor it stands for: zeros but for the listed places. Its name is that of its values. */
export function readSparseTensor(message: ProtobufReader, file: ModelFile, nameOtherwise: string): Tensor {
  let values: Tensor | undefined;
  let places: Tensor | undefined;
  const dims: number[] = [];
  while (message.next()) {
    if (message.field === 1) values = readTensor(message.message(`the values of ${message.what}`), file, nameOtherwise);
    else if (message.field === 2) places = readTensor(message.message(`the places of ${message.what}`), file, '');
    else if (message.field === 3) message.signedList(dims);
  }
  const name = values?.name ?? nameOtherwise;
  const where = `The sparse tensor ${quoted(name)} of ${file.source.name}`;
  if (values === undefined || values.type === 'string')
    throw new UserError(`${where} has no numbers: export it again.`);
  const shape = checkedShape(dims, where);
  const count = elementCount(values.shape);
  if (elementCount(shape) > largestSparse)
    throw new UserError(`${where} has ${elementCount(shape)} elements, more than can be held.`);
  const linear = places?.shape.length === 1;
  const fits =
    count === 0 ||
    (places?.type === 'int64' && elementCount(places.shape) === count * (linear ? 1 : shape.length) && count > 0);
  if (!fits) throw new UserError(`${where} does not say where its ${count} values stand: export it again.`);
  const { type } = values;
  if (bytesPerElement[type] < 1) throw new UserError(`${where} holds numbers of four bits, which is not read yet.`);
  const given = values;
  return {
    name,
    type,
    shape,
    bytes() {
      const width = bytesPerElement[type];
      const dense = new Uint8Array(elementCount(shape) * width);
      const source = given.bytes();
      const indices = places === undefined ? new Float64Array(0) : numbersOf(places);
      for (let k = 0; k < count; k++) {
        const at = linear
          ? indices[k]!
          : shape.reduce((sum, size, axis) => sum * size + indices[k * shape.length + axis]!, 0);
        if (!(at >= 0 && (at + 1) * width <= dense.length))
          throw new UserError(`${where} has a value outside of its shape: export it again.`);
        dense.set(source.subarray(k * width, (k + 1) * width), at * width);
      }
      return dense;
    },
  };
}
