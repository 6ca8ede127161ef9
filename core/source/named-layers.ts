import type { LayerEntry } from '../report/inspection.ts';
import { compare } from './agreement.ts';
import { autoNameOf, namingWrappers } from './auto-names.ts';
import type { LayerDefinition } from './definition.ts';
import type { Owner } from './find-definitions.ts';
import { mustAppear } from './frameworks/index.ts';
import type { Link } from './link-layers.ts';
import { modulePathsOf, segmentsOf } from './module-path.ts';
import { align, expand } from './sequence.ts';

/**
 * Keras and TensorFlow.js: layers that the code names, and layers that are numbered by class. One class or function of the file has to
 * explain every layer with weights; a single name that fits, "head" or "dense", says nothing.
 */
export function linkNamedLayers(owners: readonly Owner[], layers: readonly LayerEntry[]): readonly Link[] {
  const byName = new Map(owners.map((owner) => [owner.name, owner]));
  const fitting = owners
    .map((owner) =>
      explain(
        expand(owner, byName, (one) => one.constructed),
        layers,
      ),
    )
    .filter((links) => links.length > 0)
    .toSorted((a, b) => b.length - a.length);
  const [best, second] = fitting;
  const tied = best !== undefined && best.length === second?.length;
  return best === undefined || (tied && !isSame(best, second)) ? [] : [...best, ...inside(best, layers)];
}

function explain(definitions: readonly LayerDefinition[], layers: readonly LayerEntry[]): readonly Link[] {
  const named = byGivenName(definitions, layers);
  if (named === undefined) return [];
  const taken = new Set(named.map(({ layer }) => layer));
  const rest = layers.filter((layer) => !taken.has(layer));
  const numbered = byNumber(
    definitions.filter(({ arguments: { name } }) => name === undefined),
    rest,
  );
  const links = [...named, ...(numbered?.links ?? [])];
  const explained = new Set(links.map(({ layer }) => layer));
  const all =
    numbered !== undefined &&
    rest.every((layer) => autoNameOf(layer) === undefined || !isWeighty(layer) || explained.has(layer));
  if (named.length >= 2) return all ? links : named;
  // Numbers alone: a size must be written down for every layer and agree, or any network of as many layers would do.
  const weighty = named.length + (numbered?.weighty ?? 0);
  return all && weighty >= 2 && named.length + numbered.sizes >= weighty ? links : [];
}

/** `undefined` when the model lacks a layer with weights that the code names, or has another of that name. */
function byGivenName(
  definitions: readonly LayerDefinition[],
  layers: readonly LayerEntry[],
): readonly Link[] | undefined {
  const links: Link[] = [];
  for (const definition of definitions) {
    const { name } = definition.arguments;
    if (name === undefined) continue;
    const found = layers.filter((layer) => carries(layer, name) && compare(definition, layer).kind === 'agreement');
    if (found.length === 0 && mustAppear(definition.family) && !definition.conditional) return undefined;
    links.push(...found.map((layer): Link => ({ layer, definition, tier: 'names' })));
  }
  return links;
}

const carries = (layer: LayerEntry, name: string): boolean =>
  modulePathsOf(layer).some(({ segments }) => segments.includes(name)) ||
  segmentsOf(layer.id.replace(/:\d+$/, '')).includes(name);

interface Numbered {
  readonly links: readonly Link[];
  /** Layers that need weights, and literal sizes that agree. */
  readonly weighty: number;
  readonly sizes: number;
}

/** Class by class, the layers in the order of their numbers are the definitions in the order in which they are made. */
function byNumber(definitions: readonly LayerDefinition[], layers: readonly LayerEntry[]): Numbered | undefined {
  const links: Link[] = [];
  let weighty = 0;
  let sizes = 0;
  const inModel = numberedLayers(layers);
  for (const className of new Set(definitions.map(classOf))) {
    const ofClass = definitions.filter((definition) => classOf(definition) === className);
    // A layer of Keras can be several of ours: an activation inside it, the two maps of a separable convolution.
    const groups = (inModel.get(className) ?? []).map((group) => ({
      group,
      main: group.find((layer) => ofClass.some((one) => compare(one, layer).kind === 'agreement')) ?? group[0]!,
    }));
    const fit = align(
      ofClass,
      groups.map(({ main }) => main),
    );
    if (fit === undefined) {
      if (mustAppear(ofClass[0]!.family)) return undefined;
      continue;
    }
    sizes += fit.sizes;
    if (mustAppear(ofClass[0]!.family)) weighty += groups.length;
    for (const { layer, definition } of fit.guesses) {
      const { group } = groups.find(({ main }) => main === layer)!;
      links.push(...group.map((one): Link => ({ layer: one, definition, tier: 'guess' })));
    }
  }
  return { links, weighty, sizes };
}

const classOf = ({ layer, wrapper }: LayerDefinition): string =>
  wrapper !== undefined && namingWrappers.has(wrapper) ? wrapper : layer;

/** By class, what belongs to one number, in the order of the numbers. */
function numberedLayers(layers: readonly LayerEntry[]): ReadonlyMap<string, readonly (readonly LayerEntry[])[]> {
  const byClass = new Map<string, Map<number, LayerEntry[]>>();
  for (const layer of layers) {
    const name = autoNameOf(layer);
    if (name === undefined) continue;
    const numbers = byClass.get(name.className) ?? new Map<number, LayerEntry[]>();
    numbers.set(name.number, [...(numbers.get(name.number) ?? []), layer]);
    byClass.set(name.className, numbers);
  }
  return new Map(
    [...byClass].map(([className, numbers]) => [
      className,
      [...numbers].toSorted(([a], [b]) => a - b).map(([, group]) => group),
    ]),
  );
}

const isWeighty = ({ op }: LayerEntry): boolean =>
  /^(Conv|CircularConv|PaddedConv|ConvTranspose|Gemm|MatMul)$/.test(op);

/** `Dense(16, activation="relu")` is two layers of the model, "dense" and "dense/relu", and one line. */
function inside(links: readonly Link[], layers: readonly LayerEntry[]): readonly Link[] {
  const linked = new Set(links.map(({ layer }) => layer));
  return layers.flatMap((layer) => {
    if (linked.has(layer)) return [];
    const outer = links.find((link) => layer.id.startsWith(`${link.layer.id}/`));
    return outer === undefined ? [] : [{ ...outer, layer }];
  });
}

/** A function inside a function is read with both. */
const isSame = (a: readonly Link[], b: readonly Link[]): boolean =>
  a.every(({ layer, definition: { range } }, i) => {
    const other = b[i]!;
    const { startLine, startColumn } = other.definition.range;
    return layer === other.layer && range.startLine === startLine && range.startColumn === startColumn;
  });
