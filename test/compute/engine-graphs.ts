/** ONNX graphs for these tests, encoded here by hand so that they do not depend on the writer that other tests are about. */

const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
const bytes = (field: number, content: readonly number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, content: string): number[] => bytes(field, [...Buffer.from(content)]);
const int = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];

/** TensorProto.DataType */
export const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float64: 11 } as const;
type TypeName = keyof typeof elementTypes;

interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ints?: Readonly<Record<string, readonly number[]>>;
}

const attribute = ([name, values]: readonly [string, readonly number[]]): number[] =>
  bytes(5, [...text(1, name), ...values.flatMap((value) => int(8, value)), ...int(20, 7)]);

const node = ({ op, inputs, outputs, ints }: GraphNode): number[] =>
  bytes(1, [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...Object.entries(ints ?? {}).flatMap(attribute),
  ]);

/** A value without a shape: ONNX Runtime takes it from what is fed. */
const value = (field: number, [name, type]: readonly [string, TypeName]): number[] =>
  bytes(field, [...text(1, name), ...bytes(2, bytes(1, int(1, elementTypes[type])))]);

export function graph(
  nodes: readonly GraphNode[],
  inputs: Readonly<Record<string, TypeName>>,
  outputs: Readonly<Record<string, TypeName>>,
): Uint8Array {
  const typed = (values: Readonly<Record<string, TypeName>>): (readonly [string, TypeName])[] => Object.entries(values);
  const body = [
    ...nodes.flatMap(node),
    ...text(2, 'g'),
    ...typed(inputs).flatMap((input) => value(11, input)),
    ...typed(outputs).flatMap((output) => value(12, output)),
  ];
  return Uint8Array.from([...int(1, 8), ...bytes(7, body), ...bytes(8, int(2, 13))]);
}
