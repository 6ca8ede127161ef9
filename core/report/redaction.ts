import type { Inspection } from './inspection.ts';

/**
 * Where a path on somebody's machine begins. Node names look like absolute paths too ("/attn/MatMul"), so only drives,
 * shares and the usual roots count, and never a token that is the name of a node in this inspection.
 */
const machinePath =
  /(?:file:\/\/)?(?:[A-Za-z]:[\\/]|\\\\[^\\\s'"]+\\|\/(?:home|Users|root|tmp|private|mnt|media|opt|usr|srv|var|work|workspaces?|Volumes|content)\/)[^\s'"`<>,;)]*/g;

const isAbsolute = (path: string): boolean => /^(?:file:\/\/|[\\/]|[A-Za-z]:[\\/])/.test(path);

const lastPart = (path: string): string => path.split(/[\\/]/).findLast((part) => part !== '') ?? '';

/** The same inspection without the folders of the machine it was made on: what may be shown to somebody else. */
export function withoutMachinePaths(inspection: Inspection): Inspection {
  const names = new Set(inspection.layers.flatMap((layer) => [layer.id, layer.name]));
  for (const { node } of inspection.unsupported) names.add(node);
  const clean = (text: string): string =>
    text.replace(machinePath, (path) => (names.has(path) ? path : lastPart(path)));

  const { fallback } = inspection.engine;
  return {
    ...inspection,
    model: { ...inspection.model, file: lastPart(inspection.model.file) },
    engine: fallback === undefined ? inspection.engine : { ...inspection.engine, fallback: clean(fallback) },
    layers: inspection.layers.map((layer) =>
      layer.source !== undefined && isAbsolute(layer.source.file)
        ? { ...layer, source: { ...layer.source, file: lastPart(layer.source.file) } }
        : layer,
    ),
    unsupported: inspection.unsupported.map((entry) => ({ ...entry, reason: clean(entry.reason) })),
    notes: inspection.notes.map(clean),
  };
}
