import type { Node } from 'web-tree-sitter';
import { itemOf, type Item } from './built.ts';
import { afterLoop, anyIndex } from './definition.ts';
import { evaluate, type Scope } from './expressions.ts';
import { field, partsOf } from './syntax-node.ts';

/**
 * The submodules that a method under `@nn.compact` makes, under the names that Flax gives them: class and number, counted by class in the
 * order in which they are made, `Dense_0`, `Dense_1`; after a loop nobody can count any more.
 */
export function compactItems(body: Node, scope: Scope): readonly Item[] {
  const made: Made[] = [];
  collect(body, { repeated: false, conditional: false }, scope, made);
  const counts = new Map<string, number | undefined>();
  return made.map(({ className, item }) => {
    if (item.key !== undefined) return item;
    const count = counts.has(className) ? counts.get(className) : 0;
    const sure = count !== undefined && !item.repeated && !item.conditional;
    counts.set(className, sure ? count + 1 : undefined);
    const number = sure ? String(count) : item.repeated ? anyIndex : afterLoop;
    return { ...item, key: `${className}_${number}` };
  });
}

interface Made {
  readonly className: string;
  readonly item: Item;
}

interface Place {
  readonly repeated: boolean;
  readonly conditional: boolean;
}

const looping = new Set(['for_statement', 'while_statement', 'list_comprehension', 'generator_expression']);
const branching = new Set(['if_statement', 'conditional_expression']);

/** In the order of construction: `Dense(10)(Dense(5)(x))` makes the outer one first, for Python looks at the callee before the arguments. */
function collect(node: Node, place: Place, scope: Scope, made: Made[]): void {
  if (node.type === 'lambda' || node.type === 'function_definition') return;
  if (node.type === 'call' && field(node, 'function')?.type !== 'call') {
    const built = evaluate(node, scope);
    const item = { ...itemOf(built, built.kind === 'layer' ? built.arguments.name : undefined), ...place };
    if (built.kind === 'layer') made.push({ className: built.layer, item });
    else if (built.kind === 'module') made.push({ className: built.className, item });
  }
  const below = {
    repeated: place.repeated || looping.has(node.type),
    conditional: place.conditional || branching.has(node.type),
  };
  for (const part of partsOf(node)) if (part.childCount > 0) collect(part, below, scope, made);
}
