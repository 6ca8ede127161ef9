import type { Attribute } from '../../network/network.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { ModelFile } from '../format.ts';
import { quoted } from '../wording.ts';
import { readTensor } from './tensor.ts';
import type { ProtobufReader } from './wire.ts';

/** AttributeProto.AttributeType. */
const kinds: Readonly<Record<number, Attribute['kind'] | undefined>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  6: 'floats',
  7: 'ints',
  8: 'strings',
};

const opaque: Readonly<Record<number, string | undefined>> = {
  5: 'a subgraph',
  9: 'a list of tensors',
  10: 'a list of subgraphs',
  11: 'a sparse tensor',
  12: 'a list of sparse tensors',
  13: 'a type',
  14: 'a list of types',
};

/** For files of before ONNX 1.0, which do not say the type: the field that holds a value tells it. */
const typeOfField: Readonly<Record<number, number | undefined>> = {
  2: 1,
  3: 2,
  4: 3,
  5: 4,
  6: 5,
  7: 6,
  8: 7,
  9: 8,
  10: 9,
  11: 10,
  22: 11,
  23: 12,
  14: 13,
  15: 14,
};

/** Subgraphs are passed over, never entered: however deep they nest, they cost nothing. */
export function readAttribute(message: ProtobufReader, file: ModelFile): readonly [name: string, Attribute] {
  const owner = message.what;
  let name = '';
  let type = 0;
  let reference = false;
  let float = 0;
  let int = 0;
  let string = '';
  let tensor: Tensor | undefined;
  let filled = 0;
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  while (message.next()) {
    filled = typeOfField[message.field] ?? filled;
    switch (message.field) {
      case 1:
        name = message.text();
        message.what = `attribute ${quoted(name)} of ${owner}`;
        break;
      case 2:
        float = message.float();
        break;
      case 3:
        int = message.signed();
        break;
      case 4:
        string = message.text();
        break;
      case 5:
        tensor = readTensor(message.message(`the tensor of ${message.what}`), file, name);
        break;
      case 7:
        message.floatList(floats);
        break;
      case 8:
        message.signedList(ints);
        break;
      case 9:
        strings.push(message.text());
        break;
      case 20:
        type = message.unsigned();
        break;
      case 21:
        reference = message.text() !== '';
        break;
    }
  }
  const value = (): Attribute => {
    if (reference) return { kind: 'opaque', what: 'a parameter of the function around it' };
    const settled = type || filled;
    switch (kinds[settled]) {
      case 'float':
        return { kind: 'float', value: float };
      case 'int':
        return { kind: 'int', value: int };
      case 'string':
        return { kind: 'string', value: string };
      case 'floats':
        return { kind: 'floats', value: floats };
      case 'ints':
        return { kind: 'ints', value: ints };
      case 'strings':
        return { kind: 'strings', value: strings };
      case 'tensor':
        return tensor ? { kind: 'tensor', value: tensor } : { kind: 'opaque', what: 'a tensor that is absent' };
      case 'opaque':
      case undefined:
        return { kind: 'opaque', what: opaque[settled] ?? 'something unknown' };
    }
  };
  return [name, value()];
}
