import type { LayerEntry } from '../report/inspection.ts';
import { compare } from './agreement.ts';
import { afterLoop, type LayerDefinition } from './definition.ts';
import type { Owner } from './find-definitions.ts';
import { holdsSeveralMaps, mustAppear } from './frameworks/index.ts';
import { fits, modulePathsOf, spelledOut, type ModulePath } from './module-path.ts';

export interface Match {
  readonly layer: LayerEntry;
  readonly definition: LayerDefinition;
  readonly tier: 'names' | 'scopes';
}

/** A class of the source that fits the layers under one prefix of the model: BasicBlock at "layer1.0". */
export interface Placement {
  readonly owner: Owner;
  readonly prefix: string;
  readonly matches: readonly Match[];
  /** Definitions with weights that found a layer, and sizes that agree. */
  readonly found: number;
  readonly sizes: number;
  /** The names fit and the sizes do not: the model is of another network than this one. */
  readonly contradicted: boolean;
  /** Enough to stand on its own; otherwise some other class must say that it holds an instance here. */
  readonly convincing: boolean;
}

interface Candidate {
  readonly layer: LayerEntry;
  readonly path: ModulePath;
  readonly definition: LayerDefinition;
}

/**
 * Every prefix at which a class fits. All its layers with weights must be there and no literal size may contradict: a class with
 * the right names but other channel counts is another network.
 */
export function placementsOf(owner: Owner, layers: readonly LayerEntry[]): readonly Placement[] {
  const definitions = owner.members.flatMap((member) => (member.kind === 'layer' ? [member.definition] : []));
  const byPrefix = new Map<string, Candidate[]>();
  for (const layer of layers) {
    for (const path of modulePathsOf(layer)) {
      for (const definition of definitions) {
        for (const prefix of prefixesAt(definition, path.segments)) {
          const candidate = { layer, path, definition };
          const known = byPrefix.get(prefix);
          if (known === undefined) byPrefix.set(prefix, [candidate]);
          else known.push(candidate);
        }
      }
    }
  }
  return [...byPrefix].flatMap(([prefix, candidates]) => placementAt(owner, definitions, prefix, candidates) ?? []);
}

/** What stands before the definition's own path; layers like attention hold several maps under names of their own. */
function prefixesAt(definition: LayerDefinition, segments: readonly string[]): readonly string[] {
  const length = definition.path.length;
  const deepest = holdsSeveralMaps(definition.family) ? 4 : 0;
  const prefixes: string[] = [];
  for (let below = 0; below <= deepest; below++) {
    const start = segments.length - below - length;
    if (length === 0 || start < 0) break;
    if (fits(definition.path, segments.slice(start, start + length))) prefixes.push(segments.slice(0, start).join('.'));
  }
  return prefixes;
}

function placementAt(
  owner: Owner,
  definitions: readonly LayerDefinition[],
  prefix: string,
  candidates: readonly Candidate[],
): Placement | undefined {
  const matches: Match[] = [];
  const undecided = new Map<string, { layers: Candidate[]; definitions: readonly LayerDefinition[] }>();
  let sizes = 0;
  let contradicted = false;
  for (const [layer, ofLayer] of groupBy(candidates, (candidate) => candidate.layer)) {
    // The state name is better evidence than the scope; both say the same when both are there.
    const path = ofLayer.find((candidate) => candidate.path.tier === 'names')?.path ?? ofLayer[0]!.path;
    const mostSpelled = Math.max(...ofLayer.map(({ definition }) => spelledOut(definition.path)));
    const rated = ofLayer
      .filter((candidate) => candidate.path === path && spelledOut(candidate.definition.path) === mostSpelled)
      .map((candidate) => ({ candidate, agreement: compare(candidate.definition, layer) }));
    const agreeing = rated.flatMap(({ candidate, agreement }) =>
      agreement.kind === 'agreement' ? [{ candidate, sizes: agreement.sizes }] : [],
    );
    if (agreeing.length === 0) {
      // An activation that shares an index pattern with a dense layer is no contradiction, a wrong size is.
      const another = rated.find(({ candidate }) => contradicts(candidate.definition, layer));
      if (another === undefined) continue;
      contradicted = true;
      matches.push({ layer, definition: another.candidate.definition, tier: path.tier });
      continue;
    }
    const best = Math.max(...agreeing.map((entry) => entry.sizes));
    const equals = agreeing.filter((entry) => entry.sizes === best).map((entry) => entry.candidate);
    sizes += best;
    const loops = equals.filter(({ definition }) => spelledOut(definition.path) < definition.path.length);
    if (loops.length > 1) {
      const key = loops.map(({ definition }) => definitions.indexOf(definition)).join();
      const entry = undecided.get(key) ?? { layers: [], definitions: loops.map(({ definition }) => definition) };
      entry.layers.push(loops[0]!);
      undecided.set(key, entry);
    } else if (equals.length === 1 || !equals.every(({ definition }) => definition.conditional))
      matches.push({ layer, definition: equals[0]!.definition, tier: path.tier });
    // Else two branches of an `if` fit equally well, and which of them ran is not to be seen.
  }
  for (const entry of undecided.values()) matches.push(...dealOut(entry.layers, entry.definitions));
  return judged(definitions, { owner, prefix, matches, sizes, contradicted });
}

const contradicts = (definition: LayerDefinition, layer: LayerEntry): boolean =>
  compare({ ...definition, arguments: { groups: null } }, layer).kind === 'agreement';

/** Lists grown in a loop: the last entries are those written after it, the others go round through the loop's body. */
function dealOut(candidates: readonly Candidate[], definitions: readonly LayerDefinition[]): readonly Match[] {
  const order = candidates.toSorted((a, b) => compareNumbers(a.path.segments, b.path.segments));
  const after = definitions.filter((definition) => definition.path.at(-1)?.endsWith(afterLoop) === true);
  const inLoop = definitions.filter((definition) => definition.path.at(-1)?.endsWith(afterLoop) !== true);
  const turns = order.length - after.length;
  if (turns < 0 || (inLoop.length > 0 && turns % inLoop.length !== 0)) return [];
  return order.flatMap(({ layer, path }, i) => {
    const definition = i < turns ? inLoop[i % Math.max(inLoop.length, 1)] : after[i - turns];
    return definition === undefined ? [] : [{ layer, definition, tier: path.tier }];
  });
}

const compareNumbers = (a: readonly string[], b: readonly string[]): number =>
  a.join('.').localeCompare(b.join('.'), 'en', { numeric: true });

function judged(
  definitions: readonly LayerDefinition[],
  placement: Omit<Placement, 'found' | 'convincing'>,
): Placement | undefined {
  const key = (definition: LayerDefinition): string => definition.path.join('.');
  const weighty = definitions.filter(({ family }) => mustAppear(family));
  const present = new Set(placement.matches.map(({ definition }) => key(definition)));
  const missing = weighty.some((d) => !d.conditional && !d.repeated && !present.has(key(d)));
  if (missing || present.size === 0) return undefined;
  const all = new Set(weighty.map(key));
  const found = [...all].filter((path) => present.has(path)).length;
  return { ...placement, found, convincing: found >= 2 && 2 * found >= all.size };
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Whether a class that fits at one place says that it holds an instance of another class at another place. */
export function holds(
  { owner, prefix }: Pick<Placement, 'owner' | 'prefix'>,
  className: string,
  at: readonly string[],
): boolean {
  const above = prefix === '' ? [] : prefix.split('.');
  if (!above.every((segment, i) => at[i] === segment)) return false;
  const below = at.slice(above.length);
  return owner.members.some(
    (member) => member.kind === 'reference' && member.className === className && fits(member.path, below),
  );
}
