import { isObject, type Json, type JsonObject } from '../json.ts';

/** What a call of an operation was given, as the file writes it down: tensors of the model among plain values. */
export type Given<Tensor> =
  | { readonly kind: 'tensor'; readonly tensor: Tensor }
  | { readonly kind: 'list'; readonly items: readonly Given<Tensor>[] }
  | {
      readonly kind: 'slice';
      readonly start: Given<Tensor>;
      readonly stop: Given<Tensor>;
      readonly step: Given<Tensor>;
    }
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'plain'; readonly value: Json };

export interface Arguments<Tensor> {
  readonly positional: readonly Given<Tensor>[];
  readonly named: Readonly<Record<string, Given<Tensor>>>;
}

export const nothing: Given<never> = { kind: 'plain', value: null };

const deepest = 16;

/** Reads one value of a call; `tensorAt` says where a tensor of the model stands. */
export function readGiven<Tensor>(
  value: Json | undefined,
  tensorAt: (value: Json) => Tensor | undefined,
  depth = 0,
): Given<Tensor> {
  if (value === undefined || value === null || depth > deepest) return nothing;
  const tensor = tensorAt(value);
  if (tensor !== undefined) return { kind: 'tensor', tensor };
  const inner = (item: Json | undefined): Given<Tensor> => readGiven(item, tensorAt, depth + 1);
  if (Array.isArray(value)) return { kind: 'list', items: (value as readonly Json[]).map(inner) };
  if (!isObject(value)) return { kind: 'plain', value };
  const config = isObject(value['config']) ? value['config'] : {};
  const className = value['class_name'];
  switch (typeof className === 'string' ? className : undefined) {
    case '__slice__':
      return sliceOf(config, inner);
    case '__ellipsis__':
      return { kind: 'ellipsis' };
    case '__tuple__':
      return inner(value['items'] ?? config['value']);
    case '__numpy__':
    case '__tensor__':
      return inner(config['value']);
    case undefined:
      // Keras 2 writes a slice as a table of its three numbers.
      return 'start' in value && 'stop' in value ? sliceOf(value, inner) : { kind: 'plain', value };
    default:
      return { kind: 'plain', value };
  }
}

const sliceOf = <Tensor>(
  { start, stop, step }: JsonObject,
  inner: (item: Json | undefined) => Given<Tensor>,
): Given<Tensor> => ({ kind: 'slice', start: inner(start), stop: inner(stop), step: inner(step) });

/** The same with other tensors in the places of these. */
export function withTensors<From, To>(given: Given<From>, to: (tensor: From) => To): Given<To> {
  switch (given.kind) {
    case 'tensor':
      return { kind: 'tensor', tensor: to(given.tensor) };
    case 'list':
      return { kind: 'list', items: given.items.map((item) => withTensors(item, to)) };
    case 'slice':
      return {
        kind: 'slice',
        start: withTensors(given.start, to),
        stop: withTensors(given.stop, to),
        step: withTensors(given.step, to),
      };
    case 'ellipsis':
    case 'plain':
      return given;
  }
}

export const argumentsWith = <From, To>(
  { positional, named }: Arguments<From>,
  to: (tensor: From) => To,
): Arguments<To> => ({
  positional: positional.map((given) => withTensors(given, to)),
  named: Object.fromEntries(Object.entries(named).map(([name, given]) => [name, withTensors(given, to)])),
});
