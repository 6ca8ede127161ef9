import { quoted } from '../wording.ts';
import type { BytesAt } from './bytes-at.ts';
import { nowhere } from './bytes-at.ts';
import { messageType, type Message } from './object-header.ts';

const mostLinks = 200_000;

/** The objects of a group by name: where their headers stand. Links out of the file are refused, and links by name as well. */
export function readLinks(file: BytesAt, messages: readonly Message[], where: string): ReadonlyMap<string, number> {
  const links = new Map<string, number>();
  const add = (name: string, at: number): void => {
    if (links.has(name)) throw file.damaged(`holds two objects of the name ${quoted(name)} in ${where}`);
    if (links.size >= mostLinks) throw file.damaged(`lists more objects in ${where} than any model has`);
    links.set(name, at);
  };
  for (const { type, at, length } of messages) {
    if (type === messageType.link) readLink(file, at, length, where, add);
    if (type === messageType.symbolTable) readSymbolTable(file, at, where, add);
    if (type !== messageType.linkInfo) continue;
    if (file.u64(at + ((file.u8(at + 1) & 1) === 0 ? 2 : 10)) !== nowhere) {
      throw file.damaged(
        `keeps the many objects of ${where} in the dense form of libver="latest", which is not read; save it without that option`,
      );
    }
  }
  return links;
}

type Add = (name: string, at: number) => void;

const elsewhere = (file: BytesAt, name: string, where: string) =>
  file.damaged(`has in ${where} a link ${quoted(name)} to another file or place, which is never followed`);

function readLink(file: BytesAt, start: number, length: number, where: string, add: Add): void {
  const flags = file.u8(start + 1);
  let at = start + 2;
  const type = (flags & 8) === 0 ? 0 : file.u8(at++);
  if ((flags & 4) !== 0) at += 8;
  if ((flags & 16) !== 0) at++;
  const width = 1 << (flags & 3);
  const nameLength = file.sized(at, width);
  at += width;
  if (at + nameLength > start + length) throw file.damaged(`is damaged in the list of ${where}`);
  const name = file.text(at, nameLength);
  if (type !== 0) throw elsewhere(file, name, where);
  add(name, file.u64(at + nameLength));
}

/** The old form: a B-tree whose leaves list names, which stand in a heap of their own. */
function readSymbolTable(file: BytesAt, at: number, where: string, add: Add): void {
  const [tree, heap] = [file.u64(at), file.u64(at + 8)];
  file.expect(heap, 'HEAP');
  const names = { at: file.u64(heap + 24), length: file.u64(heap + 8) };
  const waiting = [tree];
  const seen = new Set(waiting);
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (file.u8(node) === 0x53) {
      readSymbols(file, node, names, where, add);
      continue;
    }
    file.expect(node, 'TREE');
    if (file.u8(node + 4) !== 0) throw file.damaged(`is damaged in the list of ${where}`);
    const entries = file.u16(node + 6);
    for (let i = 0; i < entries; i++) {
      const child = file.u64(node + 32 + 16 * i);
      if (seen.has(child)) throw file.damaged(`lists the objects of ${where} in a circle`);
      seen.add(child);
      waiting.push(child);
      if (seen.size > mostLinks) throw file.damaged(`lists more objects in ${where} than any model has`);
    }
  }
}

const longestName = 1024;
const softLink = 2;

function readSymbols(
  file: BytesAt,
  node: number,
  names: { readonly at: number; readonly length: number },
  where: string,
  add: Add,
): void {
  file.expect(node, 'SNOD');
  const count = file.u16(node + 6);
  for (let i = 0; i < count; i++) {
    const entry = node + 8 + 40 * i;
    const offset = file.u64(entry);
    if (offset < 0 || offset >= names.length) throw file.damaged(`is damaged in the names of ${where}`);
    const name = file.text(names.at + offset, Math.min(longestName, names.length - offset));
    if (file.u32(entry + 16) === softLink) throw elsewhere(file, name, where);
    add(name, file.u64(entry + 8));
  }
}
