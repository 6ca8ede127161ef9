import type { LayerEntry, SourceTier } from '../report/inspection.ts';
import { compare } from './agreement.ts';
import { linkFunctionalCalls } from './functional-layers.ts';
import type { LayerDefinition } from './definition.ts';
import { definitionsOf, type Owner } from './find-definitions.ts';
import { mustAppear } from './frameworks/index.ts';
import { modulePathsOf, fits, sharedSuffix } from './module-path.ts';
import { linkNamedLayers } from './named-layers.ts';
import { holds, placementsOf, type Match, type Placement } from './placements.ts';
import { namesAtOdds } from './names-at-odds.ts';
import { guessByOrder } from './sequence.ts';

/** A layer of the model and the line of code that defines it, with the evidence for it. */
export interface Link {
  readonly layer: LayerEntry;
  readonly definition: LayerDefinition;
  readonly tier: SourceTier;
}

/** Whether the evidence alone has to tell that this file defines the model, or the user has said so. */
export type Trust = 'evidence' | 'chosen';

/**
 * Links every layer that can be linked, each by its best evidence: what the exporter recorded, then names, then scopes. Order and
 * shapes are only asked when none of these says anything. `file` is the path of the source, on whatever machine.
 */
export function linkLayers(
  owners: readonly Owner[],
  layers: readonly LayerEntry[],
  file: string,
  trust: Trust = 'evidence',
): readonly Link[] {
  const links = new Map<string, Link>();
  const add = (link: Link): void => {
    if (!links.has(link.layer.id)) links.set(link.layer.id, link);
  };
  const definitions = definitionsOf(owners);
  const { placements, disproved } = placementsIn(owners, [...layers, ...layers.flatMap(foldedInto)], trust);
  for (const layer of layers) {
    const definition = recordedByExporter(definitions, layer, file);
    if (definition !== undefined && !isDisproved(layer, disproved)) add({ layer, definition, tier: 'exporter' });
  }
  const paths = linkByPaths(placements);
  const inFolded = paths.filter(({ layer }) => !layers.includes(layer));
  for (const link of paths) if (layers.includes(link.layer)) add(link);
  const open = layers.filter(({ id }) => !links.has(id));
  for (const link of linkFunctionalCalls(placements, withInherited(owners), open, file)) add(link);
  if (links.size === 0) linkNamedLayers(owners, layers).forEach(add);
  if (links.size === 0 && (trust === 'chosen' || layers.every(isNameless))) {
    const guesses = guessByOrder(owners, layers) ?? [];
    if (trust === 'chosen' || !namesAtOdds(guesses)) for (const guess of guesses) add({ ...guess, tier: 'guess' });
  }
  return layers.flatMap((layer) => {
    // The line of a normalisation shows the layer that it became part of.
    const parts = inFolded.filter((link) => layer.folded?.includes(link.layer.id)).map((link) => ({ ...link, layer }));
    return [links.get(layer.id) ?? [], parts].flat();
  });
}

/** A layer whose name in the module tree is known is not guessed at: names that the code does not have speak against it. */
const isNameless = ({ hints }: LayerEntry): boolean => hints?.stateName === undefined && hints?.scope === undefined;

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

interface AcceptedPlacement extends Placement {
  /** Another class of the file says that it holds an instance here, or this one holds one of those that convince. */
  readonly supported: boolean;
}

interface Placements {
  readonly placements: readonly AcceptedPlacement[];
  /** Where a class of the file has the right names and the wrong sizes. */
  readonly disproved: readonly Placement[];
}

function placementsIn(owners: readonly Owner[], layers: readonly LayerEntry[], trust: Trust): Placements {
  const inherited = withInherited(owners);
  const all = inherited.flatMap((owner) => placementsOf(owner, layers));
  const disproved = disprovedAmong(all);
  const fitting = all.filter(
    (placement) => !placement.contradicted && disproved.every((other) => !isBelow(placement.prefix, other.prefix)),
  );
  const accepted = fitting.flatMap((placement): AcceptedPlacement[] => {
    const supported = isHeld(placement, fitting) || holdsConvincing(placement, fitting);
    return placement.convincing || supported ? [{ ...placement, supported }] : [];
  });
  const root = commonPrefix(layers);
  const whole = accepted.some(({ prefix }) => root === prefix || isBelow(root, prefix));
  if (trust === 'chosen' || whole || inherited.every((owner) => isPart(owner, accepted)))
    return { placements: accepted, disproved };
  // The file has a network that is not this one: what only looks like a part of it, as blocks of many networks do, needs the class's name.
  const classes = new Set(layers.map(({ hints }) => hints?.className?.split('.').at(-1)));
  return { placements: accepted.filter(({ owner }) => classes.has(owner.name)), disproved };
}

/** The module below which all layers stand: "" or, say, "model". */
function commonPrefix(layers: readonly LayerEntry[]): string {
  const paths = layers.flatMap((layer) =>
    modulePathsOf(layer)
      .slice(0, 1)
      .map(({ segments }) => segments.slice(0, -1)),
  );
  const [first = []] = paths;
  let length = first.length;
  for (const path of paths) {
    let shared = 0;
    while (shared < length && path[shared] === first[shared]) shared++;
    length = shared;
  }
  return first.slice(0, length).join('.');
}

/** A class of a file that has nothing but parts of the model. */
const isPart = (owner: Owner, accepted: readonly AcceptedPlacement[]): boolean =>
  accepted.some((placement) => placement.owner.name === owner.name) ||
  !owner.members.some((member) => member.kind === 'layer' && mustAppear(member.definition.family));

const isDisproved = (layer: LayerEntry, disproved: readonly Placement[]): boolean =>
  disproved.some(({ prefix }) => modulePathsOf(layer).some(({ segments }) => isBelow(segments.join('.'), prefix)));

function linkByPaths(placements: readonly AcceptedPlacement[]): readonly Link[] {
  const candidates = new Map<string, { match: Match; rank: readonly number[]; owner: Owner }[]>();
  for (const placement of placements) {
    for (const match of placement.matches) {
      const known = candidates.get(match.layer.id) ?? [];
      known.push({ match, owner: placement.owner, rank: rankOf(placement, match, placement.supported) });
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
function disprovedAmong(placements: readonly Placement[]): readonly Placement[] {
  const convincing = new Set(
    placements.flatMap(({ contradicted, convincing, prefix }) => (convincing && !contradicted ? [prefix] : [])),
  );
  return placements.filter(
    (placement) => placement.contradicted && placement.convincing && !convincing.has(placement.prefix),
  );
}

const isBelow = (prefix: string, above: string): boolean => above === '' || prefix.startsWith(`${above}.`);

/** Some class that fits higher up says that it holds an instance of this one here. */
const isHeld = (placement: Placement, placements: readonly Placement[]): boolean =>
  placements.some(
    (holder) =>
      holder.convincing &&
      holder !== placement &&
      holds(holder, placement.owner.name, placement.prefix === '' ? [] : placement.prefix.split('.')),
  );

const holdsConvincing = (placement: Placement, placements: readonly Placement[]): boolean =>
  placements.some(
    (part) =>
      part.convincing &&
      part !== placement &&
      holds(placement, part.owner.name, part.prefix === '' ? [] : part.prefix.split('.')),
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
