import type { Owner } from './find-definitions.ts';
import type { Link } from './link-layers.ts';

/**
 * The classes (or functions, or variables) that stand for the whole network: those that define linked layers or hold what does, and
 * that no other such class of the file holds.
 */
export function networksOf(owners: readonly Owner[], links: readonly Link[]): readonly string[] {
  const linked = new Set(links.map(({ definition }) => definition.owner));
  const held = new Map(
    owners.map(({ name, bases, members }) => [
      name,
      new Set([...bases, ...members.flatMap((member) => (member.kind === 'reference' ? [member.className] : []))]),
    ]),
  );
  const concerned = new Set(linked);
  for (let before = 0; before < concerned.size;) {
    before = concerned.size;
    for (const [name, others] of held) if ([...others].some((other) => concerned.has(other))) concerned.add(name);
  }
  const roots = [...concerned].filter(
    (name) => name !== '' && ![...concerned].some((other) => other !== name && held.get(other)?.has(name) === true),
  );
  // A second network that only shares a block with the linked one defines none of its layers by itself.
  const own = roots.filter((name) => linked.has(name));
  return own.length > 0 || roots.length === 1 ? (own.length > 0 ? own : roots) : [];
}

/** The line, from 0, on which a class, a function or a variable of the file begins. */
export function lineOfOwner(lines: readonly string[], name: string): number | undefined {
  const start = new RegExp(
    `^(?:export\\s+)?(?:default\\s+)?(?:class|def|async def|function|const|let|var)\\s+${name}\\b|^${name}\\s*(?::[^=]+)?=(?!=)`,
  );
  const line = lines.findIndex((text) => text.includes(name) && start.test(text));
  return line < 0 ? undefined : line;
}
