import type { LayerDefinition } from './definition.ts';
import type { Owner } from './find-definitions.ts';

interface KnownClass {
  readonly line: number;
  readonly owner: Owner;
}

/**
 * What the classes of a file said when it was last read. A class whose text is the same, in a file that defines the same other names,
 * says the same, if on other lines: after a keystroke only the class that was typed in is followed again.
 */
export class ClassMemory {
  #surroundings: string | undefined;
  #known = new Map<string, KnownClass>();

  /** `surroundings` is all that a class can refer to; when it changes nothing is remembered. `read` asks for the classes, by their text and first line. */
  reading<T>(
    surroundings: string,
    read: (ofClass: (text: string, line: number, follow: () => Owner) => Owner) => T,
  ): T {
    const before = surroundings === this.#surroundings ? this.#known : new Map<string, KnownClass>();
    const now = new Map<string, KnownClass>();
    const result = read((text, line, follow) => {
      const known = before.get(text);
      const owner = known === undefined ? follow() : lower(known.owner, line - known.line);
      now.set(text, { line, owner });
      return owner;
    });
    [this.#surroundings, this.#known] = [surroundings, now];
    return result;
  }
}

/** The same class so many lines further down. */
function lower(owner: Owner, lines: number): Owner {
  if (lines === 0) return owner;
  const moved = new Map<LayerDefinition, LayerDefinition>();
  const move = (definition: LayerDefinition): LayerDefinition => {
    const { range, uses } = definition;
    const known = moved.get(definition) ?? {
      ...definition,
      range: { ...range, startLine: range.startLine + lines, endLine: range.endLine + lines },
      uses: uses.map((line) => line + lines),
    };
    moved.set(definition, known);
    return known;
  };
  return {
    ...owner,
    members: owner.members.map((member) =>
      member.kind === 'layer' ? { ...member, definition: move(member.definition) } : member,
    ),
    calls: owner.calls.map(move),
    constructed: owner.constructed.map(move),
  };
}
