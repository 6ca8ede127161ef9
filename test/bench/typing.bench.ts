/** What typing in a long source file costs: noting a change, and the first question after it. */
import { loadavg } from 'node:os';
import { expect, test } from 'vitest';
import { findOwnersIn } from '../../core/source/find-definitions.ts';
import { ClassMemory } from '../../core/source/class-memory.ts';
import type { TextChange } from '../../core/source/syntax-parser.ts';
import { openParser, sourceText } from '../extension/sources.ts';
import { median, milliseconds, printTable } from './figures.ts';

const keystrokes = 60;

function longSource(): string {
  const resnet = sourceText('resnet_cifar.py');
  let text = resnet;
  for (let i = 0; text.split('\n').length < 3000; i++)
    text += resnet.replaceAll('BasicBlock', `Block${i}`).replaceAll('ResNet5', `Net${i}`);
  return text;
}

/** Processor time of this process: others share the machine. */
function cpu<T>(work: () => T): { readonly ms: number; readonly result: T } {
  const start = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1000, result };
}

test('3,000 lines of Python, a word typed in the middle', { timeout: 600_000 }, async () => {
  const parser = await openParser();
  let text = longSource();
  const parsed = parser.keep(text);
  const at = text.indexOf('self.linear2', text.length / 2);
  const memory = new ClassMemory();
  findOwnersIn(parsed.root, text, memory);
  const times = { edit: [] as number[], anew: [] as number[], read: [] as number[], again: [] as number[] };
  for (let i = 0; i < keystrokes; i++) {
    const offset = at + i;
    const before = text.slice(0, offset).split('\n');
    const start = { line: before.length - 1, character: before.at(-1)!.length };
    const change: TextChange = { offset, length: 0, start, end: start, text: 'x' };
    text = `${text.slice(0, offset)}x${text.slice(offset)}`;
    times.edit.push(cpu(() => parsed.edit([change], text)).ms);
    times.anew.push(cpu(() => parser.reading(text, () => 0)).ms);
    const { ms, result } = cpu(() => findOwnersIn(parsed.root, text));
    times.read.push(ms);
    const again = cpu(() => findOwnersIn(parsed.root, text, memory));
    times.again.push(again.ms);
    expect(again.result).toEqual(result);
    expect(result.length).toBeGreaterThan(50);
  }
  const row = (what: string, of: readonly number[]): string[] => [
    what,
    milliseconds(median(of)),
    milliseconds(Math.max(...of)),
  ];
  printTable(
    `After a keystroke, ${text.split('\n').length} lines, processor time, load ${loadavg()[0]!.toFixed(1)}`,
    ['what', 'median', 'worst'],
    [
      row('syntax tree, only what changed', times.edit),
      row('syntax tree, all of it', times.anew),
      row('layers, all classes', times.read),
      row('layers, only the class that changed', times.again),
    ],
  );
  parsed.dispose();
  parser.dispose();
});
