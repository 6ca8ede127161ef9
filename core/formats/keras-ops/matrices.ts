import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { FunctionCall, FunctionDefinition } from './call.ts';

/** Of matrices in the last two axes; TensorFlow may turn either of them. */
function matmul(call: FunctionCall): Value {
  const [a, b] = call.alike([call.tensor(['x1', 'a', 'x'], 0), call.tensor(['x2', 'b', 'y'], 1)]) as readonly [
    Value,
    Value,
  ];
  if (a.rank < 2 || b.rank < 2) throw new Unsupported('one of its inputs is no matrix');
  return call.one('BatchMatMulV2', [a, b], {
    adj_x: { b: call.flag('transpose_a', false) },
    adj_y: { b: call.flag('transpose_b', false) },
  });
}

/** numpy's: over the last axis of the one and the last but one of the other. */
function dot(call: FunctionCall): Value {
  const [a, b] = [call.tensor(['x1', 'a'], 0), call.tensor(['x2', 'b'], 1)];
  if (a.rank < 2 || b.rank !== 2) throw new Unsupported(`it is of tensors with ${a.rank} and ${b.rank} axes`);
  return call.one('BatchMatMulV2', [a, b]);
}

function einsum(call: FunctionCall): Value {
  const equation = call.text(['subscripts', 'equation'], '', 0);
  // Keras keeps the equation apart from what it acts on, TensorFlow before it.
  const operands = call.operands();
  return call.one('Einsum', operands, { equation: { s: equation } });
}

const triangle =
  (below: (k: number) => readonly [number, number]) =>
  (call: FunctionCall): Value => {
    const [lower, upper] = below(call.number('k', 0));
    return call.one('MatrixBandPart', [
      call.tensor('x', 0),
      call.fixedOne('below', lower),
      call.fixedOne('above', upper),
    ]);
  };

export const matrixFunctions: readonly FunctionDefinition[] = [
  { names: ['Matmul'], write: matmul },
  { names: ['Dot'], write: dot },
  { names: ['Einsum'], write: einsum },
  { names: ['Tril'], write: triangle((k) => [-1, k]) },
  { names: ['Triu'], write: triangle((k) => [-k, -1]) },
];
