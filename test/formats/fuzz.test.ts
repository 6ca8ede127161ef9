import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memorySource, modelInMemory } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { readNpy, writeNpy } from '../../core/formats/npy.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { UserError } from '../../core/sentence.ts';
import * as onnx from './onnx/model-bytes.ts';
import { processorSeconds } from '../processor-seconds.ts';

const valid = onnx.model(
  onnx.node(
    'Gemm',
    ['x', 'w', 'b'],
    ['h'],
    onnx.named('fc'),
    onnx.attribute('alpha', 1, onnx.float(2, 1)),
    onnx.attribute('axes', 7, onnx.block(8, [1, 2])),
    onnx.attribute('t', 4, onnx.block(5, onnx.tensor('', [2], 7, onnx.block(7, [1, 2])))),
    onnx.block(9, onnx.text(1, 'pkg.torch.onnx.name_scopes'), onnx.text(2, "['', 'fc']")),
  ),
  onnx.node('Constant', [], ['c'], onnx.attribute('value_floats', 6, onnx.float(7, 1), onnx.float(7, 2))),
  onnx.node('Add', ['h', 'c'], ['y']),
  onnx.floatInitializer('w', [2, 2], [1, 2, 3, 4]),
  onnx.initializer(onnx.tensor('b', [2], 1, onnx.block(4, onnx.floats(1, 2)))),
  onnx.declared('h', [1, 2]),
);

/** The bytes with some of them replaced, inserted, and the end cut off. */
const damaged = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      changes: fc.array(
        fc.tuple(fc.nat(bytes.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff))),
        { maxLength: 8 },
      ),
      extra: fc.tuple(fc.nat(bytes.length), fc.uint8Array({ maxLength: 12 })),
      end: fc.oneof({ weight: 4, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.nat(bytes.length) }),
    })
    .map(({ changes, extra: [at, inserted], end }) => {
      const changed = bytes.slice();
      for (const [position, byte] of changes) changed[position] = byte;
      return Uint8Array.from([...changed.subarray(0, at), ...inserted, ...changed.subarray(at)]).slice(0, end);
    });

/** The promise to the user: it works, or it says in a sentence why not, and soon. */
function worksOrSaysWhy(use: () => void): void {
  const seconds = processorSeconds();
  try {
    use();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(/\.$/u);
    expect(error.message.length).toBeLessThan(600);
  }
  expect(seconds()).toBeLessThan(1);
}

test('a damaged model is read, or refused with a sentence, never anything else', () => {
  fc.assert(
    fc.property(damaged(valid), (bytes) => {
      worksOrSaysWhy(() => {
        const network = readModel(modelInMemory('m.onnx', bytes));
        for (const tensor of network.constants.values()) tensor.bytes();
        writeOnnx(network);
      });
    }),
    { numRuns: 4000 },
  );
});

test('a damaged NumPy file is read, or refused with a sentence, never anything else', () => {
  fc.assert(
    fc.property(damaged(writeNpy([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6))), (bytes) => {
      worksOrSaysWhy(() => readNpy(memorySource('p.npy', bytes)));
    }),
    { numRuns: 1000 },
  );
});
