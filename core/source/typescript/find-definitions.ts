import type { Node } from 'web-tree-sitter';
import type { LayerDefinition } from '../definition.ts';
import type { Owner } from '../find-definitions.ts';
import { layerIn } from './layer-expression.ts';
import { field, partsOf } from '../syntax-node.ts';

/**
 * Functions, classes, variables and the file itself, each with the layers that it makes, in the order in which they are made. Layers of
 * TensorFlow.js have no paths: only names, numbers and order tell which is which.
 */
export function findTypeScriptOwners(root: Node): readonly Owner[] {
  const reading = new Reading(root);
  const owners = [reading.ownerOf('', root), ...reading.scopes().map(({ name, node }) => reading.ownerOf(name, node))];
  return [...owners, ...reading.grown()].filter((owner) => owner.constructed.length > 0);
}

interface ScopeNode {
  readonly name: string;
  readonly node: Node;
}

interface Place {
  readonly repeated: boolean;
  readonly conditional: boolean;
}

const functions = new Set([
  'function_declaration',
  'function_expression',
  'arrow_function',
  'method_definition',
  'generator_function_declaration',
]);
const looping = new Set(['for_statement', 'for_in_statement', 'while_statement', 'do_statement']);
const branching = new Set(['if_statement', 'ternary_expression', 'switch_statement', 'try_statement']);
/** Array.from({ length: 3 }, () => layer) and list.map(() => layer). */
const repeating = new Set(['map', 'flatMap', 'forEach', 'from']);

class Reading {
  readonly #scopes: ScopeNode[] = [];
  readonly #byName = new Map<string, Node>();
  readonly #adds = new Map<string, Node[]>();

  constructor(root: Node) {
    this.#collect(root, '');
  }

  scopes(): readonly ScopeNode[] {
    return this.#scopes;
  }

  /** A model that grows, `model.add(tf.layers.dense(...))`, is a network of its own. */
  grown(): readonly Owner[] {
    return [...this.#adds].map(([name, nodes]) => {
      const found: LayerDefinition[] = [];
      for (const node of nodes) this.#layers(node, placeOf(node), name, new Set(), found);
      return ownerWith(name, found);
    });
  }

  ownerOf(name: string, node: Node): Owner {
    const found: LayerDefinition[] = [];
    const body = field(node, 'body') ?? node;
    for (const part of partsOf(body.type === 'program' || body.childCount > 0 ? body : node))
      this.#layers(part, { repeated: false, conditional: false }, name, new Set([node.id]), found);
    // The body of `() => tf.layers.dense({ units: 1 })` is the call itself.
    if (body !== node && layerIn(body) !== undefined) return ownerWith(name, this.#own(body, name));
    return ownerWith(name, found);
  }

  #own(node: Node, name: string): LayerDefinition[] {
    const found: LayerDefinition[] = [];
    this.#layers(node, { repeated: false, conditional: false }, name, new Set(), found);
    return found;
  }

  #collect(node: Node, name: string): void {
    const own = field(node, 'name')?.text ?? field(node, 'key')?.text.replace(/^['"]|['"]$/g, '') ?? name;
    if (functions.has(node.type) || node.type === 'class_declaration') {
      this.#scopes.push({ name: own, node });
      if (own !== '') this.#byName.set(own, node);
    } else if (node.type === 'variable_declarator') {
      const value = field(node, 'value');
      if (value !== undefined && !functions.has(value.type)) this.#scopes.push({ name: own, node: value });
    } else if (node.type === 'call_expression') {
      const callee = field(node, 'function');
      const object = callee?.type === 'member_expression' ? field(callee, 'object') : undefined;
      if (object !== undefined && field(callee!, 'property')?.text === 'add')
        this.#adds.set(object.text, [...(this.#adds.get(object.text) ?? []), node]);
    }
    const handedDown = node.type === 'variable_declarator' || node.type === 'pair' ? own : '';
    for (const part of partsOf(node)) if (part.childCount > 0) this.#collect(part, handedDown);
  }

  /** In the order of construction: a callee before its arguments. What a function of the file makes is made where it is called. */
  #layers(node: Node, place: Place, owner: string, within: ReadonlySet<number>, found: LayerDefinition[]): void {
    const layer = layerIn(node);
    if (layer !== undefined) {
      found.push({ ...layer, owner, path: [], uses: [], ...place });
      return;
    }
    const called = node.type === 'call_expression' ? field(node, 'function') : undefined;
    const repeats = called?.type === 'member_expression' && repeating.has(field(called, 'property')?.text ?? '');
    const below = {
      repeated: place.repeated || looping.has(node.type) || repeats,
      conditional: place.conditional || branching.has(node.type),
    };
    for (const part of partsOf(node)) {
      // A function that is only written down makes nothing yet; what a loop calls is made.
      if (part.childCount === 0 || (isScope(part) && !(repeats || node.type === 'arguments'))) continue;
      this.#layers(part, below, owner, within, found);
    }
    const inner = called?.type === 'identifier' ? this.#byName.get(called.text) : undefined;
    if (inner === undefined || within.has(inner.id)) return;
    for (const part of partsOf(field(inner, 'body') ?? inner))
      this.#layers(part, below, owner, new Set([...within, inner.id]), found);
  }
}

const isScope = (node: Node): boolean => functions.has(node.type);

function placeOf(node: Node): Place {
  let repeated = false;
  let conditional = false;
  for (let above = node.parent; above !== null && !functions.has(above.type); above = above.parent) {
    repeated ||= looping.has(above.type);
    conditional ||= branching.has(above.type);
  }
  return { repeated, conditional };
}

const ownerWith = (name: string, constructed: readonly LayerDefinition[]): Owner => ({
  name,
  bases: [],
  members: constructed.map((definition) => ({ kind: 'layer', definition })),
  calls: [],
  constructed,
});
