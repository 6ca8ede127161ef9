import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { FunctionCall, FunctionDefinition } from './call.ts';

const acted = ['x', 'features', 'input', 'tensor', 'a'];
const left = ['x1', 'x'];
const right = ['x2', 'y'];

/** Functions of every entry, and the operation of TensorFlow for each. */
const ofOne: Readonly<Record<string, string>> = {
  Absolute: 'Abs',
  Fabs: 'Abs',
  Arccos: 'Acos',
  Arccosh: 'Acosh',
  Arcsin: 'Asin',
  Arcsinh: 'Asinh',
  Arctan: 'Atan',
  Arctanh: 'Atanh',
  Negative: 'Neg',
  ...Object.fromEntries(
    [
      'Ceil',
      'Cos',
      'Cosh',
      'Erf',
      'Exp',
      'Expm1',
      'Floor',
      'Log',
      'Log1p',
      'Reciprocal',
      'Relu',
      'Relu6',
      'Rsqrt',
      'Selu',
    ]
      .concat(['Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Square', 'Tan', 'Tanh'])
      .map((name) => [name, name]),
  ),
};

/** Activation functions by the name under which layers have them. */
const activations: Readonly<Record<string, string>> = {
  Silu: 'silu',
  SparseSigmoid: 'sparse_sigmoid',
  SparsePlus: 'sparse_plus',
  LogSigmoid: 'log_sigmoid',
  HardSigmoid: 'hard_sigmoid',
  HardSilu: 'hard_silu',
  HardTanh: 'hard_tanh',
  TanhShrink: 'tanh_shrink',
};

/** The wider type of both; a quotient and a power are no whole numbers. */
const ofTwo =
  (op: string, kind: 'any' | 'float' = 'any') =>
  (call: FunctionCall): Value => {
    const both = call.alike([call.tensor(left, 0), call.tensor(right, 1)]);
    return call.one(op, kind === 'float' ? both.map((value) => call.as('float32', value)) : both);
  };

function chosen(call: FunctionCall): Value {
  const [yes, no] = call.alike([call.tensor(left, 1), call.tensor(right, 2)]) as readonly [Value, Value];
  return call.one('SelectV2', [call.as('bool', call.tensor('condition', 0)), yes, no]);
}

function clipped(call: FunctionCall): Value {
  const x = call.tensor(['x', 't'], 0);
  const low = call.number(['x_min', 'clip_value_min'], Number.NEGATIVE_INFINITY, 1);
  const high = call.number(['x_max', 'clip_value_max'], Number.POSITIVE_INFINITY, 2);
  return call.one('ClipByValue', [call.as('float32', x), call.scalar('least', low), call.scalar('most', high)]);
}

const logarithm =
  (base: number) =>
  (call: FunctionCall): Value => {
    const natural = call.one('Log', [call.as('float32', call.tensor(acted, 0))], {}, 'natural');
    return call.one('Mul', [natural, call.scalar('scale', 1 / Math.log(base))]);
  };

/** The types of numbers that networks have here: those with a fraction are one. */
function cast(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const type = call.text('dtype', 'float32', 1);
  if (/^(?:b?float|half|double)/u.test(type)) return call.as('float32', x);
  if (/^u?int/u.test(type)) return call.as('int32', x);
  if (type === 'bool') return call.as('bool', x);
  throw new Unsupported(`it makes numbers of the type ${JSON.stringify(type)}`);
}

export const entrywiseFunctions: readonly FunctionDefinition[] = [
  ...Object.entries(ofOne).map(([name, op]): FunctionDefinition => ({
    names: [name],
    write: (call) => {
      const x = call.tensor(acted, 0);
      return call.one(op, [name === 'Absolute' || name === 'Negative' ? x : call.as('float32', x)]);
    },
  })),
  ...Object.entries(activations).map(([name, activation]): FunctionDefinition => ({
    names: [name],
    write: (call) => call.layer('Activation', { activation }, call.tensor(acted, 0)),
  })),
  { names: ['Elu'], write: (call) => call.layer('ELU', { alpha: call.number('alpha', 1) }, call.tensor(acted, 0)) },
  {
    names: ['LeakyRelu'],
    write: (call) =>
      call.layer(
        'LeakyReLU',
        { negative_slope: call.number(['negative_slope', 'alpha'], 0.2, 1) },
        call.tensor(acted, 0),
      ),
  },
  {
    names: ['Gelu'],
    write: (call) => {
      // Of keras.ops the tangent is the default, of TensorFlow the error function.
      const tangent = call.flag('approximate', call.origin === 'keras');
      return call.layer('Activation', { activation: tangent ? 'gelu_new' : 'gelu' }, call.tensor(acted, 0));
    },
  },
  {
    names: ['Softmax', 'LogSoftmax'],
    write(call) {
      const x = call.tensor([...acted, 'logits'], 0);
      const [axis, ...more] = call.axes(x, [-1]);
      if (axis !== x.rank - 1 || more.length > 0) {
        if (call.name === 'LogSoftmax') throw new Unsupported('it is taken along another axis than the last one');
        return call.layer('Softmax', { axis: [axis ?? -1, ...more] }, x);
      }
      return call.one(call.name, [x]);
    },
  },
  { names: ['Add'], write: ofTwo('AddV2') },
  { names: ['Subtract'], write: ofTwo('Sub') },
  { names: ['Multiply'], write: ofTwo('Mul') },
  { names: ['Divide', 'TrueDivide'], write: ofTwo('RealDiv', 'float') },
  { names: ['DivideNoNan'], write: ofTwo('DivNoNan', 'float') },
  { names: ['FloorDivide'], write: ofTwo('FloorDiv') },
  { names: ['Mod'], write: ofTwo('FloorMod') },
  { names: ['Power'], write: ofTwo('Pow', 'float') },
  { names: ['Maximum', 'Fmax'], write: ofTwo('Maximum') },
  { names: ['Minimum', 'Fmin'], write: ofTwo('Minimum') },
  { names: ['SquaredDifference'], write: ofTwo('SquaredDifference') },
  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'].map((name): FunctionDefinition => ({
    names: [name],
    write: ofTwo(name),
  })),
  ...['LogicalAnd', 'LogicalOr'].map((name): FunctionDefinition => ({
    names: [name],
    write: (call) =>
      call.one(
        name,
        [call.tensor(left, 0), call.tensor(right, 1)].map((x) => call.as('bool', x)),
      ),
  })),
  { names: ['LogicalNot'], write: (call) => call.one('LogicalNot', [call.as('bool', call.tensor(acted, 0))]) },
  { names: ['Where'], write: chosen },
  { names: ['Clip'], write: clipped },
  { names: ['Log2'], write: logarithm(2) },
  { names: ['Log10'], write: logarithm(10) },
  { names: ['Cast'], write: cast },
  {
    names: ['Round'],
    write: (call) => {
      if (call.number('decimals', 0) !== 0) throw new Unsupported('it rounds to other than whole numbers');
      return call.one('Round', [call.as('float32', call.tensor(acted, 0))]);
    },
  },
  {
    names: ['StopGradient', 'Copy', 'ConvertToTensor', 'Identity'],
    write: (call) => call.tensor([...acted, 'variable', 'value'], 0),
  },
  {
    names: ['OnesLike', 'ZerosLike'],
    write: (call) => call.one(call.name, [call.tensor(acted, 0)]),
  },
];
