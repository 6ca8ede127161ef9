import { Unsupported } from '../tensorflow/unsupported.ts';
import type { Value } from '../tensorflow/value.ts';
import { plain, type FunctionCall, type FunctionDefinition } from './call.ts';
import type { Given } from './given.ts';

const isNothing = (given: Given<Value>): boolean => given.kind === 'plain' && given.value === null;

function whole(given: Given<Value>): number {
  const value = plain(given);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Unsupported('where it cuts is not fixed in the file');
}

/** What stands in the brackets of x[...]: numpy's slices as TensorFlow's strided ones. */
function cut(call: FunctionCall): Value {
  const x = call.tensor(['x', 'tensor'], 0);
  const key = call.argument(['key', 'slice_spec'], 1);
  if (key === undefined) throw new Unsupported('where it cuts is not in the file');
  const items = key.kind === 'list' ? key.items : [key];
  const [begin, end, steps]: [number[], number[], number[]] = [[], [], []];
  const masks = { begin_mask: 0, end_mask: 0, ellipsis_mask: 0, new_axis_mask: 0, shrink_axis_mask: 0 };
  const entry = (from: number, to: number, step: number, ...set: readonly (keyof typeof masks)[]): void => {
    for (const mask of set) masks[mask] |= 1 << begin.length;
    begin.push(from);
    end.push(to);
    steps.push(step);
  };
  if (items.length > 16) throw new Unsupported('it cuts along more axes than a tensor has');
  for (const item of items) {
    if (item.kind === 'ellipsis' || plain(item) === '...') entry(0, 0, 1, 'ellipsis_mask');
    else if (isNothing(item)) entry(0, 0, 1, 'new_axis_mask');
    else if (item.kind !== 'slice') entry(whole(item), whole(item) + 1, 1, 'shrink_axis_mask');
    else {
      const open = [...(isNothing(item.start) ? (['begin_mask'] as const) : []), ...(isNothing(item.stop) ? (['end_mask'] as const) : [])]; // prettier-ignore
      const at = (given: Given<Value>, otherwise: number): number => (isNothing(given) ? otherwise : whole(given));
      entry(at(item.start, 0), at(item.stop, 0), at(item.step, 1), ...open);
    }
  }
  const [head] = items;
  if (head !== undefined && x.rank > 0 && head.kind !== 'ellipsis' && plain(head) !== '...' && !isWholeSlice(head))
    throw new Unsupported('it cuts along the samples of a batch');
  const attributes = Object.fromEntries(Object.entries(masks).map(([name, mask]) => [name, { i: mask }]));
  return call.one('StridedSlice', [x, call.fixed('begin', begin), call.fixed('end', end), call.fixed('steps', steps)], attributes); // prettier-ignore
}

const isWholeSlice = (given: Given<Value>): boolean =>
  given.kind === 'slice' &&
  (isNothing(given.start) || plain(given.start) === 0) &&
  isNothing(given.stop) &&
  (isNothing(given.step) || plain(given.step) === 1);

/** Entries along an axis by whole numbers: those of the file, or of a tensor. */
function taken(call: FunctionCall): Value {
  const x = call.tensor(['x', 'params'], 0);
  const indices = call.argument('indices', 1);
  const [axis] = call.axes(x, 'all', 'axis', 2);
  if (call.integers('axis', 2) === undefined) throw new Unsupported('it counts all entries in one row');
  const at = call.fixedOne('axis', axis!);
  if (indices?.kind === 'tensor') return call.one('GatherV2', [x, call.as('int32', indices.tensor), at]);
  const numbers = call.integers('indices', 1) ?? [];
  const size = x.shape[axis!] ?? null;
  if (numbers.some((n) => n < 0) && size === null) throw new Unsupported('it counts from an end that is not fixed');
  const counted = numbers.map((n) => (n < 0 ? n + size! : n));
  const places = call.wholeNumbers('places', counted, indices?.kind === 'list');
  return call.one('GatherV2', [x, places, at]);
}

function oneHot(call: FunctionCall): Value {
  const x = call.tensor(['x', 'indices'], 0);
  if (x.type === 'float32') throw new Unsupported('it sorts its input into categories, and jumps from one to the next');
  const depth = call.fixedOne('depth', call.number(['num_classes', 'depth'], 0, 1));
  return call.one('OneHot', [x, depth, call.fixedOne('value', 1), call.fixedOne('other', 0)], {
    axis: { i: call.number('axis', -1) },
  });
}

export const indexingFunctions: readonly FunctionDefinition[] = [
  { names: ['GetItem'], write: cut },
  { names: ['Take'], write: taken },
  { names: ['OneHot'], write: oneHot },
];
