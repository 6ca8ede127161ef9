import { elementTypeCodes } from '../../network/element-type-codes.ts';
import type { Value } from '../tensorflow/value.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { product, type CallArguments, type LayerCall } from './layer.ts';
import { isObject, type Json } from './settings.ts';

const mostMasked = 2 ** 24;

/** What is added to the scores of steps that may not be seen: far below everything else. */
const hidden = -1e9;

/** The arguments of a call that are masks, whether tensors or numbers. */
export const masksOf = ({ tensors, settings }: CallArguments): readonly string[] => [
  ...Object.keys(tensors).filter(isMask),
  ...Object.keys(settings).filter((name) => isMask(name) && settings[name] !== null && settings[name] !== undefined),
];

const isMask = (name: string): boolean => /(?:^|_)mask$/u.test(name) && name !== 'use_causal_mask';

/** Refuses masks that the layer would need and `known` does not name. */
export function requireKnownMasks(call: LayerCall, known: readonly string[] = []): void {
  const other = masksOf(call.arguments).find((name) => !known.includes(name));
  if (other !== undefined) throw new Unsupported(`it is given a mask (${other})`);
}

/** Scores [batch, heads, queries, keys], or without heads, with those far down that the layer and the call hide. */
export function maskedScores(call: LayerCall, scores: string, query: Value, key: Value, heads: boolean): string {
  const { draft, id } = call;
  const fixed = fixedMask(call, query, key);
  let masked =
    fixed === undefined
      ? scores
      : draft.node('Add', `${id}/causal`, [scores, draft.floats(`${id}/mask`, fixed.shape, fixed.numbers)]);
  for (const name of ['attention_mask', 'value_mask', 'key_mask']) {
    for (const mask of call.arguments.tensors[name] ?? []) {
      const seen = draft.node('Cast', `${id}/${name}/seen`, [mask.name], { to: elementTypeCodes.bool });
      const axes = axesBefore(name, mask, heads);
      const spread =
        axes.length === 0
          ? seen
          : draft.node('Unsqueeze', `${id}/${name}`, [seen, draft.integers(`${id}/${name}/axes`, axes)]);
      masked = draft.node('Where', `${id}/${name}/hidden`, [spread, masked, draft.scalar(`${id}/${name}/far`, hidden)]);
    }
  }
  return masked;
}

/** Where a mask that is a tensor lacks the axes that the scores have: one of keys has no queries, and none has heads. */
function axesBefore(name: string, mask: Value, heads: boolean): readonly number[] {
  if (name === 'attention_mask' && mask.rank === 3) return heads ? [1] : [];
  if (name === 'attention_mask' && mask.rank === 4 && heads) return [];
  if (name !== 'attention_mask' && mask.rank === 2) return heads ? [1, 2] : [1];
  throw new Unsupported(`its ${name} has ${mask.rank} axes`);
}

interface FixedMask {
  readonly shape: readonly number[];
  readonly numbers: Float32Array;
}

/** What no query sees whatever the input: later steps, those out of the window, those that a constant hides. */
function fixedMask(call: LayerCall, query: Value, key: Value): FixedMask | undefined {
  const { settings } = call;
  const given = call.arguments.settings;
  const causal = given['use_causal_mask'] === true || settings.flag('causal', false);
  const window = settings.has('sliding_window') ? settings.count('sliding_window') : Number.POSITIVE_INFINITY;
  const constants = ['attention_mask', 'value_mask', 'key_mask'].filter((name) =>
    masksOf({ tensors: {}, settings: given }).includes(name),
  );
  if (!causal && window === Number.POSITIVE_INFINITY && constants.length === 0) return undefined;
  const [rows, columns] = [query.shape[1], key.shape[1]];
  if (typeof rows !== 'number' || typeof columns !== 'number')
    throw new Unsupported('it masks steps of a sequence of no fixed length');
  if (rows * columns > mostMasked) throw new Unsupported('it masks more steps than can be written down');
  const seenBy = constants.map((name) => constantMask(name, given[name]!, rows, columns));
  const numbers = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    let any = false;
    for (let column = 0; column < columns; column++) {
      const seen =
        !(causal && column > row) && Math.abs(row - column) < window && seenBy.every((sees) => sees(row, column));
      any ||= seen;
      if (!seen) numbers[row * columns + column] = hidden;
    }
    // Where all is hidden, frameworks differ in what is seen after all.
    if (!any) throw new Unsupported(`its masks hide everything from step ${row}`);
  }
  return { shape: [rows, columns], numbers };
}

/** The numbers of an array that Keras 3 writes among the arguments of a call, the same for every sample and head. */
function constantMask(
  name: string,
  value: Json,
  rows: number,
  columns: number,
): (row: number, column: number) => boolean {
  const array = isObject(value) && isObject(value['config']) ? value['config']['value'] : value;
  const shape: number[] = [];
  for (let at: Json | undefined = array; Array.isArray(at); at = (at as readonly Json[])[0]) {
    shape.push(at.length);
    if (shape.length > 4) break;
  }
  const flat = Array.isArray(array) ? (array.flat(4) as Json[]) : [];
  const width = shape.at(-1) ?? 0;
  const height = name === 'attention_mask' ? (shape.at(-2) ?? 1) : 1;
  const fits =
    flat.length === product(shape) &&
    flat.length === width * height &&
    [1, columns].includes(width) &&
    [1, rows].includes(height) &&
    flat.every((entry) => typeof entry === 'number' || typeof entry === 'boolean');
  if (!fits) throw new Unsupported(`its ${name} is an array that is not the same for every sample and head`);
  return (row, column) => Number(flat[(height === 1 ? 0 : row) * width + (width === 1 ? 0 : column)]) !== 0;
}
