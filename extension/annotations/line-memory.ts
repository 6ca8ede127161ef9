import type { Link } from '../../core/source/link-layers.ts';
import type { LayerDefinition, SourceRange } from '../../core/source/definition.ts';

/** Where texts are kept between windows: a Memento of the editor. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const key = 'lipschitz.lines';
const modelsKept = 40;

type Lines = Readonly<Record<string, string>>;

/**
 * What the lines said when the numbers of a model first stood beside them. A line that says something else since was edited after the
 * inspection: its numbers are of the layer as it was.
 */
export class LineMemory {
  readonly #memory: Memory;
  readonly #known: Map<string, Lines>;

  constructor(memory: Memory) {
    this.#memory = memory;
    const saved = memory.get(key);
    this.#known = new Map(isSaved(saved) ? saved : []);
  }

  /** The definitions whose text is not what it was for this model; lines that are seen for the first time are remembered. */
  edited(sha256: string, links: readonly Link[], textOf: (range: SourceRange) => string): ReadonlySet<LayerDefinition> {
    const known = this.#known.get(sha256) ?? {};
    const edited = new Set<LayerDefinition>();
    const added: Record<string, string> = {};
    for (const { layer, definition } of links) {
      const name = `${layer.id} ${definition.owner} ${definition.path.join('.')}`;
      const text = textOf(definition.range).replace(/\s+/g, ' ');
      const before = known[name];
      if (before === undefined) added[name] = text;
      else if (before !== text) edited.add(definition);
    }
    if (Object.keys(added).length > 0) this.#remember(sha256, { ...known, ...added });
    return edited;
  }

  #remember(sha256: string, lines: Lines): void {
    // The last one used is the last one forgotten.
    this.#known.delete(sha256);
    this.#known.set(sha256, lines);
    for (const oldest of [...this.#known.keys()].slice(0, -modelsKept)) this.#known.delete(oldest);
    void this.#memory.update(key, [...this.#known]);
  }
}

const isSaved = (saved: unknown): saved is [string, Lines][] =>
  Array.isArray(saved) &&
  saved.every(
    (entry: unknown) =>
      Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'object' && entry[1] !== null,
  );

/**
 * The links of a model as the text stands now, with those that an edit has cut: where a size changes, the code no longer agrees with the
 * model, but the number still belongs to that line, as a stale one.
 */
export function withCutLinks(
  now: readonly Link[],
  before: readonly Link[],
  definitions: readonly LayerDefinition[],
): readonly Link[] {
  const linked = new Set(now.map(({ layer }) => layer.id));
  return [
    ...now,
    ...before
      .filter(({ layer }) => !linked.has(layer.id))
      .flatMap((link) => {
        const { owner, path } = link.definition;
        const same = definitions.filter((one) => one.owner === owner && one.path.join('.') === path.join('.'));
        return same.length === 1 ? [{ ...link, definition: same[0]! }] : [];
      }),
  ];
}
