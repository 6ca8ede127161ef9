import type { ElementType } from '../../network/tensor.ts';
import { float } from '../tensorflow/draft.ts';
import type { Value } from '../tensorflow/value.ts';
import { together } from './broadcast.ts';
import type { Operation, OperationDefinition } from './operation.ts';

/** A function of every entry: from the name of the tensor to that of the result. `part` names nodes of fused operations. */
type Entrywise = (operation: Operation, x: string, part: string) => string;

const op =
  (name: string, attributes: Readonly<Record<string, number>> = {}): Entrywise =>
  (operation, x, part) =>
    operation.node(
      name,
      [x],
      Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, float(value)])),
      part,
    );

const within = (part: string, name: string): string => (part === '' ? name : `${part}/${name}`);

/** Clip needs its ends as tensors. */
const clipped =
  (low: number, high: number): Entrywise =>
  (operation, x, part) =>
    operation.node('Clip', [x, operation.scalar('least', low), operation.scalar('most', high)], {}, part);

const leaky: Entrywise = (operation, x, part) =>
  operation.node(
    'LeakyRelu',
    [x],
    { alpha: float(operation.attributes.decimal(part === '' ? 'alpha' : 'leakyrelu_alpha', 0.2)) },
    part,
  );

export const functions: Readonly<Record<string, Entrywise | undefined>> = {
  Abs: op('Abs'),
  Acos: op('Acos'),
  Acosh: op('Acosh'),
  Asin: op('Asin'),
  Asinh: op('Asinh'),
  Atan: op('Atan'),
  Atanh: op('Atanh'),
  Ceil: op('Ceil'),
  Cos: op('Cos'),
  Cosh: op('Cosh'),
  Elu: op('Elu', { alpha: 1 }),
  Erf: op('Erf'),
  Exp: op('Exp'),
  Expm1: (operation, x, part) =>
    operation.node(
      'Sub',
      [operation.node('Exp', [x], {}, within(part, 'exponential')), operation.scalar('one', 1)],
      {},
      part,
    ),
  Floor: op('Floor'),
  LeakyRelu: leaky,
  Log: op('Log'),
  Log1p: (operation, x, part) =>
    operation.node(
      'Log',
      [operation.node('Add', [x, operation.scalar('one', 1)], {}, within(part, 'raised'))],
      {},
      part,
    ),
  Neg: op('Neg'),
  Reciprocal: op('Reciprocal'),
  Relu: op('Relu'),
  Relu6: clipped(0, 6),
  Rint: op('Round'),
  Round: op('Round'),
  Rsqrt: (operation, x, part) =>
    operation.node('Reciprocal', [operation.node('Sqrt', [x], {}, within(part, 'root'))], {}, part),
  Selu: op('Selu', { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }),
  Sigmoid: op('Sigmoid'),
  Sign: op('Sign'),
  Sin: op('Sin'),
  Sinh: op('Sinh'),
  Softplus: op('Softplus'),
  Softsign: op('Softsign'),
  Sqrt: op('Sqrt'),
  Square: (operation, x, part) => operation.node('Mul', [x, x], {}, part),
  Tan: op('Tan'),
  Tanh: op('Tanh'),
};

/** Questions about every entry. */
const tests: Readonly<Record<string, Entrywise | undefined>> = {
  IsInf: op('IsInf'),
  IsNan: op('IsNaN'),
  IsFinite: (operation, x) =>
    operation.node('Not', [
      operation.node(
        'Or',
        [operation.node('IsInf', [x], {}, 'infinite'), operation.node('IsNaN', [x], {}, 'no number')],
        {},
        'neither',
      ),
    ]),
  LogicalNot: op('Not'),
};

const entrywise = (functionsOf: typeof functions, type?: ElementType): readonly OperationDefinition[] =>
  Object.entries(functionsOf).map(([name, apply]) => ({
    ops: [name],
    write: (operation) => operation.input(0).entrywise((x) => apply!(operation, x, ''), type),
  }));

function clipByValue(operation: Operation): Value {
  const [low, high] = [operation.input(1).name, operation.input(2).name];
  return operation.input(0).entrywise((x) => operation.node('Clip', [x, low, high]));
}

export const functionOperations: readonly OperationDefinition[] = [
  ...entrywise(functions),
  ...entrywise(tests, 'bool'),
  { ops: ['ClipByValue'], write: clipByValue },
  { ops: ['Prelu'], write: (operation) => together(operation, 'PRelu', [operation.input(0), operation.input(1)]) },
];
