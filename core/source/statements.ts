import type { Node } from 'web-tree-sitter';
import { container, itemOf, unknown, type Built, type Item } from './built.ts';
import { evaluate, type Scope } from './expressions.ts';
import { stringValue } from './python-node.ts';
import { field, partsOf } from './syntax-node.ts';

/** Where a statement stands: in a loop its layers are many, under an `if` they may be missing. */
interface Place {
  readonly repeated: boolean;
  readonly conditional: boolean;
}

/** What the statements of a file share. */
export interface FileScope extends Omit<Scope, 'variable'> {
  /** Somewhere in the file a call is called, `Dense(64)(x)`; otherwise nobody need look for it. */
  readonly appliesOnTheSpot: boolean;
}

const plain: Place = { repeated: false, conditional: false };

/**
 * Follows the statements of one function, or of the whole file, as far as they build layers: lists that grow, attributes of
 * `self`, the value that is returned. Both branches of an `if` are followed, loops once; nothing is executed.
 */
export class Statements {
  readonly variables = new Map<string, Built>();
  readonly #attributes: Map<string, Item[]>;
  /** What the statements so far have put there: a later one that always runs takes its place. */
  readonly #own = new Set<Item>();
  readonly scope: Scope;
  readonly #appliesOnTheSpot: boolean;
  /** Layers applied on the spot, `Dense(64)(x)`, in the order of the source. */
  readonly applied: Item[] = [];
  /** The same in the order in which they are made: of `Dense(2)(Dense(5)(x))` the outer one first. Keras numbers them so. */
  readonly constructed: Item[] = [];
  returned: Built = unknown;

  /** `attributes` are shared by the methods of a class: several items under one name are alternatives. */
  constructor(scope: FileScope, attributes: Map<string, Item[]> = new Map<string, Item[]>()) {
    this.#attributes = attributes;
    this.#appliesOnTheSpot = scope.appliesOnTheSpot;
    this.scope = {
      variable: (name) => this.variables.get(name),
      isClass: (name) => scope.isClass(name),
      applied: (name) => scope.applied(name),
      returned: (name, method) => scope.returned(name, method),
    };
  }

  run(block: Node, place: Place = plain): void {
    for (const statement of partsOf(block)) this.#statement(statement, place);
  }

  #statement(node: Node, place: Place): void {
    switch (node.type) {
      case 'expression_statement':
        for (const part of partsOf(node)) this.#expression(part, place);
        return;
      case 'return_statement': {
        const value = partsOf(node)[0];
        if (value === undefined) return;
        this.#collectApplied(value, place);
        const built = this.#evaluate(value);
        if (built.kind !== 'unknown') this.returned = built;
        return;
      }
      case 'for_statement':
      case 'while_statement':
        this.#blocks(node, { ...place, repeated: true });
        return;
      case 'if_statement':
      case 'try_statement':
      case 'match_statement':
      case 'elif_clause':
      case 'else_clause':
      case 'except_clause':
      case 'case_clause':
        this.#blocks(node, { ...place, conditional: true });
        return;
      case 'delete_statement':
        for (const part of partsOf(node)) if (part.type === 'subscript') this.#forget(field(part, 'value'));
        return;
      case 'with_statement':
      case 'block':
      case 'finally_clause':
        this.#blocks(node, place);
        return;
      default:
        return;
    }
  }

  #blocks(node: Node, place: Place): void {
    if (node.type === 'block') {
      this.run(node, place);
      return;
    }
    for (const part of partsOf(node)) {
      if (part.type === 'block' || part.type.endsWith('_clause')) this.#blocks(part, place);
    }
  }

  #expression(node: Node, place: Place): void {
    if (node.type === 'assignment') {
      const target = field(node, 'left');
      const value = field(node, 'right');
      if (target === undefined || value === undefined) return;
      // a = b = nn.Linear(...)
      if (value.type === 'assignment') this.#expression(value, place);
      this.#collectApplied(value, place);
      this.#assign(target, this.#evaluate(value), place);
    } else if (node.type === 'augmented_assignment') {
      const target = field(node, 'left');
      const value = field(node, 'right');
      if (target === undefined || value === undefined) return;
      const built = this.#evaluate(value);
      if (built.kind === 'container') this.#extend(target, built.items, place);
    } else if (node.type === 'call') {
      if (!this.#methodCall(node, place)) this.#collectApplied(node, place);
    }
  }

  #evaluate(node: Node): Built {
    return evaluate(node, this.scope);
  }

  #assign(target: Node, built: Built, place: Place): void {
    const attribute = attributeOfSelf(target);
    if (attribute !== undefined) {
      // A list that was built elsewhere has its own loops; the attribute itself stands where it is assigned.
      if (built.kind !== 'unknown') this.#assignAttribute(attribute, { ...itemOf(built), ...place });
    } else if (target.type === 'subscript') {
      this.#forget(field(target, 'value'));
    } else if (target.type === 'identifier') {
      if (built.kind === 'unknown') this.variables.delete(target.text);
      else this.variables.set(target.text, built);
    }
  }

  #assignAttribute(name: string, item: Item): void {
    const alternatives = this.#alternatives(name);
    const always = !item.conditional && !item.repeated;
    const kept = alternatives.filter((known) => !always || !this.#own.has(known));
    alternatives.splice(0, alternatives.length, ...kept, item);
    this.#own.add(item);
  }

  /** Of a list whose places have changed in a way that is not followed, nothing is known. */
  #forget(list: Node | undefined): void {
    if (list === undefined) return;
    const attribute = attributeOfSelf(list);
    if (attribute !== undefined) this.#attributes.delete(attribute);
    else if (list.type === 'identifier') this.variables.delete(list.text);
  }

  #alternatives(attribute: string): Item[] {
    const known = this.#attributes.get(attribute);
    if (known !== undefined) return known;
    const fresh: Item[] = [];
    this.#attributes.set(attribute, fresh);
    return fresh;
  }

  /** `layers.append(...)`, `model.add(...)`, `self.add_module("fc1", ...)`: true when the call was one of these. */
  #methodCall(node: Node, place: Place): boolean {
    const callee = field(node, 'function');
    const args = field(node, 'arguments');
    if (callee === undefined || args === undefined) return false;
    const [first, second] = partsOf(args);
    const object = callee.type === 'attribute' ? field(callee, 'object') : undefined;
    if (movesPlaces.has(field(callee, 'attribute')?.text ?? '')) {
      this.#forget(object);
      return true;
    }
    if (callee.type === 'identifier' && callee.text === 'setattr') {
      const value = partsOf(args)[2];
      if (first?.text !== 'self' || second === undefined || value === undefined) return false;
      this.#addModule('self', second, value, place);
      return true;
    }
    if (object === undefined || first === undefined) return false;
    switch (field(callee, 'attribute')?.text ?? '') {
      case 'append':
      case 'add':
        this.#extend(object, [itemOf(this.#evaluate(first))], place);
        return true;
      case 'extend': {
        const built = this.#evaluate(first);
        if (built.kind === 'container') this.#extend(object, built.items, place);
        return true;
      }
      case 'add_module':
      case 'register_module':
        if (second !== undefined) this.#addModule(object.text, first, second, place);
        return true;
      default:
        return false;
    }
  }

  #addModule(object: string, key: Node, value: Node, place: Place): void {
    const built = this.#evaluate(value);
    if (built.kind === 'unknown') return;
    const name = stringValue(key);
    // A name that is computed, "fc%d" % i, stands for any.
    const item = {
      ...itemOf(built, name),
      conditional: place.conditional,
      repeated: place.repeated || name === undefined,
    };
    if (object === 'self') this.#alternatives(name ?? '*').push(item);
    else if (object.startsWith('self.')) this.#extendAttribute(object.slice('self.'.length), [item]);
    else this.#extendVariable(object, [item]);
  }

  #extend(target: Node, items: readonly Item[], place: Place): void {
    const placed = items.map((item) => ({
      ...item,
      repeated: item.repeated || place.repeated,
      conditional: item.conditional || place.conditional,
    }));
    const attribute = attributeOfSelf(target);
    if (attribute !== undefined) this.#extendAttribute(attribute, placed);
    else if (target.type === 'identifier') this.#extendVariable(target.text, placed);
  }

  #extendVariable(name: string, items: readonly Item[]): void {
    const known = this.variables.get(name);
    if (known?.kind === 'container') this.variables.set(name, container([...known.items, ...items]));
  }

  #extendAttribute(name: string, items: readonly Item[]): void {
    const alternatives = this.#attributes.get(name);
    const last = alternatives?.pop();
    if (alternatives === undefined || last === undefined) return;
    alternatives.push(
      last.built.kind === 'container' ? { ...last, built: container([...last.built.items, ...items]) } : last,
    );
  }

  /** Finds `Dense(64)(x)` at any depth of arguments; what is applied first comes first. */
  #collectApplied(node: Node, place: Place): void {
    if (!this.#appliesOnTheSpot) return;
    if (node.type !== 'call') {
      for (const part of node.type === 'lambda' ? [] : callsWithin(node)) this.#collectApplied(part, place);
      return;
    }
    const args = field(node, 'arguments');
    const callee = field(node, 'function');
    if (callee?.type === 'call') {
      const built = this.#evaluate(callee);
      const item = { ...itemOf(built, built.kind === 'layer' ? built.arguments.name : undefined), ...place };
      if (built.kind === 'layer') this.constructed.push(item);
      if (args !== undefined) this.#collectApplied(args, place);
      if (built.kind === 'layer') this.applied.push(item);
      return;
    }
    if (args !== undefined) this.#collectApplied(args, place);
    // x = block(x, 64): what the function applies is applied here.
    if (callee?.type === 'identifier') {
      const held = this.variables.get(callee.text);
      // tower = Dense(5); a = tower(a); b = tower(b): one layer, or a Sequential of them, however often it is applied.
      const layers = held?.kind === 'container' ? held.items : held === undefined ? [] : [itemOf(held)];
      for (const { built, repeated, conditional } of layers) {
        if (built.kind !== 'layer' || this.applied.some((known) => known.built === built)) continue;
        const item: Item = {
          ...itemOf(built, built.arguments.name),
          repeated: repeated || place.repeated,
          conditional: conditional || place.conditional,
        };
        this.applied.push(item);
        this.constructed.push(item);
      }
      const inner = this.scope.applied(callee.text);
      const placed = (items: readonly Item[]): Item[] =>
        items.map((item) => ({
          ...item,
          repeated: item.repeated || place.repeated,
          conditional: item.conditional || place.conditional,
        }));
      this.applied.push(...placed(inner.applied));
      this.constructed.push(...placed(inner.constructed));
    }
  }
}

/** Methods of lists after which items stand elsewhere, or not at all. */
const movesPlaces = new Set(['insert', 'pop', 'remove', 'reverse', 'clear', 'sort']);

const nests = new Set([
  'argument_list',
  'keyword_argument',
  'list',
  'tuple',
  'parenthesized_expression',
  'binary_operator',
  'call',
]);

const callsWithin = (node: Node): Node[] =>
  nests.has(node.type) ? partsOf(node).filter((part) => nests.has(part.type)) : [];

function attributeOfSelf(node: Node): string | undefined {
  if (node.type !== 'attribute') return undefined;
  const object = field(node, 'object');
  return object?.type === 'identifier' && object.text === 'self' ? field(node, 'attribute')?.text : undefined;
}
