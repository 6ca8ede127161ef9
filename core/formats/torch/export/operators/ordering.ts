import { isNamedSize, NotUnderstood, type Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

/** The numbers along an axis in order, the first so many of them, with their places. */
function ordered(b: Builder, self: string, axis: number, count: number, largest: 0 | 1): readonly [string, string] {
  const [values, places] = b.emitMany('TopK', [self, b.integers([count])], 2, { axis, largest, sorted: 1 });
  return [values!, places!];
}

/** Both outputs of the call; places only where somebody reads them. */
function both(b: Builder, values: string, places: string): void {
  b.finish('Identity', [values]);
  b.giveSecond(() => places);
}

const direction = (b: Builder): 0 | 1 => (b.flag('descending') ? 1 : 0);

const sort: Translation = (b) => {
  const self = b.tensor('self');
  if (b.rank(self) === 0) throw new NotUnderstood('its input has no axes');
  const axis = b.number('dim', -1);
  both(b, ...ordered(b, self, axis, b.size(self, axis), direction(b)));
};

const places: Translation = (b) => {
  const self = b.tensor('self');
  const axis = b.number('dim', -1);
  b.finish('Identity', [ordered(b, self, axis, b.size(self, axis), direction(b))[1]]);
};

const firstAxis: Translation = (b) => {
  const self = b.tensor('self');
  b.finish('Identity', [ordered(b, self, 0, b.size(self, 0), 0)[0]]);
};

/** The k-th smallest along an axis: the last of the k smallest. */
function smallest(b: Builder, self: string, axis: number, k: number): void {
  const last = (name: string): string => {
    const piece = b.emit('Slice', [name, b.integers([k - 1]), b.integers([k]), b.integers([axis])]);
    return b.flag('keepdim') ? piece : b.emit('Squeeze', [piece, b.integers([axis])]);
  };
  const [values, at] = ordered(b, self, axis, k, 0);
  b.finish('Identity', [last(values)]);
  b.giveSecond(() => last(at));
}

/** Of an even number of values the lower one of the two in the middle. */
const median: Translation = (b) => {
  const self = b.tensor('self');
  const along = b.argument('dim');
  const flat = along === undefined || along === null ? b.emit('Reshape', [self, b.integers([-1])]) : self;
  const axis = flat === self ? b.number('dim') : 0;
  const count = flat === self ? b.size(self, axis) : b.shape(self).reduce((product, size) => product * size, 1);
  smallest(b, flat, axis, Math.floor((count - 1) / 2) + 1);
};

const topK: Translation = (b) => {
  const largest = b.argument('largest') === false ? 0 : 1;
  both(b, ...ordered(b, b.tensor('self'), b.number('dim', -1), b.number('k'), largest));
};

/** Everything up to each place joined: by pairs at distances of 1, 2, 4, ..., so that n numbers take log n steps. */
const running =
  (op: 'Max' | 'Min' | 'Mul'): Translation =>
  (b) => {
    const self = b.tensor('self');
    if (b.isUsed(1)) throw new NotUnderstood('the places of its extremes are used');
    const axis = b.number('dim');
    const size = b.size(self, axis);
    let joined = self;
    for (let step = 1; step < size; step *= 2) {
      const piece = (from: number, to: number): string =>
        b.emit('Slice', [joined, b.integers([from]), b.integers([to]), b.integers([axis])]);
      const pairs = b.emit(op, [piece(step, size), piece(0, size - step)]);
      joined = b.emit('Concat', [piece(0, step), pairs], { axis });
    }
    b.finish('Identity', [joined]);
  };

const smallestAndLargest: Translation = (b) => {
  const along = b.argument('dim');
  const axes = typeof along === 'number' ? [b.integers([along])] : [];
  const keepdims = b.flag('keepdim') ? 1 : 0;
  ['ReduceMin', 'ReduceMax'].forEach((op, i) => {
    const output = b.call.outputs[i] ?? '';
    if (output !== '') b.give(output, op, [b.tensor('self'), ...axes], { keepdims });
  });
};

/** Away from the largest, so that nothing overflows. */
const runningLogSumExp: Translation = (b) => {
  const self = b.tensor('self');
  const axis = b.number('dim');
  const most = b.emit('ReduceMax', [self, b.integers([axis])], { keepdims: 1 });
  const sums = b.emit('CumSum', [b.emit('Exp', [b.emit('Sub', [self, most])]), b.integer(axis)]);
  b.finish('Add', [b.emit('Log', [sums]), most]);
};

/** Differences of neighbours, as often as it says. */
const differences: Translation = (b) => {
  const self = b.tensor('self');
  if (isNamedSize(b.argument('prepend')) || isNamedSize(b.argument('append')))
    throw new NotUnderstood('something is put before or behind its input');
  const axis = b.number('dim', -1);
  const rounds = b.number('n', 1);
  if (rounds > 64) throw new NotUnderstood('it takes differences of differences more than 64 times');
  let [from, size] = [self, b.size(self, axis)];
  for (let round = 0; round < rounds && size > 0; round++, size--) {
    const piece = (start: number, end: number): string =>
      b.emit('Slice', [from, b.integers([start]), b.integers([end]), b.integers([axis])]);
    from = b.emit('Sub', [piece(1, size), piece(0, size - 1)]);
  }
  b.finish('Identity', [from]);
};

export const ordering: Translations = {
  'aten.sort': sort,
  'aten.argsort': places,
  'aten.msort': firstAxis,
  'aten.topk': topK,
  'aten.median': median,
  'aten.kthvalue': (b) => smallest(b, b.tensor('self'), b.number('dim', -1), b.number('k')),
  'aten.cummax': running('Max'),
  'aten.cummin': running('Min'),
  'aten.cumprod': running('Mul'),
  'aten.logcumsumexp': runningLogSumExp,
  'aten.aminmax': smallestAndLargest,
  'aten.diff': differences,
};
