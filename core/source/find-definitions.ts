import type { Node } from 'web-tree-sitter';
import { unknown, type Built, type Item } from './built.ts';
import { callOrderOf, type CallStep } from './call-order.ts';
import { ClassMemory } from './class-memory.ts';
import { afterLoop, anyIndex, type LayerDefinition } from './definition.ts';
import { compactItems } from './flax-compact.ts';
import { functionalCallsIn } from './functional-calls.ts';
import { field, partsOf } from './syntax-node.ts';
import { Statements } from './statements.ts';
import type { SyntaxParser } from './syntax-parser.ts';

/** A class, a function or a variable that builds a network, with everything it builds in the order of the source. */
export interface Owner {
  readonly name: string;
  readonly bases: readonly string[];
  readonly members: readonly Member[];
  /** Functions that its methods call, in the order in which they are evaluated. */
  readonly calls: readonly LayerDefinition[];
  /** Its layers in the order in which they are made, which is how Keras numbers them: `Dense(2)(Dense(5)(x))` makes the outer one first. */
  readonly constructed: readonly LayerDefinition[];
  /** What a class does when it is called, in order. */
  readonly order?: readonly CallStep[];
}

export type Member =
  | { readonly kind: 'layer'; readonly definition: LayerDefinition }
  /** An instance of a class, of this file or not. */
  | {
      readonly kind: 'reference';
      readonly path: readonly string[];
      readonly className: string;
      readonly repeated: boolean;
    };

/** `memory` is what this file said before, when it is read again after a change. */
export const findOwnersIn = (root: Node, text: string, memory = new ClassMemory()): readonly Owner[] =>
  new Reading(root, text).owners(memory);

export const findOwners = (text: string, parser: SyntaxParser): readonly Owner[] =>
  parser.reading(text, (root) => findOwnersIn(root, text));

export const definitionsOf = (owners: readonly Owner[]): readonly LayerDefinition[] =>
  owners.flatMap((owner) => owner.members.flatMap((member) => (member.kind === 'layer' ? [member.definition] : [])));

export const findDefinitions = (text: string, parser: SyntaxParser): readonly LayerDefinition[] =>
  definitionsOf(findOwners(text, parser));

/** One pass over one file. */
class Reading {
  readonly #classes = new Map<string, Node>();
  readonly #functions = new Map<string, Node>();
  readonly #returned = new Map<string, Statements>();
  readonly #text: string;
  readonly #lines: readonly string[];
  readonly #root: Node;
  readonly #appliesOnTheSpot: boolean;

  constructor(root: Node, text: string) {
    this.#root = root;
    this.#text = text;
    this.#lines = text.split('\n');
    this.#appliesOnTheSpot = /\)\s*\(/.test(text);
    for (const statement of partsOf(root)) {
      const node = undecorated(statement);
      const name = field(node, 'name')?.text;
      if (name === undefined) continue;
      if (node.type === 'class_definition') this.#classes.set(name, node);
      if (node.type === 'function_definition') this.#functions.set(name, node);
    }
  }

  owners(memory: ClassMemory): readonly Owner[] {
    const module = this.#statements(undefined);
    module.run(this.#root);
    const variables = [...module.variables].map(([name, built]) =>
      this.#owner(name, [], [[undefined, itemOfVariable(built)]]),
    );
    const applied = this.#owner(
      '',
      [],
      module.applied.map((item) => [undefined, item]),
      { constructed: module.constructed },
    );
    const classes = memory.reading(this.#surroundings(), (ofClass) =>
      [...this.#classes].map(([name, node]) =>
        ofClass(this.#textOf(node), node.startPosition.row, () => this.#classOwner(name, node)),
      ),
    );
    return [
      ...classes,
      ...[...this.#functions.keys()].map((name) => this.#functionOwner(name)),
      ...variables,
      applied,
    ].filter((owner) => owner.members.length + owner.calls.length > 0);
  }

  /** Whatever of the file a class's layers depend on beside its own text. */
  #surroundings(): string {
    const functions = [...this.#functions.values()].map((node) => this.#textOf(node));
    return [String(this.#appliesOnTheSpot), ...this.#classes.keys(), ...functions].join('\n');
  }

  #textOf({ startIndex, endIndex }: Node): string {
    return this.#text.slice(startIndex, endIndex);
  }

  #classOwner(name: string, node: Node): Owner {
    const attributes = new Map<string, Item[]>();
    const applied: Item[] = [];
    const calls: LayerDefinition[] = [];
    const methods = methodsOf(node);
    for (const method of methods.values()) {
      if (mayCall(method)) calls.push(...functionalCallsIn(method, name));
      const body = this.#mayBuild(method) ? field(method, 'body') : undefined;
      if (body === undefined) continue;
      const statements = this.#statements(methods, attributes);
      statements.run(body);
      applied.push(...(isCompact(method) ? compactItems(body, statements.scope) : statements.applied));
    }
    const items = [...attributes].flatMap(([key, alternatives]) =>
      alternatives.map((item): [string, Item] => [key, item]),
    );
    const bases = field(node, 'superclasses');
    const uses = usesOfAttributes(this.#lines, node.startPosition.row, node.endPosition.row);
    return this.#owner(
      name,
      bases === undefined ? [] : partsOf(bases).map((base) => base.text),
      [...items, ...applied.map((item): [undefined, Item] => [undefined, item])],
      { uses, calls, order: callOrderOf(methods) },
    );
  }

  /** Most methods only compute; following them would be half of all the work. */
  #mayBuild(method: Node): boolean {
    for (let line = method.startPosition.row; line <= method.endPosition.row; line++)
      if (building.test(this.#lines[line] ?? '')) return true;
    return false;
  }

  #functionOwner(name: string): Owner {
    const { returned, applied, constructed } = this.#follow(name, this.#functions, undefined);
    // A function that returns one layer is a shorthand: the layer stands where it is called.
    const items = returned.kind === 'container' ? [itemOfVariable(returned), ...applied] : applied;
    return this.#owner(
      name,
      [],
      items.map((item) => [undefined, item]),
      { constructed },
    );
  }

  #owner(
    name: string,
    bases: readonly string[],
    items: readonly (readonly [string | undefined, Item])[],
    { uses = new Map(), calls = [], constructed = [], order: called }: Known = {},
  ): Owner {
    const members: Member[] = [];
    for (const [key, item] of items) {
      const path = key === undefined ? (item.key === undefined ? [] : [item.key]) : [key];
      flatten(members, item, path, item, { owner: name, uses: uses.get(path[0] ?? '') ?? [] });
    }
    const definitions = members.flatMap((member) => (member.kind === 'layer' ? [member.definition] : []));
    const order = new Map(constructed.map(({ built }, i) => [built.kind === 'layer' ? built.range : undefined, i]));
    const orderOf = ({ range }: LayerDefinition): number => order.get(range) ?? -1;
    return {
      name,
      bases,
      members,
      calls,
      constructed: definitions.toSorted((a, b) => orderOf(a) - orderOf(b)),
      ...(called === undefined ? {} : { order: called }),
    };
  }

  #statements(methods: ReadonlyMap<string, Node> | undefined, attributes?: Map<string, Item[]>): Statements {
    return new Statements(
      {
        appliesOnTheSpot: this.#appliesOnTheSpot,
        isClass: (name) => this.#classes.has(name),
        applied: (name) =>
          this.#functions.has(name) ? this.#follow(name, this.#functions, undefined) : { applied: [], constructed: [] },
        returned: (name, method) => {
          const among = method ? methods : this.#functions;
          return among?.has(name) === true ? this.#follow(name, among, methods).returned : undefined;
        },
      },
      attributes,
    );
  }

  /** Each function is followed once, whatever its arguments: the result does not depend on them. */
  #follow(name: string, among: ReadonlyMap<string, Node>, methods: ReadonlyMap<string, Node> | undefined): Statements {
    const node = among.get(name);
    const key = `${node?.startIndex ?? 0}`;
    const known = this.#returned.get(key);
    if (known !== undefined) return known;
    const statements = this.#statements(methods);
    // Remembered before it is followed, so that a recursive function meets its own unknown result.
    this.#returned.set(key, statements);
    const body = node === undefined ? undefined : field(node, 'body');
    if (body !== undefined) statements.run(body);
    return statements;
  }
}

/** An attribute that is set or grown, a module that is added, a layer that is made and applied at once. */
const building =
  /\bself\.[\w.]+\s*(:[^=]+)?\+?=(?!=)|\.(append|extend|add_module|register_module)\(|\bsetattr\(|\)\s*\(/;

/** What is known of an owner beside its layers. */
interface Known {
  readonly uses?: ReadonlyMap<string, readonly number[]>;
  readonly calls?: readonly LayerDefinition[];
  readonly constructed?: readonly Item[];
  readonly order?: Owner['order'] | undefined;
}

interface Ownership {
  readonly owner: string;
  readonly uses: readonly number[];
}

const itemOfVariable = (built: Built): Item => ({
  built: built.kind === 'layer' ? unknown : built,
  repeated: false,
  conditional: false,
});

/** `@nn.compact`, under which Flax names what a method makes. */
const isCompact = (method: Node): boolean =>
  method.parent?.type === 'decorated_definition' &&
  partsOf(method.parent).some(({ type, text }) => type === 'decorator' && /\bcompact\b/.test(text));

/** What builds the layers computes nothing. */
const mayCall = (method: Node): boolean => {
  const name = field(method, 'name')?.text ?? '';
  return name !== '__init__' && name !== 'setup';
};

const undecorated = (node: Node): Node =>
  node.type === 'decorated_definition' ? (field(node, 'definition') ?? node) : node;

function methodsOf(node: Node): ReadonlyMap<string, Node> {
  const methods = new Map<string, Node>();
  const body = field(node, 'body');
  for (const statement of body === undefined ? [] : partsOf(body)) {
    const method = undecorated(statement);
    const name = method.type === 'function_definition' ? field(method, 'name')?.text : undefined;
    if (name !== undefined) methods.set(name, method);
  }
  return methods;
}

/** Lines on which `self.conv1(x)`, `self.convs[i]` or `for conv in self.convs` stand: where a trace of the forward pass points. */
function usesOfAttributes(
  lines: readonly string[],
  first: number,
  last: number,
): ReadonlyMap<string, readonly number[]> {
  const uses = new Map<string, number[]>();
  for (let line = first; line <= last; line++) {
    const text = lines[line] ?? '';
    if (!text.includes('self.')) continue;
    for (const match of text.matchAll(/\bself\.(\w+)(?!\w)(?!\s*=[^=])/g)) {
      const name = match[1]!;
      const known = uses.get(name);
      if (known === undefined) uses.set(name, [line]);
      else known.push(line);
    }
  }
  return uses;
}

/** Numbers the items of lists as PyTorch does: from zero, until a loop makes the index unknown. */
function flatten(
  members: Member[],
  item: Item,
  path: readonly string[],
  place: { readonly repeated: boolean; readonly conditional: boolean },
  ownership: Ownership,
): void {
  const { built } = item;
  const { repeated, conditional } = place;
  switch (built.kind) {
    case 'unknown':
      return;
    case 'module':
      members.push({ kind: 'reference', path, className: built.className, repeated });
      return;
    case 'layer': {
      const { kind, ...layer } = built;
      members.push({ kind, definition: { ...layer, ...ownership, path, repeated, conditional } });
      return;
    }
    case 'container': {
      let index: number | undefined = 0;
      for (const inner of built.items) {
        const unsure: string = index === undefined ? afterLoop : String(index);
        const key = inner.key ?? (inner.repeated ? anyIndex : unsure);
        if (inner.key === undefined) {
          // After a loop, or after an entry that may be missing, nobody can count any more.
          index = inner.repeated || inner.conditional || index === undefined ? undefined : index + 1;
        }
        const below = { repeated: repeated || inner.repeated, conditional: conditional || inner.conditional };
        flatten(members, inner, [...path, key], below, ownership);
      }
      return;
    }
  }
}
