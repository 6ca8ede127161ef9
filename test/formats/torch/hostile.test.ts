import { expect, test } from 'vitest';
import { modelInMemory } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { UserError } from '../../../core/sentence.ts';
import { zip } from '../zip/zip-bytes.ts';
import { processorSeconds } from '../../processor-seconds.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const checkpoint = (pickle: string): Uint8Array =>
  zip([
    { name: 'm/data.pkl', data: latin1(`\x80\x02${pickle}.`) },
    { name: 'm/data/0', data: new Uint8Array(16) },
  ]);
const refusal = (name: string): string =>
  `m.pt calls ${JSON.stringify(name)}, which no tensor needs, so it is not read (nothing of it was run): save model.state_dict() and inspect that.`;
const storage = (count: string): string =>
  `(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu${count}tQ`;
/** {"w": a tensor of these sizes over four numbers}, written with decimal integers. */
const tensor = (sizes: string, strides: string, count = 'K\x04'): string =>
  `}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n(${storage(count)}K\0${sizes}${strides}\x89ccollections\nOrderedDict\n)RtRs`;

test.each<[why: string, pickle: string, sentence: string | RegExp]>([
  ['os.system', 'cos\nsystem\nX\x02\0\0\0ls\x85R', refusal('os.system')],
  ['posix.system by STACK_GLOBAL', 'X\x05\0\0\0posixX\x06\0\0\0system\x93X\x02\0\0\0ls\x85R', refusal('posix.system')],
  ['eval of the builtins', 'c__builtin__\neval\nX\x01\0\0\x001\x85R', refusal('__builtin__.eval')],
  ['a class of the user', 'c__main__\nNet\n)\x81', refusal('__main__.Net')],
  [
    'an instance by INST',
    '(ios\nsystem\n',
    'm.pt has a pickle that makes an instance of "os.system", which is not read.',
  ],
  [
    'reconstruction of itself',
    'ccopyreg\n_reconstructor\nccopyreg\n_reconstructor\n\x85R',
    refusal('copyreg._reconstructor'),
  ],
  ['a registry', '\x82\x01', 'm.pt has a pickle that names a class by a number of a registry, which is not read.'],
  ['sizes of 2^60', tensor('(L1152921504606846976L\nK\x01t', 'K\x01K\x01\x86'), /impossible size 1152921504606846976/u],
  ['2^50 numbers by strides of 0', tensor('(L1125899906842624L\nt', 'K\0\x85'), /does not fit into the 4 numbers/u],
  ['a tensor beyond its storage', tensor('K\x05\x85', 'K\x01\x85'), /does not fit into the 4 numbers/u],
  [
    'a storage of 2^50 numbers',
    tensor('K\x02K\x02\x86', 'K\x02K\x01\x86', 'L1125899906842624L\n'),
    /should hold 4503599627370496 bytes/u,
  ],
  [
    'a whole number of 2^31 bytes',
    '\x8b\xff\xff\xff\x7f',
    'm.pt has a pickle that holds a whole number of 2147483647 bytes, which is not read.',
  ],
  ['a text of 2^31 bytes', 'X\xff\xff\xff\x7f', /is cut off or damaged/u],
  ['no end', 'N'.repeat(100), /holds no tensors under names/u],
  ['a memo that was never kept', 'h\x07', /recalls value 7, which it never kept/u],
  ['an unknown opcode', '\xff', /the unknown opcode 0xff/u],
])('a pickle with %s is refused', (_, pickle, sentence) => {
  const read = (): unknown => {
    const { unconnected } = readModel(modelInMemory('m.pt', checkpoint(pickle)));
    return unconnected?.layers.map(({ weight }) => weight.bytes());
  };
  expect(read).toThrow(UserError);
  expect(read).toThrow(sentence);
});

test('lists within lists, a third of a million deep, and a memo that doubles twenty thousand times cost one sentence', () => {
  const deep = `${']'.repeat(300_000)}${'a'.repeat(299_999)}`;
  const doubling = `]q\0${'(h\0h\0lq\0'.repeat(20_000)}`;
  for (const pickle of [deep, doubling]) {
    const seconds = processorSeconds();
    expect(() => readModel(modelInMemory('m.pt', checkpoint(pickle)))).toThrow(/holds no tensors under names/u);
    expect(seconds()).toBeLessThan(10);
  }
});

test('a pickle of more steps than any checkpoint is given up', () => {
  expect(() => readModel(modelInMemory('m.pt', checkpoint('N0'.repeat(1_100_000))))).toThrow(
    new UserError('m.pt has a pickle of more steps than any checkpoint takes: it is not read.'),
  );
});
