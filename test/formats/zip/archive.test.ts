import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { memorySource } from '../../../core/formats/bytes.ts';
import { openZip } from '../../../core/formats/zip/archive.ts';
import { UserError } from '../../../core/sentence.ts';
import { zip } from './zip-bytes.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const open = (bytes: Uint8Array) => openZip(memorySource('a.zip', bytes));
const whole = (bytes: Uint8Array, name: string): string => {
  const entry = open(bytes).entries.get(name)!;
  return new TextDecoder().decode(entry.read(0, entry.size));
};
const hello = { name: 'sub/hello.txt', data: text('hello, world') };
const zeros = { name: 'zeros', data: new Uint8Array(100_000), deflate: 'deflate' } as const;

test.each(['narrow', 'wide'] as const)(
  'entries of a %s archive are read, stored and deflated, at any place',
  (format) => {
    const bytes = zip(
      [hello, { ...hello, name: 'packed', deflate: 'deflate' }, { name: 'folder/', data: text('') }],
      format,
      'a comment',
    );
    expect([...open(bytes).entries.keys()]).toEqual(['sub/hello.txt', 'packed']);
    expect(whole(bytes, 'sub/hello.txt')).toBe('hello, world');
    expect(whole(bytes, 'packed')).toBe('hello, world');
    expect(new TextDecoder().decode(open(bytes).entries.get('packed')!.read(7, 5))).toBe('world');
    expect(() => open(bytes).entries.get('packed')!.read(7, 6)).toThrow(
      new UserError('"packed" in a.zip is too short: 6 bytes are needed from byte 7, but it has only 12.'),
    );
  },
);

test('an archive is opened without reading its entries', () => {
  const bytes = zip([{ name: 'weights', data: new Uint8Array(1_000_000) }, hello]);
  const source = memorySource('a.zip', bytes);
  let read = 0;
  const counting = {
    ...source,
    read: (offset: number, length: number) => ((read += length), source.read(offset, length)),
  };
  openZip(counting).entries.get('sub/hello.txt')!.read(0, 5);
  expect(read).toBeLessThan(70_000);
});

test('entries that are unpacked one after the other are not all held until the job ends', () => {
  const entries = Array.from({ length: 60 }, (_, i) => ({ ...zeros, name: `${i}`, data: new Uint8Array(3e6) }));
  const archive = open(zip(entries));
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = (): number => (collect(), process.memoryUsage().arrayBuffers);
  const before = held();
  for (const entry of archive.entries.values()) entry.read(0, 1);
  // Buffers are given back by another thread, some time after they were found to be garbage.
  let more = held() - before;
  for (let tries = 0; tries < 20 && more >= 150e6; tries++) more = held() - before;
  expect(more).toBeLessThan(150e6);
  // What was unpacked last is still there: reading a file piece by piece unpacks it once.
  const last = archive.entries.get('59')!;
  expect(last.read(0, 1).buffer).toBe(last.read(1, 1).buffer);
});

const valid = zip([hello]);
const replaced = (at: number, ...values: readonly number[]): Uint8Array => {
  const bytes = valid.slice();
  bytes.set(values, at < 0 ? bytes.length + at : at);
  return bytes;
};
const again = 'copy or save it again.';
const outside = (name: string): string =>
  `a.zip is a zip archive that names its entry ${JSON.stringify(name)} so that unpacking it would write outside its folder: ${again}`;

test.each<[why: string, bytes: Uint8Array, sentence: string]>([
  [
    'cut off',
    valid.subarray(0, -5),
    `a.zip is a zip archive that is cut off: the list of its entries, which ends it, is missing: ${again}`,
  ],
  ['several disks', replaced(-18, 1), `a.zip is a zip archive that is one part of several: ${again}`],
  [
    'a count beyond the directory',
    replaced(-12, 9),
    `a.zip is a zip archive that has no room for its own list of entries: ${again}`,
  ],
  [
    'a count below the directory',
    replaced(-12, 0),
    `a.zip is a zip archive that counts fewer entries than it lists: ${again}`,
  ],
  [
    'a directory beyond the file',
    replaced(-6, 0xff),
    `a.zip is a zip archive that has no room for its own list of entries: ${again}`,
  ],
  ['a directory elsewhere', replaced(-6, 1), `a.zip is a zip archive that is damaged in its list of entries: ${again}`],
  ['a name that leaves the folder', zip([{ ...hello, name: 'a/../../b' }]), outside('a/../../b')],
  ['an absolute name', zip([{ ...hello, name: '/etc/passwd' }]), outside('/etc/passwd')],
  ['a drive letter', zip([{ ...hello, name: 'C:\\w' }]), outside('C:\\w')],
  ['a name on Windows that leaves', zip([{ ...hello, name: '..\\w' }]), outside('..\\w')],
  ['a name with a zero', zip([{ ...hello, name: 'a\0' }]), outside('a\0')],
  [
    'two entries of one name',
    zip([hello, hello]),
    'a.zip holds two entries of the name "sub/hello.txt", so its meaning is not clear: save it again.',
  ],
  [
    'two entries over one another',
    zip([hello, { ...hello, name: 'other', claims: { offset: 0 } }]),
    'a.zip is a zip archive whose entry "sub/hello.txt" runs into what follows it: it is damaged, or made to harm; save it again.',
  ],
  [
    'an entry over the directory',
    zip([{ ...hello, claims: { size: 1e9, packed: 1e9 } }]),
    'a.zip is a zip archive whose entry "sub/hello.txt" runs into what follows it: it is damaged, or made to harm; save it again.',
  ],
])('%s is refused', (_, bytes, sentence) => {
  expect(() => open(bytes)).toThrow(new UserError(sentence));
});

test.each<[why: string, bytes: Uint8Array, name: string, sentence: string]>([
  [
    'encrypted',
    zip([{ ...hello, claims: { flags: 1 } }]),
    'sub/hello.txt',
    '"sub/hello.txt" in a.zip is encrypted, so it cannot be read.',
  ],
  [
    'compressed otherwise',
    zip([{ ...hello, claims: { method: 12 } }]),
    'sub/hello.txt',
    '"sub/hello.txt" in a.zip is compressed by method 12 of zip, which is not read: save it uncompressed.',
  ],
  [
    'stored with two sizes',
    zip([{ ...hello, claims: { size: 13 } }]),
    'sub/hello.txt',
    '"sub/hello.txt" in a.zip is stored in 12 bytes, but is said to have 13: save it again.',
  ],
  [
    'under another name in its own header',
    zip([{ ...hello, claims: { name: 'sub/jello.txt' } }]),
    'sub/jello.txt',
    '"sub/jello.txt" in a.zip does not stand where the archive says: it is damaged, or made to harm; save it again.',
  ],
  [
    'a bomb by its claim',
    zip([{ ...zeros, claims: { size: 1e9 } }]),
    'zeros',
    `"zeros" in a.zip claims to unpack from ${deflateRawSync(zeros.data).length} to 1000000000 bytes, which no compression achieves: it is damaged, or made to harm.`,
  ],
  [
    'a bomb against its claim',
    zip([{ ...zeros, claims: { size: 1000 } }]),
    'zeros',
    '"zeros" in a.zip cannot be unpacked to its 1000 bytes: it is damaged.',
  ],
  [
    'deflated and too short',
    zip([{ ...zeros, claims: { size: 100_001 } }]),
    'zeros',
    '"zeros" in a.zip unpacks to 100000 bytes instead of 100001: it is damaged.',
  ],
  [
    'more than is unpacked',
    zip([{ name: 'much', data: new Uint8Array(300_000_000), deflate: 'deflate' }]),
    'much',
    '"much" in a.zip is compressed and would take 300000000 bytes unpacked: save it uncompressed.',
  ],
])('an entry that is %s is refused when it is read', (_, bytes, name, sentence) => {
  const entry = open(bytes).entries.get(name)!;
  expect(() => entry.read(0, 1)).toThrow(new UserError(sentence));
});
