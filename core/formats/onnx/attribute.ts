import type { Attribute, Subgraph } from '../../network/network.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { ModelFile } from '../format.ts';
import { quoted } from '../wording.ts';
import { readSparseTensor } from './sparse-tensor.ts';
import { readTensor } from './tensor.ts';
import type { ProtobufReader } from './wire.ts';

/** AttributeProto.AttributeType. */
const kinds: Readonly<Record<number, Attribute['kind'] | undefined>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  5: 'graph',
  6: 'floats',
  7: 'ints',
  8: 'strings',
  // Read as the dense tensor that it stands for.
  11: 'tensor',
};

const opaque: Readonly<Record<number, string | undefined>> = {
  9: 'a list of tensors',
  10: 'a list of subgraphs',
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

/** Reads the graph inside an attribute; undefined where graphs nest too deep to be a network. */
export type SubgraphReader = ((message: ProtobufReader) => Subgraph) | undefined;

export function readAttribute(
  message: ProtobufReader,
  file: ModelFile,
  readSubgraph: SubgraphReader,
): readonly [name: string, Attribute] {
  const owner = message.what;
  let name = '';
  let type = 0;
  let parameter = '';
  let graph: Subgraph | undefined;
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
      case 6:
        graph = readSubgraph?.(message.message(`the graph in ${message.what}`));
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
      case 22:
        tensor = readSparseTensor(message.message(`the sparse tensor of ${message.what}`), file, name);
        break;
      case 20:
        type = message.unsigned();
        break;
      case 21:
        parameter = message.text();
        break;
    }
  }
  const value = (): Attribute => {
    if (parameter !== '') return { kind: 'opaque', what: 'a parameter of the function around it', parameter };
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
      case 'graph':
        return graph ? { kind: 'graph', value: graph } : { kind: 'opaque', what: 'a graph nested too deep' };
      case 'opaque':
      case undefined:
        return { kind: 'opaque', what: opaque[settled] ?? 'something unknown' };
    }
  };
  return [name, value()];
}
