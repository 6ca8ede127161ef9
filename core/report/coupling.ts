import type { Norm } from '../bound.ts';
import { above, below } from '../rounding.ts';
import type { Inspection, LayerEntry } from './inspection.ts';

/** How the layers of a network make up its constant together (Couellan, The coupling effect of Lipschitz regularization). */
export interface Coupling {
  readonly norm: Norm;
  /** The product along the graph, and the best upper end of any method; null where there is none. */
  readonly product: number | null;
  readonly upper: number | null;
  readonly layers: readonly CoupledLayer[];
  /** What spectral regularisation adds up: the norms of the layers with weights (Yoshida and Miyato). */
  readonly sumOfNorms: number;
  /** A change of the input of this size, */
  readonly noise: number;
  /** times the best upper end: the largest that it can be at the output. */
  readonly outputNoise: number | null;
  /** When the data are multiplied by `scale` before the network, it has this upper end with respect to the data as they were. */
  readonly scale: number;
  readonly scaledUpper: number | null;
  readonly target?: Target;
}

export interface CoupledLayer {
  readonly id: string;
  readonly name: string;
  readonly op: string;
  readonly parameters: number;
  readonly norm: number | null;
  readonly share: number | null;
  /** No change of the input of the size of the noise is larger than this behind the layer. */
  readonly noise: number | null;
}

/** What has to become of the weights for the upper end to be `value`. */
export interface Target {
  readonly value: number;
  /** What the upper end has to be multiplied by; from 1 on nothing has to change. */
  readonly factor: number;
  /** The layer with the largest share of the product, and what it has to be multiplied by if it is the only one. */
  readonly single?: { readonly id: string; readonly name: string; readonly factor: number; readonly norm: number };
  /** Why no rescaling is proposed: beside a shortcut the rest of the network does not shrink with a layer. */
  readonly reason?: string;
  /** If every layer with weights is multiplied by the same number. */
  readonly jointly?: { readonly factor: number; readonly layers: number };
  /** If every layer with weights is held to the same norm on its own, whatever the others are: this one. */
  readonly perLayer?: { readonly norm: number; readonly changed: number };
}

export interface CouplingQuestion {
  readonly noise: number;
  readonly scale: number;
  readonly target?: number;
}

/** Pure: everything follows from the inspection. Biases are held: only the linear parts are rescaled. */
export function coupling(inspection: Inspection, { noise, scale, target }: CouplingQuestion): Coupling {
  const { norm, layers, bounds, lipschitz } = inspection;
  const upper = lipschitz[norm]?.upper;
  const best = upper !== undefined && upper.value !== null ? upper.value : null;
  const products = bounds.filter(
    ({ side, method, norm: own }) => side === 'upper' && method === 'product' && own === norm,
  );
  const product = products.length === 0 ? null : Math.min(...products.map(({ value }) => value));
  const times = (factor: number, value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : isPowerOfTwo(factor) ? factor * value : above(factor * value);
  const coupled = layers.map((layer): CoupledLayer => {
    const { id, name, op, parameters, share, reach } = layer;
    return { id, name, op, parameters, share, norm: layer.norms[norm]?.upper ?? null, noise: times(noise, reach) };
  });
  return {
    norm,
    product,
    upper: best,
    layers: coupled,
    sumOfNorms: coupled.reduce((sum, { norm: own, parameters }) => sum + (parameters > 0 ? (own ?? 0) : 0), 0),
    noise,
    outputNoise: times(noise, best),
    scale,
    scaledUpper: times(scale, best),
    ...(target === undefined || best === null ? {} : { target: towards(target, inspection, best, product) }),
  };
}

/** By which a double is multiplied without rounding. */
const isPowerOfTwo = (factor: number): boolean => Number.isInteger(Math.log2(factor));

/**
 * In a chain every bound by slopes is in proportion to each layer's weights. A bound that looked at which activations can be on at once is not (biases
 * stay), so there the product has to fall to the target.
 */
function towards(value: number, { layers, norm, lipschitz }: Inspection, best: number, product: number | null): Target {
  const upper = lipschitz[norm]!.upper;
  const byRegions = 'method' in upper && upper.method === 'activation-regions';
  const factor = below(value / (byRegions ? (product ?? Number.POSITIVE_INFINITY) : best));
  if (best <= value) return { value, factor: below(value / best) };
  if (product === null || !isChain(layers, norm, product))
    return {
      value,
      factor,
      reason: 'The network has branches, where the whole does not shrink in proportion to a layer.',
    };
  const weighted = layers.filter(({ parameters, norms }) => parameters > 0 && norms[norm]?.upper != null);
  const normOf = (layer: LayerEntry): number => layer.norms[norm]!.upper!;
  const largest = weighted.reduce<LayerEntry | undefined>(
    (most, one) => (most === undefined || normOf(one) > normOf(most) ? one : most),
    undefined,
  );
  return {
    value,
    factor,
    ...(largest === undefined
      ? {}
      : { single: { id: largest.id, name: largest.name, factor, norm: above(factor * normOf(largest)) } }),
    jointly: { factor: below(factor ** (1 / weighted.length)), layers: weighted.length },
    perLayer: restriction(value, product, weighted.map(normOf)),
  };
}

/** Whether the product along the graph is that of all layers, one after the other. */
function isChain(layers: readonly LayerEntry[], norm: Norm, product: number): boolean {
  const logs = layers.map(({ norms }) => Math.log(norms[norm]?.upper ?? Number.NaN));
  return Math.abs(logs.reduce((sum, log) => sum + log, 0) - Math.log(product)) < 1e-6;
}

/** The norm K such that the product falls to the value when every layer above K is brought down to it. */
function restriction(value: number, product: number, norms: readonly number[]): NonNullable<Target['perLayer']> {
  const sorted = [...norms].sort((one, other) => other - one);
  // What the others (activations, poolings) and the layers that are not touched contribute stays as it is.
  for (let changed = 0; changed <= sorted.length; changed++) {
    const untouched = sorted.slice(0, changed).reduce((rest, norm) => rest / norm, product);
    if (changed === 0) {
      if (product <= value) return { norm: sorted[0] ?? 0, changed: 0 };
      continue;
    }
    const held = (value / untouched) ** (1 / changed);
    if (held >= (sorted[changed] ?? 0)) return { norm: held, changed };
  }
  return { norm: 0, changed: sorted.length };
}
