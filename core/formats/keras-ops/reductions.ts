import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import type { FunctionCall, FunctionDefinition } from './call.ts';

const acted = ['x', 'input_tensor', 'tensor', 'input'];

const keeps = (call: FunctionCall): boolean => call.flag(['keepdims', 'keep_dims'], false, 2);

/** Over axes of each sample. */
function reduced(call: FunctionCall, op: string, x: Value, axes: readonly number[], kept: boolean, part = ''): Value {
  return call.one(op, [x, call.fixed(`${part}axes`, axes)], { keep_dims: { b: kept } }, part);
}

const over =
  (op: string) =>
  (call: FunctionCall): Value => {
    const given = call.tensor(acted, 0);
    const x = op === 'All' || op === 'Any' ? call.as('bool', given) : op === 'Mean' ? call.as('float32', given) : given;
    return reduced(call, op, x, call.axes(x, 'all', 'axis', 1), keeps(call));
  };

/** The mean of what is left of the mean, squared. */
function variance(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const axes = call.axes(x, 'all', 'axis', 1);
  const rest = call.one('Sub', [x, reduced(call, 'Mean', x, axes, true, 'mean')], {}, 'rest');
  const square = call.one('Square', [rest], {}, 'square');
  const last = call.name === 'Std' ? 'variance' : '';
  const spread = reduced(call, 'Mean', square, axes, keeps(call), last);
  return call.name === 'Std' ? call.one('Sqrt', [spread]) : spread;
}

/** Of vectors along one axis. */
function norm(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const axes = call.axes(x, 'all', 'axis', 2);
  const kept = call.flag('keepdims', false, 3);
  const ord = call.argument('ord', 1);
  const value = ord?.kind === 'plain' ? ord.value : null;
  if (value === null || value === 'euclidean' || (value === 2 && axes.length === 1))
    return reduced(call, 'EuclideanNorm', x, axes, kept);
  if (axes.length > 1 || (value !== 1 && value !== 'inf'))
    throw new Unsupported(`the norm of order ${JSON.stringify(value)} is not known here`);
  const sizes = call.one('Abs', [x], {}, 'absolute');
  return reduced(call, value === 1 ? 'Sum' : 'Max', sizes, axes, kept);
}

/** x / max(|x|, epsilon) in the Euclidean norm. */
function normalised(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const axes = call.axes(x, [-1], 'axis', 1);
  const order = call.number('order', 2);
  if (order !== 2) throw new Unsupported(`the norm of order ${order} is not known here`);
  // TensorFlow bounds the sum of squares, Keras its root.
  const least = call.name === 'L2Normalize' ? Math.sqrt(call.number('epsilon', 1e-12)) : call.number('epsilon', 1e-7);
  const length = reduced(call, 'EuclideanNorm', x, axes, true, 'length');
  return call.one('RealDiv', [x, call.one('Maximum', [length, call.scalar('epsilon', least)], {}, 'at least')]);
}

/** log(sum(exp(x))), with the largest entry taken out first. */
function logSumExp(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const axes = call.axes(x, 'all', 'axis', 1);
  const most = reduced(call, 'Max', x, axes, true, 'largest');
  const powers = call.one('Exp', [call.one('Sub', [x, most], {}, 'below')], {}, 'powers');
  const logs = call.one('Log', [reduced(call, 'Sum', powers, axes, true, 'sum')], {}, 'log');
  const kept = call.one('AddV2', [logs, most], {}, keeps(call) ? '' : 'total');
  return keeps(call) ? kept : call.one('Squeeze', [kept], { axis: { list: { i: [...axes] } } });
}

const extremePlace =
  (op: string) =>
  (call: FunctionCall): Value => {
    const x = call.tensor(acted, 0);
    const [axis] = call.axes(x, 'all', 'axis', 1);
    if (call.integers('axis', 1) === undefined || keeps(call)) throw new Unsupported('it is of all entries at once');
    return call.one(op, [x, call.fixedOne('axis', axis!)]);
  };

function cumulativeSum(call: FunctionCall): Value {
  const x = call.tensor(acted, 0);
  const [axis] = call.axes(x, 'all', 'axis', 1);
  if (call.integers('axis', 1) === undefined) throw new Unsupported('it is of all entries at once');
  return call.one('Cumsum', [x, call.fixedOne('axis', axis!)], {
    exclusive: { b: call.flag('exclusive', false) },
    reverse: { b: call.flag('reverse', false) },
  });
}

export const reducingFunctions: readonly FunctionDefinition[] = [
  { names: ['Mean'], write: over('Mean') },
  { names: ['Sum'], write: over('Sum') },
  { names: ['Max', 'Amax'], write: over('Max') },
  { names: ['Min', 'Amin'], write: over('Min') },
  { names: ['Prod'], write: over('Prod') },
  { names: ['All'], write: over('All') },
  { names: ['Any'], write: over('Any') },
  { names: ['Var', 'Std'], write: variance },
  { names: ['Norm'], write: norm },
  { names: ['Normalize', 'L2Normalize'], write: normalised },
  { names: ['Logsumexp'], write: logSumExp },
  { names: ['Argmax'], write: extremePlace('ArgMax') },
  { names: ['Argmin'], write: extremePlace('ArgMin') },
  { names: ['Cumsum'], write: cumulativeSum },
  {
    names: ['TopK'],
    write: (call) =>
      call.all(
        'TopKV2',
        [call.tensor(acted, 0), call.fixedOne('k', call.number('k', 1, 1))],
        { sorted: { b: call.flag('sorted', true) } },
        '',
        2,
      ),
  },
];
