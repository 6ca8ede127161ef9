import { elementCount, isFloating, type Tensor } from '../../network/tensor.ts';
import { counted, quoted } from '../wording.ts';
import { pruned, spectrallyNormalised, weightNormalised } from './reparametrised.ts';
import { scaled, scaleNames } from './scaled.ts';

/** A tensor as the layer uses it, and what was done to those in the file for it. */
export interface Weight {
  readonly tensor: Tensor;
  readonly applied: readonly string[];
}

interface Found {
  /** The name of the weight that the layer uses. */
  readonly name: string;
  readonly tensor: Tensor;
  readonly what: string;
  /** What it was computed from. */
  readonly from: readonly string[];
}

/**
 * Weights that the file holds as the parts of a parametrisation, put together as PyTorch does in evaluation: `weight_orig`, `_u` and `_v` of
 * spectral_norm, `_g` and `_v` of weight_norm, `_mask` of pruning, and the same under `parametrizations.weight`.
 */
export function withParametrisations(tensors: ReadonlyMap<string, Tensor>): {
  readonly weights: ReadonlyMap<string, Weight>;
  readonly notes: readonly string[];
} {
  const found = [...tensors.keys()].flatMap((name) => recognise(name, tensors) ?? []);
  const parts = new Map(found.flatMap((one) => one.from.map((part) => [part, one])));
  const weights = new Map<string, Weight>();
  for (const [name, tensor] of tensors) {
    const one = parts.get(name);
    if (one === undefined) weights.set(name, { tensor, applied: [] });
    else weights.set(one.name, { tensor: one.tensor, applied: [one.what] });
  }
  return { weights, notes: [...notesOn(found), ...unknownParametrisations(tensors)] };
}

function recognise(name: string, tensors: ReadonlyMap<string, Tensor>): Found | undefined {
  const at = (other: string): Tensor | undefined => {
    const tensor = tensors.get(other);
    return tensor !== undefined && isFloating(tensor.type) && elementCount(tensor.shape) > 0 ? tensor : undefined;
  };
  const weight = at(name);
  if (weight === undefined) return undefined;
  for (const { pattern, parts, make, what } of recipes) {
    const match = pattern.exec(name);
    if (match === null) continue;
    const target = `${match[1] ?? ''}${match[2] ?? ''}`;
    const names = parts(match[1] ?? '', match[2] ?? '');
    const others = names.map(at);
    if (!others.every((other) => other !== undefined)) continue;
    const tensor = make({ ...weight, name: target }, others);
    if (tensor !== undefined) return { name: target, tensor, what, from: [name, ...names] };
  }
  return undefined;
}

interface Recipe {
  readonly what: string;
  /** Of the tensor that has the weight's own shape: the part before and the weight's name. */
  readonly pattern: RegExp;
  readonly parts: (prefix: string, weight: string) => readonly string[];
  readonly make: (weight: Tensor, others: readonly Tensor[]) => Tensor | undefined;
}

const scaleOfFloats = 'scale of 8-bit floats';

const recipes: readonly Recipe[] = [
  {
    what: 'spectral_norm',
    pattern: /^(.*?)([^./]+)_orig$/u,
    parts: (prefix, weight) => [`${prefix}${weight}_u`, `${prefix}${weight}_v`],
    make: (weight, [u, v]) => spectrallyNormalised(weight, u!, v!),
  },
  {
    what: 'spectral_norm',
    pattern: /^(.*?)parametrizations\.([^.]+)\.original$/u,
    parts: (prefix, weight) => ['u', 'v'].map((part) => `${prefix}parametrizations.${weight}.0._${part}`),
    make: (weight, [u, v]) => spectrallyNormalised(weight, u!, v!),
  },
  {
    what: 'weight_norm',
    pattern: /^(.*?)([^./]+)_v$/u,
    parts: (prefix, weight) => [`${prefix}${weight}_g`],
    make: (weight, [g]) => weightNormalised(weight, g!),
  },
  {
    what: 'weight_norm',
    pattern: /^(.*?)parametrizations\.([^.]+)\.original1$/u,
    parts: (prefix, weight) => [`${prefix}parametrizations.${weight}.original0`],
    make: (weight, [g]) => weightNormalised(weight, g!),
  },
  {
    what: 'pruning mask',
    pattern: /^(.*?)([^./]+)_orig$/u,
    parts: (prefix, weight) => [`${prefix}${weight}_mask`],
    make: (weight, [mask]) => pruned(weight, mask!),
  },
  ...scaleNames.map((nameOf): Recipe => ({
    what: scaleOfFloats,
    pattern: /^(.*?)([^./]+)$/u,
    parts: (prefix, weight) => [nameOf(prefix, weight)],
    make: (weight, [scale]) => scaled(weight, scale!),
  })),
];

function notesOn(found: readonly Found[]): string[] {
  return [...new Set(found.map(({ what }) => what))].map((what) => {
    const names = found.filter((one) => one.what === what).map(({ name }) => name);
    const how = what === scaleOfFloats ? 'as a factor' : 'as PyTorch does in evaluation';
    return `The ${what} of ${counted(names.length, 'weight')} is applied ${how}, with what the file holds for it: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and more' : ''}.`;
  });
}

/** Parametrisations of other kinds are the user's code: the stored tensor is not what the layer uses. */
function unknownParametrisations(tensors: ReadonlyMap<string, Tensor>): string[] {
  const names = [...tensors.keys()];
  return names
    .filter((name) => /parametrizations\.[^.]+\.original\d*$/u.test(name) && recognise(name, tensors) === undefined)
    .filter((name) => !names.some((other) => other === name.replace(/original0$/u, 'original1')))
    .slice(0, 5)
    .map(
      (name) =>
        `${quoted(name)} is under a parametrisation that is not known: its norms are those of the tensor in the file, not of the weight that the layer uses.`,
    );
}
