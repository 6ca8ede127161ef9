import type { LayerEntry, SourceTier } from '../../core/report/inspection.ts';
import { compare } from './agreement.ts';
import type { LayerDefinition } from './definition.ts';
import { definitionsOf, type Owner } from './find-definitions.ts';
import { fits, modulePathsOf, segmentsOf, sharedSuffix } from './module-path.ts';
import { placementsOf, type Match, type Placement } from './placements.ts';
import { guessByOrder } from './sequence.ts';

/** A layer of the model and the line of code that defines it, with the evidence for it. */
export interface Link {
  readonly layer: LayerEntry;
  readonly definition: LayerDefinition;
  readonly tier: SourceTier;
}

/**
 * Links every layer that can be linked, each by its best evidence: what the exporter recorded, then names, then scopes. Order and
 * shapes are only asked when none of these says anything. `file` is the path of the source, on whatever machine.
 */
export function linkLayers(owners: readonly Owner[], layers: readonly LayerEntry[], file: string): readonly Link[] {
  const links = new Map<string, Link>();
  const add = (link: Link): void => {
    if (!links.has(link.layer.id)) links.set(link.layer.id, link);
  };
  const definitions = definitionsOf(owners);
  for (const layer of layers) {
    const definition = recordedByExporter(definitions, layer, file);
    if (definition !== undefined) add({ layer, definition, tier: 'exporter' });
  }
  for (const layer of layers) {
    const definition = calledByName(definitions, layer);
    if (definition !== undefined) add({ layer, definition, tier: 'names' });
  }
  const paths = linkByPaths(owners, [...layers, ...layers.flatMap(foldedInto)]);
  const inFolded = paths.filter(({ layer }) => !layers.includes(layer));
  for (const link of paths) if (layers.includes(link.layer)) add(link);
  if (links.size === 0) {
    for (const guess of guessByOrder(owners, layers) ?? []) add({ ...guess, tier: 'guess' });
  }
  return layers.flatMap((layer) => {
    // The line of a normalisation shows the layer that it became part of.
    const parts = inFolded.filter((link) => layer.folded?.includes(link.layer.id)).map((link) => ({ ...link, layer }));
    return [links.get(layer.id) ?? [], parts].flat();
  });
}

/** The normalisations inside a layer, as layers of their own: their node names still tell their scope. */
function foldedInto(layer: LayerEntry): readonly LayerEntry[] {
  const { folded = [], name, kind, outputShape, parameters, norms, share } = layer;
  return folded.flatMap((id) => {
    const scope = /^\/(.+)\/[^/]+$/.exec(id)?.[1];
    if (scope === undefined) return [];
    const op = 'BatchNormalization';
    return [{ id, name, op, kind, inputShape: outputShape, outputShape, parameters, norms, share, hints: { scope } }];
  });
}

/** A trace of the forward pass names the line that uses the layer; the layer's class and name say which of its layers. */
function recordedByExporter(
  definitions: readonly LayerDefinition[],
  layer: LayerEntry,
  file: string,
): LayerDefinition | undefined {
  const { source } = layer;
  if (source?.tier !== 'exporter' || sharedSuffix(source.file, file) === 0) return undefined;
  const line = source.line - 1;
  const paths = modulePathsOf(layer);
  const candidates = definitions.filter(
    (definition) =>
      (definition.uses.includes(line) || isWithin(definition, line)) &&
      compare(definition, layer).kind === 'agreement' &&
      (paths.length === 0 || paths.some(({ segments }) => endsWith(segments, definition.path))),
  );
  const [first] = candidates;
  // Alternatives under one name are one layer; under several names it is not known which.
  return first !== undefined && candidates.every((other) => other.path.join('.') === first.path.join('.'))
    ? first
    : undefined;
}

const isWithin = ({ range }: LayerDefinition, line: number): boolean =>
  range.startLine <= line && line <= range.endLine;

const endsWith = (segments: readonly string[], path: readonly string[]): boolean =>
  path.length > 0 && segments.length >= path.length && fits(path, segments.slice(-path.length));

/** Keras: `name="fc1"` becomes a part of the names in the model. */
function calledByName(definitions: readonly LayerDefinition[], layer: LayerEntry): LayerDefinition | undefined {
  const parts = new Set([...modulePathsOf(layer).flatMap(({ segments }) => segments), ...segmentsOf(layer.id)]);
  const named = definitions.filter(({ arguments: { name } }) => name !== undefined && parts.has(name));
  return named.length === 1 && compare(named[0]!, layer).kind === 'agreement' ? named[0] : undefined;
}

function linkByPaths(owners: readonly Owner[], layers: readonly LayerEntry[]): readonly Link[] {
  const inherited = withInherited(owners);
  const placements = possible(inherited.flatMap((owner) => placementsOf(owner, layers)));
  const candidates = new Map<string, { match: Match; rank: readonly number[]; owner: Owner }[]>();
  for (const placement of placements) {
    const supported = isHeld(placement, placements);
    if (!placement.convincing && !supported) continue;
    for (const match of placement.matches) {
      const known = candidates.get(match.layer.id) ?? [];
      known.push({ match, owner: placement.owner, rank: rankOf(placement, match, supported) });
      candidates.set(match.layer.id, known);
    }
  }
  return [...candidates.values()].flatMap((ofLayer) => {
    const [best, second] = ofLayer.toSorted((a, b) => compareRanks(b.rank, a.rank));
    if (best === undefined) return [];
    // Two classes that fit equally well: nobody can say which of them was saved.
    const tied = second !== undefined && compareRanks(best.rank, second.rank) === 0;
    return tied && best.match.definition !== second.match.definition ? [] : [best.match];
  });
}

/**
 * A network whose names fit and whose sizes do not is another network, and so is everything inside it: the same block stands in
 * many files. Unless another class of the file fits at the same place.
 */
function possible(placements: readonly Placement[]): readonly Placement[] {
  const fitting = placements.filter((placement) => !placement.contradicted);
  const convincing = new Set(fitting.flatMap(({ convincing, prefix }) => (convincing ? [prefix] : [])));
  const disproved = placements.filter(
    (placement) => placement.contradicted && placement.convincing && !convincing.has(placement.prefix),
  );
  return fitting.filter((placement) => disproved.every((other) => !isBelow(placement.prefix, other.prefix)));
}

const isBelow = (prefix: string, above: string): boolean => above === '' || prefix.startsWith(`${above}.`);

/** Some class that fits higher up says that it holds an instance of this one here. */
const isHeld = (placement: Placement, placements: readonly Placement[]): boolean =>
  placements.some(
    (holder) =>
      holder.convincing &&
      holder !== placement &&
      holder.owner.members.some((member) => {
        if (member.kind !== 'reference' || member.className !== placement.owner.name) return false;
        const segments = placement.prefix === '' ? [] : placement.prefix.split('.');
        const above = holder.prefix === '' ? [] : holder.prefix.split('.');
        return above.every((segment, i) => segments[i] === segment) && fits(member.path, segments.slice(above.length));
      }),
  );

/** Compared from the left: who holds it, what the exporter calls its class, where it starts, how much agrees. */
function rankOf(placement: Placement, match: Match, supported: boolean): readonly number[] {
  const className = match.layer.hints?.className?.split('.').at(-1);
  return [
    Number(supported),
    Number(className === placement.owner.name),
    Number(placement.prefix === ''),
    placement.sizes,
    placement.found,
    match.definition.path.length,
  ];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A class has the layers of the classes it extends, as far as they stand in the same file. */
function withInherited(owners: readonly Owner[]): readonly Owner[] {
  const byName = new Map(owners.map((owner) => [owner.name, owner]));
  const membersOf = (owner: Owner, seen: ReadonlySet<string>): Owner['members'] => [
    ...owner.bases.flatMap((base) => {
      const parent = byName.get(base);
      return parent === undefined || seen.has(base) ? [] : membersOf(parent, new Set([...seen, base]));
    }),
    ...owner.members,
  ];
  return owners.map((owner) => ({ ...owner, members: membersOf(owner, new Set([owner.name])) }));
}
