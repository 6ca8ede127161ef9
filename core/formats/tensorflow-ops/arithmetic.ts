import { elementCount } from '../../network/tensor.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import { reshaped } from '../tensorflow/weights.ts';
import { together } from './broadcast.ts';
import type { Operation, OperationDefinition } from './operation.ts';

const binary =
  (op: string) =>
  (operation: Operation): Value =>
    together(operation, op, [operation.input(0), operation.input(1)]);

const isWhole = ({ type }: Value): boolean => type !== 'float32';

/** Rounded down, where ONNX's division of whole numbers rounds towards zero. */
function floorDiv(operation: Operation): Value {
  const [a, b] = [operation.input(0), operation.input(1)];
  if (isWhole(a)) {
    const rest = together(operation, 'Mod', [a, b], {}, 'rest');
    return together(operation, 'Div', [together(operation, 'Sub', [a, rest], {}, 'multiple'), b]);
  }
  return together(operation, 'Div', [a, b], {}, 'quotient').entrywise((x) => operation.node('Floor', [x]));
}

/** a - b floor(a / b), with the sign of b; ONNX knows that for whole numbers only. */
function floorMod(operation: Operation): Value {
  const [a, b] = [operation.input(0), operation.input(1)];
  if (isWhole(a)) return together(operation, 'Mod', [a, b]);
  const quotient = together(operation, 'Div', [a, b], {}, 'quotient');
  const whole = quotient.entrywise((x) => operation.node('Floor', [x], {}, 'whole'));
  return together(operation, 'Sub', [a, together(operation, 'Mul', [b, whole], {}, 'multiple')]);
}

/** 0 where the divisor is. */
function divNoNan(operation: Operation): Value {
  const [a, b] = [operation.input(0), operation.input(1)];
  const zero = operation.plain(operation.scalar('zero', 0), []);
  const isZero = together(operation, 'Equal', [b, zero], {}, 'is zero', 'bool');
  return together(operation, 'Where', [isZero, zero, together(operation, 'Div', [a, b], {}, 'quotient')]);
}

function squaredDifference(operation: Operation): Value {
  return binaryPart(operation, 'Sub', 'difference').entrywise((x) => operation.node('Mul', [x, x]));
}

const binaryPart = (operation: Operation, op: string, part: string): Value =>
  together(operation, op, [operation.input(0), operation.input(1)], {}, part);

function addN(operation: Operation): Value {
  if (operation.inputs.length < 2) return operation.input(0);
  return together(operation, 'Sum', operation.inputs);
}

/** Along the channels, wherever these are. */
export function biased(operation: Operation, x: Value, bias: Value, part = ''): Value {
  const first = operation.attributes.text('data_format', 'NHWC').startsWith('NC');
  if (!first || x.rank < 3) return together(operation, 'Add', [x, bias], {}, part);
  const tensor = operation.constant(bias);
  if (tensor === undefined) throw new Unsupported('what it adds to the channels is not in the file');
  const shape = [elementCount(tensor.shape), ...x.shape.slice(2).map(() => 1)];
  const name = operation.draft.constant(reshaped(tensor, `${tensor.name}/per channel`, shape));
  return together(operation, 'Add', [x, operation.plain(name, shape)], {}, part);
}

export const arithmeticOperations: readonly OperationDefinition[] = [
  { ops: ['Add', 'AddV2'], write: binary('Add') },
  { ops: ['Sub'], write: binary('Sub') },
  { ops: ['Mul'], write: binary('Mul') },
  { ops: ['RealDiv', 'Div'], write: binary('Div') },
  { ops: ['Maximum'], write: binary('Max') },
  { ops: ['Minimum'], write: binary('Min') },
  { ops: ['Pow'], write: binary('Pow') },
  { ops: ['FloorDiv'], write: floorDiv },
  { ops: ['FloorMod'], write: floorMod },
  // Of whole numbers and of others alike with the sign of the dividend.
  {
    ops: ['Mod'],
    write: (operation) => together(operation, 'Mod', [operation.input(0), operation.input(1)], { fmod: 1 }),
  },
  { ops: ['DivNoNan'], write: divNoNan },
  { ops: ['SquaredDifference'], write: squaredDifference },
  { ops: ['AddN'], write: addN },
  { ops: ['BiasAdd'], write: (operation) => biased(operation, operation.input(0), operation.input(1)) },
];
