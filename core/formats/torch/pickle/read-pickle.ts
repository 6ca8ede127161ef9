import { UserError } from '../../../sentence.ts';
import { quoted } from '../../wording.ts';
import { text, type Cursor } from './cursor.ts';
import { isKind, tuple, type PickleGlobal, type PickleObject, type PickleValue } from './values.ts';

/** What the names in a pickle may mean; everything else about pickles is here. Both refuse by throwing a UserError. */
export interface Meaning {
  /** The value of calling a named function, or of making an instance of a named class. */
  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue;
  /** What a persistent id, which PyTorch uses for storages, stands for. */
  persistent(id: PickleValue): PickleValue;
}

/** A network of ten thousand tensors takes half a million opcodes; each costs memory, so their number is what bounds it. */
const mostOpcodes = 2_000_000;
const longestInteger = 32;

/**
 * Reads one pickle, up to its STOP. A pickle is a program for a small stack machine; this one has the opcodes that build data and
 * no way to import or run anything. Nothing is copied when it is used again, so a pickle cannot grow beyond its own length.
 */
export function readPickle(cursor: Cursor, meaning: Meaning): PickleValue {
  return new Machine(cursor, meaning).run();
}

class Machine {
  readonly #cursor: Cursor;
  readonly #meaning: Meaning;
  #stack: PickleValue[] = [];
  /** The stacks below each open mark. */
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(cursor: Cursor, meaning: Meaning) {
    this.#cursor = cursor;
    this.#meaning = meaning;
  }

  run(): PickleValue {
    for (let count = 0; count < mostOpcodes; count++) {
      const opcode = this.#cursor.byte();
      if (opcode === stop) return this.#pop();
      const execute = opcodes[opcode];
      if (execute === undefined) throw this.damaged(`the unknown opcode 0x${opcode.toString(16).padStart(2, '0')}`);
      execute(this, this.#cursor);
    }
    throw new UserError(
      `${this.#cursor.sourceName} has a pickle of more steps than any checkpoint takes: it is not read.`,
    );
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.damaged('it takes a value where there is none');
    return value;
  }

  pop(): PickleValue {
    return this.#pop();
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.damaged('it uses a value where there is none');
    return value;
  }

  mark(): void {
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** Everything since the last mark. */
  marked(): PickleValue[] {
    const items = this.#stack;
    const below = this.#below.pop();
    if (below === undefined) throw this.damaged('it closes what was not opened');
    this.#stack = below;
    return items;
  }

  popOrMark(): void {
    if (this.#stack.length === 0 && this.#below.length > 0) this.marked();
    else this.#pop();
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  memoise(): void {
    this.remember(this.#memo.size);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.damaged(`it recalls value ${index}, which it never kept`);
    this.push(value);
  }

  global(module: string, name: string): void {
    this.push({ kind: 'global', name: `${module}.${name}` });
  }

  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!isKind(callee, 'global')) throw this.damaged('it calls what is not a function');
    if (!isKind(args, 'tuple')) throw this.damaged('it calls a function with no list of arguments');
    this.push(this.#meaning.call(callee, args.items));
  }

  persistent(id: PickleValue): void {
    this.push(this.#meaning.persistent(id));
  }

  /** State set on an object is kept where the object is mere data; on dicts it is their attributes, which say nothing of weights. */
  build(): void {
    const state = this.pop();
    const object = this.top();
    if (isKind(object, 'object') || isKind(object, 'array') || isKind(object, 'dtype')) object.state = state;
    else if (!isKind(object, 'dict') && !isKind(object, 'tensor'))
      throw this.damaged('it sets the state of what has none');
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!isKind(list, 'list')) throw this.damaged('it appends to what is no list');
    for (const item of items) list.items.push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!isKind(dict, 'dict') || items.length % 2 !== 0) throw this.damaged('it fills what is no dictionary');
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i]!, items[i + 1]!);
  }

  addItems(items: readonly PickleValue[]): void {
    const set = this.top();
    if (!isKind(set, 'dict')) throw this.damaged('it fills what is no set');
    for (const item of items) set.entries.set(item, null);
  }

  damaged(what: string): UserError {
    return new UserError(
      `${this.#cursor.sourceName} is damaged: before byte ${this.#cursor.position} its pickle makes no sense (${what}); copy or save it again.`,
    );
  }

  refused(what: string): UserError {
    return new UserError(`${this.#cursor.sourceName} has a pickle that ${what}, which is not read.`);
  }
}

type Execute = (machine: Machine, cursor: Cursor) => void;

const stop = 0x2e;
const byteLength = (cursor: Cursor, width: 1 | 4 | 8): number => {
  if (width === 1) return cursor.byte();
  const view = cursor.view(width);
  return width === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
};
const textOf =
  (width: 1 | 4 | 8): Execute =>
  (machine, cursor) =>
    machine.push(text.decode(cursor.take(byteLength(cursor, width))));
const bytesOf =
  (width: 1 | 4 | 8): Execute =>
  (machine, cursor) =>
    machine.push(cursor.take(byteLength(cursor, width)));

function integerOf(machine: Machine, cursor: Cursor, length: number): void {
  if (length > longestInteger) throw machine.refused(`holds a whole number of ${length} bytes`);
  const bytes = cursor.take(length);
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i]!);
  if (length > 0 && bytes[length - 1]! >= 0x80) value -= 1n << BigInt(8 * length);
  machine.push(smallest(value));
}

const smallest = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

function decimalInteger(machine: Machine, line: string): void {
  // How protocol 0 writes the two truth values.
  if (line === '00' || line === '01') machine.push(line === '01');
  else if (/^-?\d{1,40}L?$/u.test(line)) machine.push(smallest(BigInt(line.replace('L', ''))));
  else throw machine.damaged('a whole number that is none');
}

function newObject(machine: Machine): void {
  machine.reduce();
}

const repeated =
  (kind: 'list' | 'dict'): Execute =>
  (machine) =>
    machine.push(kind === 'list' ? { kind, items: [] } : { kind, entries: new Map() });

/** By the byte of the opcode (pickletools, protocols 0 to 5). */
const opcodes: Readonly<Record<number, Execute>> = {
  0x80: (machine, cursor) => {
    const version = cursor.byte();
    if (version > 5) throw machine.refused(`is of protocol ${version}`);
  }, // PROTO
  0x95: (_, cursor) => void cursor.view(8), // FRAME: its length is nothing that has to be known
  0x28: (machine) => machine.mark(), // MARK
  0x30: (machine) => machine.popOrMark(), // POP
  0x31: (machine) => void machine.marked(), // POP_MARK
  0x32: (machine) => machine.push(machine.top()), // DUP
  0x4e: (machine) => machine.push(null), // NONE
  0x88: (machine) => machine.push(true), // NEWTRUE
  0x89: (machine) => machine.push(false), // NEWFALSE
  0x49: (machine, cursor) => decimalInteger(machine, cursor.line()), // INT
  0x4c: (machine, cursor) => decimalInteger(machine, cursor.line()), // LONG
  0x4a: (machine, cursor) => machine.push(cursor.view(4).getInt32(0, true)), // BININT
  0x4b: (machine, cursor) => machine.push(cursor.byte()), // BININT1
  0x4d: (machine, cursor) => machine.push(cursor.view(2).getUint16(0, true)), // BININT2
  0x8a: (machine, cursor) => integerOf(machine, cursor, cursor.byte()), // LONG1
  0x8b: (machine, cursor) => integerOf(machine, cursor, byteLength(cursor, 4)), // LONG4
  0x46: (machine, cursor) => machine.push(Number(cursor.line())), // FLOAT
  0x47: (machine, cursor) => machine.push(cursor.view(8).getFloat64(0)), // BINFLOAT
  0x53: (machine, cursor) => machine.push(cursor.line().slice(1, -1)), // STRING
  0x56: (machine, cursor) => machine.push(cursor.line()), // UNICODE
  0x54: textOf(4), // BINSTRING
  0x55: textOf(1), // SHORT_BINSTRING
  0x58: textOf(4), // BINUNICODE
  0x8c: textOf(1), // SHORT_BINUNICODE
  0x8d: textOf(8), // BINUNICODE8
  0x42: bytesOf(4), // BINBYTES
  0x43: bytesOf(1), // SHORT_BINBYTES
  0x8e: bytesOf(8), // BINBYTES8
  0x96: bytesOf(8), // BYTEARRAY8
  0x5d: repeated('list'), // EMPTY_LIST
  0x7d: repeated('dict'), // EMPTY_DICT
  0x8f: repeated('dict'), // EMPTY_SET
  0x29: (machine) => machine.push(tuple()), // EMPTY_TUPLE
  0x6c: (machine) => machine.push({ kind: 'list', items: machine.marked() }), // LIST
  0x74: (machine) => machine.push({ kind: 'tuple', items: machine.marked() }), // TUPLE
  0x64: (machine) => {
    const items = machine.marked();
    machine.push({ kind: 'dict', entries: new Map() });
    machine.setItems(items);
  }, // DICT
  0x91: (machine) => {
    const items = machine.marked();
    machine.push({ kind: 'dict', entries: new Map() });
    machine.addItems(items);
  }, // FROZENSET
  0x85: (machine) => machine.push(tuple(machine.pop())), // TUPLE1
  0x86: (machine) => {
    const [b, a] = [machine.pop(), machine.pop()];
    machine.push(tuple(a, b));
  }, // TUPLE2
  0x87: (machine) => {
    const [c, b, a] = [machine.pop(), machine.pop(), machine.pop()];
    machine.push(tuple(a, b, c));
  }, // TUPLE3
  0x61: (machine) => machine.append([machine.pop()]), // APPEND
  0x65: (machine) => {
    const items = machine.marked();
    machine.append(items);
  }, // APPENDS
  0x73: (machine) => {
    const [value, key] = [machine.pop(), machine.pop()];
    machine.setItems([key, value]);
  }, // SETITEM
  0x75: (machine) => {
    const items = machine.marked();
    machine.setItems(items);
  }, // SETITEMS
  0x90: (machine) => {
    const items = machine.marked();
    machine.addItems(items);
  }, // ADDITEMS
  0x70: (machine, cursor) => machine.remember(Number(cursor.line())), // PUT
  0x71: (machine, cursor) => machine.remember(cursor.byte()), // BINPUT
  0x72: (machine, cursor) => machine.remember(cursor.view(4).getUint32(0, true)), // LONG_BINPUT
  0x94: (machine) => machine.memoise(), // MEMOIZE
  0x67: (machine, cursor) => machine.recall(Number(cursor.line())), // GET
  0x68: (machine, cursor) => machine.recall(cursor.byte()), // BINGET
  0x6a: (machine, cursor) => machine.recall(cursor.view(4).getUint32(0, true)), // LONG_BINGET
  0x63: (machine, cursor) => machine.global(cursor.line(), cursor.line()), // GLOBAL
  0x93: (machine) => {
    const [name, module] = [machine.pop(), machine.pop()];
    if (typeof name !== 'string' || typeof module !== 'string') throw machine.damaged('a name that is no text');
    machine.global(module, name);
  }, // STACK_GLOBAL
  0x52: (machine) => machine.reduce(), // REDUCE
  0x81: newObject, // NEWOBJ: to make an instance is a call of its class
  0x62: (machine) => machine.build(), // BUILD
  0x50: (machine, cursor) => machine.persistent(cursor.line()), // PERSID
  0x51: (machine) => machine.persistent(machine.pop()), // BINPERSID
  // INST and OBJ call a class by name, as Python 1 wrote; EXT codes name one by a number that only the writer's registry knows.
  0x69: (machine, cursor) => {
    const name = `${cursor.line()}.${cursor.line()}`;
    throw machine.refused(`makes an instance of ${quoted(name)}`);
  },
  0x6f: (machine) => {
    throw machine.refused('makes an instance of a class by the opcode OBJ');
  },
  0x92: (machine) => {
    throw machine.refused('makes an instance of a class with keywords');
  },
  0x82: (machine) => {
    throw machine.refused('names a class by a number of a registry');
  },
  0x83: (machine) => {
    throw machine.refused('names a class by a number of a registry');
  },
  0x84: (machine) => {
    throw machine.refused('names a class by a number of a registry');
  },
  0x97: (machine) => {
    throw machine.refused('keeps data outside of itself');
  },
  0x98: (machine) => {
    throw machine.refused('keeps data outside of itself');
  },
};

export const inertObject = (className: string): PickleObject => ({ kind: 'object', className, state: null });
