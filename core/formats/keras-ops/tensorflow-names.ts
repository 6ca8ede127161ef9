/** Functions of TensorFlow that keras.ops calls otherwise. */
const otherwise: Readonly<Record<string, string>> = {
  abs: 'Absolute',
  acos: 'Arccos',
  asin: 'Arcsin',
  atan: 'Arctan',
  clip_by_value: 'Clip',
  concat: 'Concatenate',
  gather: 'Take',
  getitem: 'GetItem',
  l2_normalize: 'L2Normalize',
  neg: 'Negative',
  pow: 'Power',
  reduce_all: 'All',
  reduce_any: 'Any',
  reduce_logsumexp: 'Logsumexp',
  reduce_max: 'Max',
  reduce_mean: 'Mean',
  reduce_min: 'Min',
  reduce_prod: 'Prod',
  reduce_std: 'Std',
  reduce_sum: 'Sum',
  reduce_variance: 'Var',
  reverse: 'Flip',
  sub: 'Subtract',
  mul: 'Multiply',
  swish: 'Silu',
  truediv: 'TrueDivide',
  floordiv: 'FloorDivide',
  floormod: 'Mod',
  where_v2: 'Where',
};

/** "math.reduce_mean" is Mean: the name in keras.ops of a function of TensorFlow, the way Keras 2 writes it down. */
export function kerasName(path: string): string | undefined {
  const name = path.split('.').at(-1) ?? '';
  if (name === '') return undefined;
  if (Object.hasOwn(otherwise, name)) return otherwise[name];
  return name.split('_').map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}`).join(''); // prettier-ignore
}
