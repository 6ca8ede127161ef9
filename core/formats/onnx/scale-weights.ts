import type { ByteRange } from './wire.ts';
import { ProtobufReader, Window } from './wire.ts';
import { memorySource } from '../bytes.ts';
import { UserError } from '../../sentence.ts';
import { quoted } from '../wording.ts';

const model = { graph: 7 } as const;
const graph = { node: 1, initializer: 5 } as const;
const node = { output: 2, op: 4, attribute: 5 } as const;
const attribute = { tensor: 5 } as const;
const tensor = { type: 2, floats: 4, name: 8, raw: 9, doubles: 10, location: 14 } as const;

const widths = new Map<number, 4 | 8>([
  [1, 4],
  [11, 8],
]);

/**
 * The same file with the numbers of the named weights multiplied: they take as many bytes as before, so that nothing else of the file changes by
 * a single bit, whatever it may hold. Weights may be initializers or the values of Constant nodes.
 */
export function withScaledWeights(file: string, bytes: Uint8Array, factors: ReadonlyMap<string, number>): Uint8Array {
  const found = new Map<string, Numbers>();
  const top = new ProtobufReader(new Window(memorySource(file, bytes)), 'the model');
  while (top.next()) if (top.field === model.graph) collect(top.message('the graph'), factors, found);
  const changed = new Uint8Array(bytes);
  for (const [name, factor] of factors) {
    const numbers = found.get(name);
    if (numbers === undefined) throw new UserError(`The weights ${quoted(name)} do not stand in ${file} itself, as numbers of a layer have to for a change.`); // prettier-ignore
    if (numbers.isExternal) throw new UserError(`The weights ${quoted(name)} of ${file} lie in another file: save the model with its weights inside to change them.`); // prettier-ignore
    const width = widths.get(numbers.type);
    if (width === undefined) throw new UserError(`The weights ${quoted(name)} of ${file} are neither float32 nor float64: only those are changed.`); // prettier-ignore
    for (const range of numbers.ranges) multiply(changed, range, width, factor);
  }
  return changed;
}

interface Numbers {
  readonly type: number;
  readonly isExternal: boolean;
  readonly ranges: readonly ByteRange[];
}

function collect(message: ProtobufReader, names: ReadonlyMap<string, number>, found: Map<string, Numbers>): void {
  while (message.next()) {
    if (message.field === graph.initializer) {
      const { name, numbers } = read(message.message('a tensor'));
      if (names.has(name)) found.set(name, numbers);
    } else if (message.field === graph.node) constant(message.message('a node'), names, found);
  }
}

function constant(message: ProtobufReader, names: ReadonlyMap<string, number>, found: Map<string, Numbers>): void {
  let name = '';
  let numbers: Numbers | undefined;
  while (message.next()) {
    if (message.field === node.output) name = message.text();
    else if (message.field === node.op && message.text() !== 'Constant') return;
    else if (message.field === node.attribute) {
      const own = message.message('an attribute');
      while (own.next()) if (own.field === attribute.tensor) numbers = read(own.message('a tensor')).numbers;
    }
  }
  if (numbers !== undefined && names.has(name)) found.set(name, numbers);
}

function read(message: ProtobufReader): { readonly name: string; readonly numbers: Numbers } {
  let [name, type, isExternal] = ['', 0, false];
  const ranges: ByteRange[] = [];
  while (message.next()) {
    if (message.field === tensor.name) name = message.text();
    else if (message.field === tensor.type) type = message.unsigned();
    else if (message.field === tensor.location) isExternal = message.unsigned() === 1;
    else if (message.field === tensor.raw) ranges.push(message.bytes());
    else if (message.field === tensor.floats) ranges.push(message.fixedList(4));
    else if (message.field === tensor.doubles) ranges.push(message.fixedList(8));
  }
  return { name, numbers: { type, isExternal, ranges } };
}

/** Rounded to nearest by the type itself. */
function multiply(bytes: Uint8Array, { offset, length }: ByteRange, width: 4 | 8, factor: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length);
  for (let at = 0; at < length; at += width)
    if (width === 4) view.setFloat32(at, factor * view.getFloat32(at, true), true);
    else view.setFloat64(at, factor * view.getFloat64(at, true), true);
}
