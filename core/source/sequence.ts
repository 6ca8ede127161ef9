import type { LayerEntry } from '../report/inspection.ts';
import { compare, familyOf } from './agreement.ts';
import type { LayerDefinition } from './definition.ts';
import type { Owner } from './find-definitions.ts';
import { mustAppear } from './frameworks/index.ts';

export interface Guess {
  readonly layer: LayerEntry;
  readonly definition: LayerDefinition;
}

/**
 * The last resort: the model's layers with weights, in order, are exactly the layers that one class or function builds, in order,
 * and the literal sizes agree, one per layer at least. `undefined` when none fits, or when several do equally well.
 */
export function guessByOrder(owners: readonly Owner[], layers: readonly LayerEntry[]): readonly Guess[] | undefined {
  const weighty = layers.filter((layer) => {
    const family = familyOf(layer.op);
    return family !== undefined && mustAppear(family);
  });
  if (weighty.length < 2) return undefined;
  const byName = new Map(owners.map((owner) => [owner.name, owner]));
  const fitting = owners
    .map((owner) =>
      align(
        expand(owner, byName).filter(({ family }) => mustAppear(family)),
        weighty,
      ),
    )
    .filter((fit) => fit !== undefined)
    .filter((fit) => fit.sizes >= weighty.length)
    .toSorted((a, b) => b.sizes - a.sizes);
  const [best, second] = fitting;
  return best === undefined || best.sizes === second?.sizes ? undefined : best.guesses;
}

/** The layers that an owner builds, those of its parts in their place. */
export function expand(
  owner: Owner,
  owners: ReadonlyMap<string, Owner>,
  own: (owner: Owner) => readonly LayerDefinition[] = () => [],
  depth = 0,
): readonly LayerDefinition[] {
  // Deeper nesting is recursion, or beyond what order alone can tell.
  if (depth > 4) return [];
  const references = owner.members.some(({ kind }) => kind === 'reference');
  const ordered = references ? [] : own(owner);
  if (ordered.length > 0) return ordered;
  return owner.members.flatMap((member) => {
    if (member.kind === 'layer') return [member.definition];
    const inner = owners.get(member.className);
    if (inner === undefined || inner === owner) return [];
    const expanded = expand(inner, owners, own, depth + 1);
    return member.repeated ? expanded.map((definition) => ({ ...definition, repeated: true })) : expanded;
  });
}

interface Fit {
  readonly guesses: readonly Guess[];
  readonly sizes: number;
}

/** Both sequences must be used up; a definition in a loop stands for one layer or more, one under an `if` for one or none. */
export function align(definitions: readonly LayerDefinition[], layers: readonly LayerEntry[]): Fit | undefined {
  const memory = new Map<number, Fit | null>();
  /** Where a loop goes on after this definition: with itself, or at the end of the loop's body with its beginning. */
  const againFrom = (d: number): readonly number[] => {
    if (!definitions[d]!.repeated) return [];
    let start = d;
    while (start > 0 && definitions[start - 1]!.repeated) start--;
    return definitions[d + 1]?.repeated === true || start === d ? [d] : [start, d];
  };
  const from = (d: number, l: number): Fit | undefined => {
    if (d === definitions.length) return l === layers.length ? { guesses: [], sizes: 0 } : undefined;
    const key = d * (layers.length + 1) + l;
    const known = memory.get(key);
    if (known !== undefined) return known ?? undefined;
    const fit = step(d, l);
    memory.set(key, fit ?? null);
    return fit;
  };
  const step = (d: number, l: number): Fit | undefined => {
    const definition = definitions[d]!;
    const skipped = definition.conditional ? from(d + 1, l) : undefined;
    const layer = layers[l];
    const agreement = layer === undefined ? undefined : compare(definition, layer);
    if (layer === undefined || agreement?.kind !== 'agreement') return skipped;
    const next = [from(d + 1, l + 1), ...againFrom(d).map((start) => from(start, l + 1))].reduce(better, undefined);
    const taken = next && { guesses: [{ layer, definition }, ...next.guesses], sizes: next.sizes + agreement.sizes };
    return better(taken, skipped);
  };
  return from(0, 0);
}

const better = (one: Fit | undefined, other: Fit | undefined): Fit | undefined =>
  one === undefined || (other !== undefined && other.sizes > one.sizes) ? other : one;
