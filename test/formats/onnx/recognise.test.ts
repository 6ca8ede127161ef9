import { expect, it } from 'vitest';
import { looksLikeModelProto } from '../../../core/formats/onnx/recognise.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';

it('a model is recognised wherever its head is cut off, in the middle of a tag, a length or a name', () => {
  const bytes = writeOnnx(
    networkOf({
      input: [1, 2],
      nodes: [{ op: 'Gemm', inputs: ['x', 'w'], attributes: { transB: 1 } }],
      constants: { w: weights([3, 2]) },
    }),
  );
  for (let head = 48; head <= bytes.length; head++)
    expect(looksLikeModelProto(bytes.subarray(0, head), bytes.length), `${head} bytes`).toBe(true);
});
