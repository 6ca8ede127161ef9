import type { Chain, ChainLayer, ChainStep } from '../../../network/layer-chain.ts';
import type { WeightLayer } from '../../../network/weight-layer.ts';

/** Layers whose place in a chain their sizes can tell. */
const chained = ({ kind, weight }: WeightLayer): boolean =>
  kind === 'dense' || kind === 'batch norm' || (kind === 'kernel' && weight.shape.length >= 3);

const inputsOf = ({ weight: { shape }, kind, order, groups = 1 }: WeightLayer): number =>
  kind === 'batch norm' ? shape[0]! : order === 'inputs first' ? shape[0]! : shape[1]! * groups;

const outputsOf = ({ weight: { shape }, kind, order }: WeightLayer): number =>
  kind === 'batch norm' || order !== 'inputs first' ? shape[0]! : shape[1]!;

/** What comes out of one layer can go into the next: as many channels, or a whole number of them in a flat row. */
const follows = (before: WeightLayer, after: WeightLayer): boolean => {
  const [given, taken] = [outputsOf(before), inputsOf(after)];
  if (before.kind === 'dense') return after.kind !== 'kernel' && given === taken;
  // A batch normalisation between images and rows is of one or the other.
  return given === taken || (after.kind === 'dense' && taken % given === 0);
};

/** The layers that can stand in a chain, in the order of the file. */
export const chainLayers = (layers: readonly WeightLayer[]): readonly ChainLayer[] =>
  layers.filter(chained).map((layer) => ({
    id: layer.id,
    name: layer.name,
    kind: kindOf(layer),
    taken: inputsOf(layer),
    given: outputsOf(layer),
    kernel: isKernel(layer) ? layer.weight.shape.slice(2) : [],
  }));

function kindOf({ kind, order }: WeightLayer): ChainLayer['kind'] {
  if (kind === 'kernel') return order === 'inputs first' ? 'transposed conv' : 'conv';
  return kind === 'dense' ? 'dense' : 'normalisation';
}

/** "layer10" after "layer9". */
const byName = (a: WeightLayer, b: WeightLayer): number =>
  a.name.localeCompare(b.name, 'en', { numeric: true }) || a.id.localeCompare(b.id);

/** More are not searched: with so many layers of fitting sizes any order would be a guess among many. */
const mostTries = 20_000;

/**
 * A guess from the order of names, kept as far as sizes allow: a layer takes what the one before gives. Functions between are taken to be
 * ReLU, convolutions of stride 1 to keep the size of their image. undefined where no order of all layers fits.
 */
export function proposeChain(layers: readonly WeightLayer[]): Chain | undefined {
  const usable = layers.filter(chained);
  const left = layers.length - usable.length;
  const sorted = [usable, usable.toSorted(byName)].find(fits) ?? orderBySizes(usable.toSorted(byName));
  if (sorted === undefined || sorted.length === 0) return undefined;
  const how = fits(usable)
    ? 'the order of the file'
    : fits(usable.toSorted(byName))
      ? 'the order of names'
      : 'the sizes of the layers';
  const omitted = left === 0 ? '' : `; ${left} ${left === 1 ? 'layer' : 'layers'} of other kinds left out`;
  return {
    basis: `a guess from ${how}, with ReLU between the layers${sorted.some(isKernel) ? ', stride 1 and padding that keeps the size of images' : ''}${omitted}`,
    input: inputSizes(sorted),
    steps: stepsOf(sorted),
  };
}

const fits = (layers: readonly WeightLayer[]): boolean =>
  layers.every((layer, i) => i === 0 || follows(layers[i - 1]!, layer));

/** Depth first along the names, so that the first order that fits is the one nearest to them. */
function orderBySizes(layers: readonly WeightLayer[]): readonly WeightLayer[] | undefined {
  const path: WeightLayer[] = [];
  const used = new Set<WeightLayer>();
  let tries = 0;
  const extend = (): boolean => {
    if (path.length === layers.length) return true;
    for (const layer of layers) {
      const last = path.at(-1);
      if (used.has(layer) || (last !== undefined && !follows(last, layer))) continue;
      if (++tries > mostTries) return false;
      path.push(layer);
      used.add(layer);
      if (extend()) return true;
      path.pop();
      used.delete(layer);
    }
    return false;
  };
  return layers.length <= 500 && extend() ? path : undefined;
}

const isKernel = ({ kind }: WeightLayer): boolean => kind === 'kernel';

function stepsOf(layers: readonly WeightLayer[]): readonly ChainStep[] {
  let flat = false;
  return layers.flatMap((layer, i): ChainStep[] => {
    const next = layers[i + 1];
    const flatten = layer.kind === 'dense' && !flat && i > 0 && layers.slice(0, i).some(isKernel);
    flat ||= layer.kind === 'dense';
    const padding = isKernel(layer) ? Math.floor((layer.weight.shape[2]! - 1) / 2) : 0;
    return [
      ...(flatten ? [{ flatten: true } as const] : []),
      { layer: layer.id, ...(padding > 0 ? { padding } : {}) },
      // The last layer gives the outputs; a normalisation stands before the function.
      ...(next === undefined || next.kind === 'batch norm' ? [] : [{ function: 'Relu' } as const]),
    ];
  });
}

/** Of images as far as the first dense layer tells: it takes all their pixels. */
function inputSizes(layers: readonly WeightLayer[]): readonly (number | null)[] {
  const first = layers[0]!;
  const inputs = inputsOf(first);
  if (!layers.some(isKernel)) return [inputs];
  const axes = layers.find(isKernel)!.weight.shape.length - 2;
  const dense = layers.findIndex(({ kind }) => kind === 'dense');
  const pixels = dense > 0 ? inputsOf(layers[dense]!) / outputsOf(layers[dense - 1]!) : Number.NaN;
  const side = Math.round(pixels ** (1 / axes));
  const kept = layers.every((layer) => !isKernel(layer) || layer.weight.shape.slice(2).every((size) => size % 2 === 1));
  const size = kept && side ** axes === pixels ? side : null;
  return [inputs, ...Array.from({ length: axes }, () => size)];
}
