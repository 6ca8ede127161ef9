import type { Chain, ChainLayer, ChainStep } from '../network/layer-chain.ts';

/** The chain that stands in an inspection of weights without a graph. */
export interface InspectedChain extends Chain {
  /** A guess that nothing rests on yet, or what all numbers of the whole network rest on. */
  readonly state: 'proposed' | 'supposed';
  /** All layers of the file that can stand in a chain. */
  readonly layers: readonly ChainLayer[];
}

/** "input 1×4×4, conv (stride 2), Relu, flatten, out": in one line for notes and reports. */
export function chainWords({ input, steps }: Pick<Chain, 'input' | 'steps'>, layers: readonly ChainLayer[]): string {
  const names = new Map(layers.map(({ id, name }) => [id, name]));
  return [`input ${sizesText(input)}`, ...steps.map((step) => stepWords(step, names))].join(', ');
}

const sizesText = (sizes: readonly (number | null)[]): string => sizes.map((size) => size ?? '?').join('×');

export function stepWords(step: ChainStep, names: ReadonlyMap<string, string>): string {
  if ('function' in step) return step.function;
  if ('flatten' in step) return 'flatten';
  if ('pool' in step) return `${step.pool} pooling of ${step.size}`;
  const settings = (['stride', 'padding', 'groups'] as const).flatMap((name) =>
    step[name] === undefined ? [] : [`${name} ${step[name]}`],
  );
  const name = names.get(step.layer) ?? step.layer;
  return settings.length === 0 ? name : `${name} (${settings.join(', ')})`;
}

/** Sizes without the batch, null where nothing tells; none at all where not even their number is known. */
export type PartialShape = readonly (number | null)[];

export type StepFit =
  | { readonly kind: 'fits'; readonly output: PartialShape }
  | { readonly kind: 'misfit'; readonly reason: string }
  /** Behind one that does not fit. */
  | { readonly kind: 'open' };

/** What comes out of each step, and where what comes is not what a layer takes: said before anything is composed. */
export function fitsAlong(
  { input, steps }: Pick<Chain, 'input' | 'steps'>,
  layers: readonly ChainLayer[],
): readonly StepFit[] {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  let shape: PartialShape = input;
  let broken = false;
  return steps.map((step): StepFit => {
    if (broken) return { kind: 'open' };
    const fit = fitOf(step, shape, byId);
    if (fit.kind === 'fits') shape = fit.output;
    else broken = true;
    return fit;
  });
}

function fitOf(step: ChainStep, shape: PartialShape, layers: ReadonlyMap<string, ChainLayer>): StepFit {
  if ('function' in step) return { kind: 'fits', output: shape };
  if ('flatten' in step) return { kind: 'fits', output: [shape.length === 0 ? null : product(shape)] };
  if ('pool' in step) {
    const [channels, ...sizes] = shape.length === 0 ? [null, null, null] : shape;
    if (sizes.length !== 2) return misfit(`pools images, and gets ${sizesText(shape)}`);
    return windowed(sizes, { kernel: [step.size, step.size], stride: step.size, padding: 0 }, channels!);
  }
  const layer = layers.get(step.layer);
  if (layer === undefined) return misfit('is not in the file');
  return layerFit(layer, step, shape.length === 0 ? [null, ...layer.kernel.map(() => null)] : shape);
}

type LayerStep = Extract<ChainStep, { layer: string }>;

function layerFit(layer: ChainLayer, { stride = 1, padding = 0, groups = 1 }: LayerStep, shape: PartialShape): StepFit {
  const [channels, ...sizes] = shape;
  const { taken, given, kernel } = layer;
  switch (layer.kind) {
    case 'dense':
      if (shape.length !== 1) return misfit(`takes a row of ${taken}, and gets ${sizesText(shape)}: flatten it before`);
      return differs(channels, taken)
        ? misfit(`takes ${taken}, and gets ${channels}`)
        : { kind: 'fits', output: [given] };
    case 'normalisation':
      return differs(channels, taken)
        ? misfit(`takes ${taken}, and gets ${channels}`)
        : { kind: 'fits', output: shape };
    case 'conv':
    case 'transposed conv': {
      const forward = layer.kind === 'conv';
      const wanted = forward ? taken * groups : taken;
      if (sizes.length !== kernel.length)
        return misfit(`takes ${wanted} channels of ${kernel.length} axes, and gets ${sizesText(shape)}`);
      if (differs(channels, wanted)) return misfit(`takes ${wanted} channels, and gets ${channels}`);
      if ((forward ? given : taken) % groups !== 0) return misfit(`has channels that ${groups} groups cannot share`);
      return forward
        ? windowed(sizes, { kernel, stride, padding }, given)
        : spread(sizes, { kernel, stride, padding }, given * groups);
    }
  }
}

interface Window {
  readonly kernel: readonly number[];
  readonly stride: number;
  readonly padding: number;
}

function windowed(sizes: PartialShape, { kernel, stride, padding }: Window, channels: number | null): StepFit {
  const output = sizes.map((size, axis) =>
    size === null ? null : Math.floor((size + 2 * padding - kernel[axis]!) / stride) + 1,
  );
  return output.some(isNone)
    ? misfit(`has a window larger than the ${sizesText(sizes)} that it gets`)
    : fits(channels, output);
}

function spread(sizes: PartialShape, { kernel, stride, padding }: Window, channels: number): StepFit {
  const output = sizes.map((size, axis) => (size === null ? null : stride * (size - 1) + kernel[axis]! - 2 * padding));
  return output.some(isNone) ? misfit('pads away all that it gives') : fits(channels, output);
}

const fits = (channels: number | null, sizes: PartialShape): StepFit => ({
  kind: 'fits',
  output: [channels, ...sizes],
});
const misfit = (reason: string): StepFit => ({ kind: 'misfit', reason });
const isNone = (size: number | null): boolean => size !== null && size < 1;
const differs = (one: number | null | undefined, other: number): boolean =>
  one !== null && one !== undefined && one !== other;

const product = (shape: PartialShape): number | null =>
  shape.reduce<number | null>((whole, size) => (whole === null || size === null ? null : whole * size), 1);
