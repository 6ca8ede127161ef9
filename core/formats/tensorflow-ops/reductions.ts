import { Unsupported } from '../tensorflow/unsupported.ts';
import { range, type Value } from '../tensorflow/value.ts';
import { laid, type Operation, type OperationDefinition } from './operation.ts';

/** Over the axes of the second input; what is kept of an image keeps its order of axes. */
const reduced =
  (op: string) =>
  (operation: Operation): Value => {
    const x = operation.input(0);
    const given = operation.numbers(1, 'axes');
    const axes = given.map((axis) => operation.axis(axis, x.rank));
    const kept = operation.attributes.flag('keep_dims') || operation.attributes.flag('keepdims');
    if (axes.length === 0) return x.entrywise((name) => operation.node('Identity', [name]));
    const shape = x.shape.flatMap((size, axis) => (axes.includes(axis) ? (kept ? [1] : []) : [size]));
    const order = laid(operation, x);
    // Where axes between go, what is left is in the model's order only if the channels go as well, or all that stood before them.
    const usable = kept || axes.includes(x.rank - 1) || range(1, x.rank - 1).every((axis) => axes.includes(axis));
    const source = usable ? order.name : x.name;
    const over = usable ? axes.map((axis) => order.axis(axis)) : axes;
    const name = operation.node(op, [source, operation.integers('axes', over)], { keepdims: kept ? 1 : 0 });
    return kept ? order.made(name, shape) : operation.plain(name, shape);
  };

/** Of truths: as numbers, and back. */
const truths =
  (op: string) =>
  (operation: Operation): Value => {
    const asNumbers = operation.input(0).entrywise((x) => operation.node('Cast', [x], { to: 6 }, 'numbers'), 'int32');
    const inner = operation.part('extreme', [asNumbers, ...operation.inputs.slice(1)]);
    return reduced(op)(inner).entrywise((x) => operation.node('Cast', [x], { to: 9 }), 'bool');
  };

const extremePlace =
  (op: string) =>
  (operation: Operation): Value => {
    const x = operation.input(0);
    const axis = operation.axis(operation.inputs.length > 1 ? operation.number(1, 'axis') : 0, x.rank);
    const place = operation.node(op, [x.name], { axis, keepdims: 0 }, 'place');
    const name = operation.node('Cast', [place], { to: 6 });
    return operation.plain(
      name,
      x.shape.filter((_, k) => k !== axis),
      'int32',
    );
  };

function cumulativeSum(operation: Operation): Value {
  const x = operation.input(0);
  const axis = operation.integer('axis', operation.axis(operation.number(1, 'axis'), x.rank));
  const [exclusive, reverse] = ['exclusive', 'reverse'].map((flag) => Number(operation.attributes.flag(flag)));
  return operation.plain(
    operation.node('CumSum', [x.name, axis], { exclusive: exclusive!, reverse: reverse! }),
    x.shape,
  );
}

/** The largest entries along the last axis, and where they were. */
function topK(operation: Operation): readonly Value[] {
  const x = operation.input(0);
  const k = operation.number(1, 'number of entries');
  if (!Number.isInteger(k) || k < 0) throw new Unsupported('its number of entries is no size');
  const sorted = operation.attributes.has('sorted') && !operation.attributes.flag('sorted') ? 0 : 1;
  const [values, places] = operation.draft.outputs('TopK', operation.id, [x.name, operation.integers('k', [k])], 2, {
    axis: -1,
    largest: 1,
    sorted,
  });
  const shape = [...x.shape.slice(0, -1), k];
  const whole = operation.draft.node('Cast', `${operation.id}/places`, [places!], { to: 6 });
  return [operation.plain(values!, shape), operation.plain(whole, shape, 'int32')];
}

export const reductionOperations: readonly OperationDefinition[] = [
  { ops: ['Max'], write: reduced('ReduceMax') },
  { ops: ['Min'], write: reduced('ReduceMin') },
  { ops: ['Mean'], write: reduced('ReduceMean') },
  { ops: ['Sum'], write: reduced('ReduceSum') },
  { ops: ['Prod'], write: reduced('ReduceProd') },
  { ops: ['EuclideanNorm'], write: reduced('ReduceL2') },
  { ops: ['All'], write: truths('ReduceMin') },
  { ops: ['Any'], write: truths('ReduceMax') },
  { ops: ['ArgMax'], write: extremePlace('ArgMax') },
  { ops: ['ArgMin'], write: extremePlace('ArgMin') },
  { ops: ['Cumsum'], write: cumulativeSum },
  { ops: ['TopKV2'], write: topK },
];
