import { expect, test } from 'vitest';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { numbersOf } from '../../../core/network/tensor.ts';
import { UserError } from '../../../core/sentence.ts';
import { zip } from '../zip/zip-bytes.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (content: string): string => `X${String.fromCharCode(content.length)}\0\0\0${content}`;
const bytes = (content: string): string => `C${String.fromCharCode(content.length)}${content}`;
const dtype = (name: string, order = '<'): string =>
  `cnumpy\ndtype\n(${text(name)}\x89\x88tR(K\x03${text(order)}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb`;
/** What numpy.ndarray.__reduce__ writes: an empty array, and the state that makes it this one. */
const array = (state: string): string =>
  `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85${bytes('b')}tR${state}b`;
const stateOf = (shape: string, type: string, data: string, columnsFirst = '\x89'): string =>
  `(K\x01${shape}${type}${columnsFirst}${data}t`;

/** {"w.weight": it}, as torch.save writes a checkpoint. */
const read = (pickle: string) =>
  readModel(
    modelInMemory(
      'm.pt',
      zip([
        { name: 'm/data.pkl', data: latin1(`\x80\x02}${text('w.weight')}${pickle}s.`) },
        { name: 'm/data/0', data: new Uint8Array(16) },
      ]),
    ),
  );
const four = bytes('\0\0\x80?\0\0\0@\0\0@@\0\0\x80@');

test('an array of four numbers is read: the hostile ones differ from it in one place', () => {
  const { unconnected } = read(array(stateOf('K\x02K\x02\x86', dtype('f4'), four)));
  expect([...numbersOf(unconnected!.layers[0]!.weight)]).toEqual([1, 2, 3, 4]);
});

const huge = 'L1152921504606846976L\n';
test.each<[why: string, pickle: string, sentence: RegExp]>([
  [
    'sizes of 2^60',
    array(stateOf(`(${huge}t`, dtype('f4'), four)),
    /^m\.pt holds an array of 16 bytes for NaN numbers: it is damaged\.$/u,
  ],
  [
    'sizes whose product is 2^100',
    array(stateOf('(L1125899906842624L\nL1125899906842624L\nt', dtype('f4'), four)),
    /16 bytes for \d/u,
  ],
  [
    'a negative size',
    array(stateOf('J\xff\xff\xff\xffJ\xfc\xff\xff\xff\x86', dtype('f4'), four)),
    /impossible shape \[-1, -4\]/u,
  ],
  [
    'a size that is a fraction',
    array(stateOf('G@\x04\0\0\0\0\0\0\x85', dtype('f4'), bytes('0123456789'))),
    /impossible shape/u,
  ],
  ['fewer bytes than numbers', array(stateOf('K\x02K\x03\x86', dtype('f4'), four)), /16 bytes for 6 numbers/u],
  ['more bytes than numbers', array(stateOf('K\x03\x85', dtype('f4'), four)), /16 bytes for 3 numbers/u],
  [
    'objects in the place of numbers',
    array(stateOf('K\x01\x85', dtype('O8', '|'), ']K\x01a')),
    /no tensors under names/u,
  ],
  ['bytes that are said to be objects', array(stateOf('K\x02\x85', dtype('O8', '|'), four)), /"w\.weight"/u],
  ['records of several fields', array(stateOf('K\x01\x85', dtype('V16', '|'), four)), /"w\.weight"/u],
  ['a type named like a member of Object', array(stateOf('K\x04\x85', dtype('constructor'), four)), /"w\.weight"/u],
  ['a type that is no dtype', array(stateOf('K\x04\x85', text('f4'), four)), /no tensors under names/u],
  ['a shape that is no tuple', array(stateOf('K\x04', dtype('f4'), four)), /no tensors under names/u],
  ['no state', array('N'), /no tensors under names/u],
  [
    'itself as its shape',
    'cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85C\x01btRq\0(K\x01h\0h\0h\0h\0tb',
    /no tensors under names/u,
  ],
  [
    'letters that are no bytes',
    array(
      stateOf(
        'K\x01\x85',
        dtype('f4'),
        `c_codecs\nencode\n(X\x08\0\0\0\xc4\x80\xc4\x80\xc4\x80\xc4\x80${text('latin1')}tR`,
      ),
    ),
    /no tensors under names/u,
  ],
  [
    'a system call for its type',
    array(stateOf('K\x04\x85', `cos\nsystem\n(${text('ls')}tR`, four)),
    /calls "os\.system"/u,
  ],
  [
    'a function of numpy that runs code',
    `cnumpy.testing._private.utils\nrunstring\n(${text('print()')}}tR`,
    /calls "numpy\.testing\._private\.utils\.runstring"/u,
  ],
  ['a file that numpy would load', `cnumpy\nload\n(${text('/etc/x.npy')}tR`, /calls "numpy\.load"/u],
  ['memory that numpy would map', `cnumpy\nmemmap\n(${text('/etc/x')}tR`, /calls "numpy\.memmap"/u],
  [
    '2^60 numbers by protocol 5',
    `cnumpy.core.numeric\n_frombuffer\n(${four}${dtype('f4')}(${huge}t${text('C')}tR`,
    /16 bytes for NaN numbers/u,
  ],
])('an array with %s is refused with one sentence', (_, pickle, sentence) => {
  const looked = (): unknown => read(pickle).unconnected?.layers.map(({ weight }) => weight.bytes());
  expect(looked).toThrow(UserError);
  expect(looked).toThrow(sentence);
});
