import { isEightBitFloat } from '../../network/eight-bit-floats.ts';
import { isFloating, type Tensor } from '../../network/tensor.ts';
import type { WeightLayer } from '../../network/weight-layer.ts';
import { quoted } from '../wording.ts';
import type { Weight } from './parametrisations.ts';

/** "fc.weight" is the weight of "fc"; other names of matrices ("lstm.weight_hh_l0", "in_proj_weight") stand for themselves. */
const plainSuffix = /^(.+)[./](?:weight|kernel|W)$/u;
const scaleSuffix = /^(.+)[./](?:weight|gamma|scale)$/u;
const kernelName = /(?:^|[./_])(?:weight|kernel|W)(?:_\w+)?$/u;
const embeddingName = /embed|(?:^|[./])(?:wte|wpe|emb)[./]/iu;
/** Positions and tokens that are added to what flows through are no layers. */
const addedName = /pos_?emb|position|_token|class_embedding|relative/iu;

/** By what quantised weights are multiplied, or what they are moved by. */
const scaleName = /(?:weight|kernel)_scale(?:_inv)?$|(?:^|[./])(?:scales|scale_weight|qzeros|absmax)$/u;

/** The layers that named tensors are, in the order of the file. */
export function layersOf(weights: ReadonlyMap<string, Weight>): WeightLayer[] {
  return [...weights].flatMap(([id, weight]) => layerOf(id, weight, weights) ?? []);
}

function layerOf(
  id: string,
  { tensor, applied }: Weight,
  weights: ReadonlyMap<string, Weight>,
): WeightLayer | undefined {
  if (!isFloating(tensor.type) || tensor.shape.some((size) => size === 0)) return undefined;
  const prefix = (plainSuffix.exec(id) ?? scaleSuffix.exec(id))?.[1];
  const beside = (...suffixes: readonly string[]): Tensor | undefined => {
    const separator = id[(prefix ?? '').length] ?? '.';
    for (const suffix of suffixes) {
      const found = prefix === undefined ? undefined : weights.get(`${prefix}${separator}${suffix}`)?.tensor;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const bias = beside('bias', 'beta');
  const base = { name: prefix ?? id, id, weight: tensor, applied, ...(bias === undefined ? {} : { bias }) };
  const rank = tensor.shape.length;
  if (rank === 1) return scaling(base, beside);
  if (scaleName.test(id) || (addedName.test(id) && !plainSuffix.test(id))) return undefined;
  const scale = unknownScale(base, weights);
  if (scale !== undefined)
    return {
      ...base,
      kind: 'unknown',
      order: 'unknown',
      doubt: `its 8-bit floats have a scale, ${quoted(scale)}, that is not known to be applied in one way`,
    };
  if (rank === 2) {
    const kind = embeddingName.test(id) && bias === undefined ? 'embedding' : 'dense';
    return { ...base, kind, order: kind === 'embedding' ? 'inputs first' : orderOf(tensor, bias) };
  }
  if (rank > 5 || !kernelName.test(id)) return undefined;
  return { ...base, kind: 'kernel', order: orderOf(tensor, bias) };
}

type Base = Pick<WeightLayer, 'name' | 'id' | 'weight' | 'applied' | 'bias'>;

function scaling(base: Base, beside: (...suffixes: readonly string[]) => Tensor | undefined): WeightLayer | undefined {
  const variance = beside('running_var', 'moving_variance');
  const mean = beside('running_mean', 'moving_mean');
  if (variance !== undefined && mean !== undefined && sameSize(variance, base.weight) && sameSize(mean, base.weight))
    return { ...base, kind: 'batch norm', mean, variance, order: 'outputs first' };
  return scaleSuffix.test(base.id) ? { ...base, kind: 'normalisation', order: 'outputs first' } : undefined;
}

/** What an 8-bit weight is used without would be another layer: a scale beside it that nothing here knows how to apply. */
function unknownScale({ id, weight }: Base, weights: ReadonlyMap<string, Weight>): string | undefined {
  if (!isEightBitFloat(weight.type)) return undefined;
  const own = id.replace(/[^./]+$/u, '');
  return [...weights.keys()].find(
    (name) =>
      name.startsWith(own) && /^(?!input|output|act|[kqv]+_)[^./]*(?:scale|amax)/iu.test(name.slice(own.length)),
  );
}

const sameSize = (a: Tensor, b: Tensor): boolean => a.shape.length === 1 && a.shape[0] === b.shape[0];

/**
 * PyTorch puts outputs first but for transposed convolutions, GPT-2 puts inputs first; a bias is as long as there are outputs. A matrix
 * without a telling bias is PyTorch's; a kernel may be of either direction.
 */
function orderOf({ shape }: Tensor, bias: Tensor | undefined): WeightLayer['order'] {
  const [first, second] = shape;
  const length = bias?.shape.length === 1 ? bias.shape[0] : undefined;
  if (shape.length === 2) return length === second && length !== first ? 'inputs first' : 'outputs first';
  // Of grouped transposed convolutions the second axis is only a part of the outputs.
  if (length === undefined || (length === first && first === second)) return 'unknown';
  return length === first ? 'outputs first' : 'inputs first';
}
