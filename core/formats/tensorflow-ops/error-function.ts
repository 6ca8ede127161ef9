import type { Node } from '../../network/network.ts';
import { numbersOf } from '../../network/tensor.ts';
import type { Value } from '../tensorflow/value.ts';
import type { Operation, OperationDefinition } from './operation.ts';

/**
 * 1 - erf(x) as 1 + erf(-x), for the error function is odd: TensorFlow writes GELU as 0.5 x erfc(-x / sqrt 2), and with the sign taken back
 * into its argument it stands there as 0.5 x (1 + erf(x / sqrt 2)), which is known for what it is.
 */
const complement = (operation: Operation): Value =>
  operation.input(0).entrywise((x) => {
    const erf = operation.node('Erf', [negated(operation, x)], {}, 'error function');
    return operation.node('Add', [erf, operation.scalar('one', 1)]);
  });

/** -x; of c (-y) that is c y. */
function negated(operation: Operation, x: string): string {
  const product = madeBy(operation, x, 'Mul');
  const factor = product?.inputs.findIndex((input) => isScalar(operation, input)) ?? -1;
  const turned = product === undefined ? undefined : madeBy(operation, product.inputs[1 - factor] ?? '', 'Neg');
  if (product === undefined || turned === undefined) return operation.node('Neg', [x], {}, 'negative');
  return operation.node('Mul', [turned.inputs[0]!, product.inputs[factor]!], {}, 'argument');
}

/** The steps stand a few nodes before. */
const mostBefore = 64;

const madeBy = ({ draft }: Operation, name: string, op: string): Node | undefined =>
  draft.nodes.slice(-mostBefore).find((node) => node.op === op && node.outputs[0] === name);

function isScalar({ draft }: Operation, name: string): boolean {
  const tensor = draft.constants.get(name);
  return (
    tensor !== undefined &&
    tensor.type !== 'string' &&
    tensor.shape.every((size) => size === 1) &&
    numbersOf(tensor).length === 1
  );
}

export const errorFunctionOperations: readonly OperationDefinition[] = [{ ops: ['Erfc'], write: complement }];
