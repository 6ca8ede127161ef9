import type { BytesAt } from './bytes-at.ts';

/** One fact about an object: where its bytes stand. */
export interface Message {
  readonly type: number;
  readonly at: number;
  readonly length: number;
}

export const messageType = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

const mostMessages = 20_000;
const mostBlocks = 1000;
const sharedFlag = 2;

interface Block {
  readonly at: number;
  readonly end: number;
}

/** The messages of the object whose header stands at `at`, in either version of the format. */
export function readHeader(file: BytesAt, at: number): readonly Message[] {
  const modern = file.u8(at) === 0x4f;
  const { first, step } = modern ? modernStart(file, at) : oldStart(file, at);
  const messages: Message[] = [];
  const blocks: Block[] = [first];
  const seen = new Set<number>([first.at]);
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i]!;
    let here = block.at;
    while (here + step <= block.end) {
      const type = modern ? file.u8(here) : file.u16(here);
      const length = file.u16(here + (modern ? 1 : 2));
      const flags = file.u8(here + (modern ? 3 : 4));
      const data = here + step;
      here = data + length;
      if (here > block.end) throw file.damaged('is damaged in the description of an object');
      if (type === messageType.continuation) {
        const next = file.u64(data);
        const size = file.u64(data + 8);
        if (seen.has(next) || blocks.length > mostBlocks) {
          throw file.damaged('describes an object in parts that go round in a circle');
        }
        seen.add(next);
        if (modern) file.expect(next, 'OCHK');
        blocks.push(modern ? { at: next + 4, end: next + size - 4 } : { at: next, end: next + size });
        continue;
      }
      if ((flags & sharedFlag) !== 0) {
        if (type !== messageType.datatype && type !== messageType.dataspace) continue;
        throw file.damaged('shares one type among several arrays, which is not read');
      }
      messages.push({ type, at: data, length });
      if (messages.length > mostMessages) throw file.damaged('describes one object in more parts than any model has');
    }
  }
  return messages;
}

interface Start {
  readonly first: Block;
  /** Bytes before the data of each message. */
  readonly step: number;
}

function oldStart(file: BytesAt, at: number): Start {
  if (file.u8(at) !== 1) throw file.damaged('has something else where an object should stand');
  return { first: { at: at + 16, end: at + 16 + file.u32(at + 8) }, step: 8 };
}

function modernStart(file: BytesAt, at: number): Start {
  file.expect(at, 'OHDR');
  const flags = file.u8(at + 5);
  const sizeAt = at + 6 + ((flags & 0x20) === 0 ? 0 : 16) + ((flags & 0x10) === 0 ? 0 : 4);
  const width = 1 << (flags & 3);
  const start = sizeAt + width;
  return {
    first: { at: start, end: start + file.sized(sizeAt, width) },
    step: (flags & 4) === 0 ? 4 : 6,
  };
}
