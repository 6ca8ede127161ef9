/**
 * A small assembler for WebAssembly with 128-bit vectors of two doubles. Kernels are written with it in TypeScript and assembled when
 * first used, so that the repository and the package hold no binaries, and no compiler is needed to build them.
 */

/** Instructions as the bytes of a module. */
export type Code = readonly number[];

/** A local variable of a function: its parameters first. */
export interface Local {
  readonly index: number;
}

const unsigned = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...unsigned(Math.floor(value / 128))];

function signed(value: number): number[] {
  const low = value & 127;
  const rest = value >> 7;
  const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
  return done ? [low] : [low | 128, ...signed(rest)];
}

export const join = (...parts: readonly Code[]): Code => parts.flat();

export const get = ({ index }: Local): Code => [0x20, ...unsigned(index)];
export const set = ({ index }: Local, value: Code): Code => [...value, 0x21, ...unsigned(index)];

/** Whole numbers: addresses and counts. */
export const whole = {
  of: (value: number): Code => [0x41, ...signed(value)],
  plus: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
  minus: (a: Code, b: Code): Code => [...a, ...b, 0x6b],
  times: (a: Code, b: Code): Code => [...a, ...b, 0x6c],
  half: (a: Code): Code => [...a, 0x41, 1, 0x76],
  /** The whole number in the four bytes at `address`. */
  load: (address: Code): Code => [...address, 0x28, 2, 0],
};

/** Two doubles at a time. */
export const pair = {
  zero: [0xfd, 0x0c, ...new Array<number>(16).fill(0)] as Code,
  /** From 16 bytes at `address` + `offset`. */
  load: (address: Code, offset = 0): Code => [...address, 0xfd, 0x00, 3, ...unsigned(offset)],
  /** The one double at `address` + `offset`, twice. */
  loadTwice: (address: Code, offset = 0): Code => [...address, 0xfd, 0x0a, 3, ...unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0xfd, 0x0b, 3, ...unsigned(offset)],
  plus: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xf0, 1],
  minus: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xf1, 1],
  times: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xf2, 1],
  over: (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0xf3, 1],
  negative: (a: Code): Code => [...a, 0xfd, 0xed, 1],
  root: (a: Code): Code => [...a, 0xfd, 0xef, 1],
};

/** for (counter = from; counter < below; counter += step), all whole numbers; `below` is evaluated every time. */
export const loop = (counter: Local, from: Code, below: Code, step: number, body: Code): Code =>
  join(
    set(counter, from),
    [0x02, 0x40, 0x03, 0x40],
    [...get(counter), ...below, 0x4e, 0x0d, 1],
    body,
    set(counter, whole.plus(get(counter), whole.of(step))),
    [0x0c, 0, 0x0b, 0x0b],
  );

/** One exported function: whole-number parameters, no result. */
export interface Kernel {
  readonly name: string;
  readonly parameters: number;
  readonly wholes: number;
  readonly pairs: number;
  readonly body: Code;
}

/** Hands out the locals of a function while its body is written. */
export function kernel(
  name: string,
  parameters: number,
  write: (parameters: readonly Local[], whole: () => Local, pair: () => Local) => Code,
): Kernel {
  // Whole numbers and pairs are declared in two runs, and how long the first one is shows only at the end: the pairs are
  // numbered from 64 on, which no kernel's whole numbers reach, and unused ones cost nothing.
  let wholes = 0;
  let pairs = 0;
  const firstPair = 64;
  const body = write(
    Array.from({ length: parameters }, (_, index) => ({ index })),
    () => ({ index: parameters + wholes++ }),
    () => ({ index: firstPair + pairs++ }),
  );
  return { name, parameters, wholes: firstPair - parameters, pairs, body };
}

const wholeType = 0x7f;
const pairType = 0x7b;

const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (content: string): Code => list([...Buffer.from(content)].map((byte) => [byte]));

/** The bytes of a module whose functions work on an imported memory, `env.memory`. */
export function assemble(kernels: readonly Kernel[]): Uint8Array<ArrayBuffer> {
  const types = kernels.map(({ parameters }) => [
    0x60,
    ...list(new Array<Code>(parameters).fill([wholeType])),
    ...list([]),
  ]);
  const memory = [...text('env'), ...text('memory'), 0x02, 0x00, 1];
  const exported = kernels.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const bodies = kernels.map(({ wholes, pairs, body }) => {
    const content = [
      ...list([
        [...unsigned(wholes), wholeType],
        [...unsigned(pairs), pairType],
      ]),
      ...body,
      0x0b,
    ];
    return [...unsigned(content.length), ...content];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([memory])),
    ...section(3, list(kernels.map((_, index) => unsigned(index)))),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
  ]);
}
