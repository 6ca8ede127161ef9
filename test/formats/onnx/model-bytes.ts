/**
 * ONNX models written byte by byte, independently of the product's own writer, so that they can be wrong in any way.
 * Field numbers are those of onnx.proto.
 */
type Bytes = readonly number[];

export function varint(value: number | bigint): Bytes {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
}

export const utf8 = (text: string): Bytes => [...new TextEncoder().encode(text)];

export const number = (field: number, value: number | bigint): Bytes => [...varint(field * 8), ...varint(value)];

export const block = (field: number, ...parts: readonly Bytes[]): Bytes => {
  const content = parts.flat();
  return [...varint(field * 8 + 2), ...varint(content.length), ...content];
};

export const text = (field: number, value: string): Bytes => block(field, utf8(value));

export const floats = (...values: readonly number[]): Bytes => [...new Uint8Array(Float32Array.from(values).buffer)];
export const doubles = (...values: readonly number[]): Bytes => [...new Uint8Array(Float64Array.from(values).buffer)];

export const float = (field: number, value: number): Bytes => [...varint(field * 8 + 5), ...floats(value)];

export const ir = (version: number): Bytes => number(1, version);
export const opset = (version: number, domain = ''): Bytes => block(8, text(1, domain), number(2, version));
export const graph = (...parts: readonly Bytes[]): Bytes => block(7, ...parts);

/** The content of a TensorProto. */
export const tensor = (
  name: string,
  dims: readonly (number | bigint)[],
  type: number,
  ...values: readonly Bytes[]
): Bytes => [...dims.flatMap((size) => number(1, size)), ...number(2, type), ...text(8, name), ...values.flat()];

export const raw = (bytes: Bytes): Bytes => block(9, bytes);
export const initializer = (content: Bytes): Bytes => block(5, content);

export const floatInitializer = (name: string, dims: readonly number[], values: readonly number[]): Bytes =>
  initializer(tensor(name, dims, 1, raw(floats(...values))));

/** The entries of external data. */
export const elsewhere = (entries: Readonly<Record<string, string>>): Bytes => [
  ...Object.entries(entries).flatMap(([key, value]) => block(13, text(1, key), text(2, value))),
  ...number(14, 1),
];

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...rest: readonly Bytes[]
): Bytes =>
  block(1, ...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, op), ...rest);

export const named = (name: string): Bytes => text(3, name);
export const inDomain = (domain: string): Bytes => text(7, domain);
export const attribute = (name: string, type: number, ...value: readonly Bytes[]): Bytes =>
  block(5, text(1, name), ...value, number(20, type));

const value = (field: number, name: string, dims: readonly (number | bigint | string)[], type = 1): Bytes => {
  const axes = dims.map((size) => block(1, typeof size === 'string' ? text(2, size) : number(1, size)));
  return block(field, text(1, name), block(2, block(1, number(1, type), block(2, ...axes))));
};

export const input = (name: string, dims: readonly (number | bigint | string)[], type = 1): Bytes =>
  value(11, name, dims, type);
export const output = (name: string, dims: readonly (number | bigint | string)[], type = 1): Bytes =>
  value(12, name, dims, type);
export const declared = (name: string, dims: readonly (number | string)[]): Bytes => value(13, name, dims);

export const file = (...parts: readonly Bytes[]): Uint8Array => Uint8Array.from(parts.flat());

/** A whole model around the parts of its graph: x in, y out. */
export const model = (...parts: readonly Bytes[]): Uint8Array =>
  file(ir(8), opset(17), graph(...parts, input('x', ['batch', 2]), output('y', ['batch', 2])));
