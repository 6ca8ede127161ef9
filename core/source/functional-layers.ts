import type { LayerEntry } from '../report/inspection.ts';
import { compare } from './agreement.ts';
import type { LayerDefinition } from './definition.ts';
import type { Owner } from './find-definitions.ts';
import { becomes } from './functional-calls.ts';
import type { Link } from './link-layers.ts';
import { segmentsOf, sharedSuffix } from './module-path.ts';
import { holds, type Placement } from './placements.ts';

/**
 * The layers that are calls of functions, `torch.relu(x)`, in a class that is known to stand at their scope: by the line that the exporter
 * recorded, else by their order where the class calls as many functions of the kind as the model has layers there.
 */
export function linkFunctionalCalls(
  placements: readonly Placement[],
  owners: readonly Owner[],
  layers: readonly LayerEntry[],
  file: string,
): readonly Link[] {
  const byScope = new Map<string, LayerEntry[]>();
  for (const layer of layers) {
    if (layer.hints?.stateName !== undefined) continue;
    const scope = segmentsOf(layer.hints?.scope ?? '').join('.');
    const known = byScope.get(scope);
    if (known === undefined) byScope.set(scope, [layer]);
    else known.push(layer);
  }
  return [...byScope].flatMap(([scope, ofScope]) => {
    const owner = ownerAt(scope, placements, owners);
    return owner === undefined ? [] : linkIn(owner, ofScope, file);
  });
}

/** The class at a scope: one with layers that were found there, or one that such a class holds there. */
function ownerAt(scope: string, placements: readonly Placement[], owners: readonly Owner[]): Owner | undefined {
  const here = placements.filter(({ prefix }) => prefix === scope).map(({ owner }) => owner);
  const held = owners.filter(
    ({ name }) => scope !== '' && placements.some((placement) => holds(placement, name, scope.split('.'))),
  );
  // A class that holds one that was found: the whole network, when all its layers are in its parts.
  const holding = owners.filter((owner) =>
    placements.some(
      (part) => part.prefix !== scope && holds({ owner, prefix: scope }, part.owner.name, part.prefix.split('.')),
    ),
  );
  const found = new Map([...holding, ...held, ...here].map((owner) => [owner.name, owner]));
  return found.size === 1 ? [...found.values()][0] : here.length === 1 ? here[0] : undefined;
}

function linkIn(owner: Owner, layers: readonly LayerEntry[], file: string): readonly Link[] {
  const links: Link[] = [];
  const remaining: LayerEntry[] = [];
  for (const layer of layers) {
    const className = layer.hints?.className?.split('.').at(-1);
    const definition =
      className === undefined || className === owner.name ? recorded(owner, layer, layers, file) : undefined;
    if (definition === undefined) remaining.push(layer);
    else links.push({ layer, definition, tier: 'exporter' });
  }
  return [...links, ...byOrder(owner, remaining)];
}

/** On a line with several calls of the kind, the n-th layer that was recorded there is the n-th call. */
function recorded(
  owner: Owner,
  layer: LayerEntry,
  layers: readonly LayerEntry[],
  file: string,
): LayerDefinition | undefined {
  const { source } = layer;
  if (source?.tier !== 'exporter' || sharedSuffix(source.file, file) === 0) return undefined;
  const calls = owner.calls.filter(
    (call) =>
      call.range.startLine < source.line &&
      source.line <= call.range.endLine + 1 &&
      compare(call, layer).kind === 'agreement',
  );
  const there = layers.filter((other) => other.op === layer.op && other.source?.line === source.line);
  return calls[there.length === calls.length ? there.indexOf(layer) : 0];
}

/** A convolution is called as one, whatever padding became part of it. */
const asCalled = ({ op }: LayerEntry): string => (op === 'CircularConv' || op === 'PaddedConv' ? 'Conv' : op);

function byOrder(owner: Owner, layers: readonly LayerEntry[]): readonly Link[] {
  const kinds = [...new Set(layers.map(asCalled))];
  return kinds.flatMap((op) => {
    const ofKind = layers.filter((layer) => asCalled(layer) === op);
    const calls = owner.calls.filter((call) => becomes(call.layer, op));
    // One call in a loop stands for all of them; otherwise there must be one for each.
    const definitionOf = (i: number): LayerDefinition | undefined =>
      calls.length === ofKind.length ? calls[i] : calls.length === 1 && calls[0]!.repeated ? calls[0] : undefined;
    return ofKind.flatMap((layer, i): Link[] => {
      const definition = definitionOf(i);
      return definition === undefined ? [] : [{ layer, definition, tier: 'scopes' }];
    });
  });
}
