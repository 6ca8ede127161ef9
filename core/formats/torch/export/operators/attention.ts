import { NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

/** Keys and values that several heads of queries share, once for each of them. */
function repeatedHeads(b: Builder, query: string, shared: string): string {
  const [heads, own] = [b.size(query, -3), b.size(shared, -3)];
  if (heads === own) return shared;
  const picks = listed(heads, (head) => Math.floor((head * own) / heads));
  return b.emit('Gather', [shared, b.integers(picks)], { axis: b.rank(shared) - 3 });
}

const attention: Translation = (b) => {
  const query = b.tensor('query');
  const shared = (name: string): string => (b.flag('enable_gqa') ? repeatedHeads(b, query, b.tensor(name)) : b.tensor(name)); // prettier-ignore
  const [key, value] = [shared('key'), shared('value')];
  if (b.number('dropout_p', 0) > 0) throw new NotUnderstood('it was exported in training: call eval() before');
  if (b.isUsed(1)) throw new NotUnderstood('what it keeps for training is used');
  const rank = b.rank(b.tensor('key'));
  const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const scale = b.number('scale', 1 / Math.sqrt(b.size(query, -1)));
  // On the data, which is how PyTorch does it as well, so that the matrix product stays one of two tensors.
  const scaled = b.emit('Mul', [query, b.scalar(scale)]);
  const scores = b.emit('MatMul', [scaled, b.emit('Transpose', [key], { perm })]);
  const mask = maskOf(b, query, b.tensor('key'));
  const weights = b.emit('Softmax', [mask === '' ? scores : b.emit('Add', [scores, mask])], { axis: -1 });
  b.finish('MatMul', [weights, value]);
};

/** What is added to the scores; a mask of booleans says where they count. */
function maskOf(b: Builder, query: string, key: string): string {
  const given = b.optionalTensor('attn_mask') || b.optionalTensor('attn_bias');
  if (given !== '' && b.typeOf(given) === 'bool')
    return b.emit('Where', [given, b.scalar(0), b.scalar(Number.NEGATIVE_INFINITY)]);
  if (given !== '' || !b.flag('is_causal')) return given;
  const [rows, columns] = [b.size(query, -2), b.size(key, -2)];
  const entries = listed(rows * columns, (at) =>
    at % columns > Math.floor(at / columns) ? Number.NEGATIVE_INFINITY : 0,
  );
  return b.numbersConstant([rows, columns], entries);
}

/** Rows whose every score is minus infinity give zeros. */
const safeSoftmax: Translation = (b) => {
  const self = b.tensor('self');
  const axis = b.number('dim');
  const most = b.emit('ReduceMax', [self, b.integers([axis])], { keepdims: 1 });
  const hidden = b.emit('Equal', [most, b.scalar(Number.NEGATIVE_INFINITY, b.typeOf(self))]);
  b.finish('Where', [hidden, b.scalar(0, b.typeOf(self)), b.emit('Softmax', [self], { axis })]);
};

export const attentions: Translations = {
  'aten.scaled_dot_product_attention': attention,
  'aten._scaled_dot_product_flash_attention': attention,
  'aten._scaled_dot_product_flash_attention_for_cpu': attention,
  'aten._scaled_dot_product_efficient_attention': attention,
  'aten._scaled_dot_product_cudnn_attention': attention,
  'aten._safe_softmax': safeSoftmax,
};
