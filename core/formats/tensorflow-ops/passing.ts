import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { Operation, OperationDefinition } from './operation.ts';

/** What hands its inputs on. No node stands for it, so that weights stay weights. */
const passedOn = (operation: Operation): readonly Value[] => operation.inputs;

/** Quantisation that training imitates; TensorFlow.js passes its input on, and so does this. */
const passedOnInJs = (operation: Operation): Value => operation.input(0);

/** The shape that the file vouches for. */
function ensureShape(operation: Operation): Value {
  const x = operation.input(0);
  const stated = operation.attributes.shape('shape');
  if (stated === undefined) return x;
  if (x.isRanked && x.rank !== stated.length)
    throw new Unsupported(`its input has ${x.rank} axes instead of ${stated.length}`);
  const shape = stated.map((size, axis) => size ?? (x.isRanked ? (x.shape[axis] ?? null) : null));
  return operation.plain(operation.node('Identity', [x.name]), shape, x.type);
}

export const passingOperations: readonly OperationDefinition[] = [
  {
    ops: [
      'Identity',
      'IdentityN',
      'Snapshot',
      'StopGradient',
      'PreventGradient',
      'CheckNumerics',
      'PlaceholderWithDefault',
    ],
    write: passedOn,
  },
  { ops: ['Print'], write: (operation) => operation.input(0) },
  { ops: ['FakeQuantWithMinMaxVars'], write: passedOnInJs },
  { ops: ['EnsureShape'], write: ensureShape },
];
