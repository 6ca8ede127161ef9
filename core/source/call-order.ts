import type { Node } from 'web-tree-sitter';
import { operationOf } from './functional-calls.ts';
import { sizeValue } from './python-node.ts';
import { field, partsOf } from './syntax-node.ts';

/** One thing that the forward method of a class does to what flows through it, in the order of evaluation. */
export type CallStep =
  /** `self.conv1(x)`, `self.blocks[0](x)`; an empty path is the variable of the loop around it. */
  | { readonly kind: 'module'; readonly path: readonly string[] }
  /** `F.max_pool2d(x, 2)`, `a + b`; the size is the second argument, where it is a literal. */
  | { readonly kind: 'function'; readonly name: string; readonly size?: number }
  | { readonly kind: 'flatten' }
  /** `for layer in self.layers:` */
  | { readonly kind: 'each'; readonly path: readonly string[]; readonly steps: readonly CallStep[] };

const forwardNames = ['forward', 'call', '__call__'];
const flattening: ReadonlySet<string> = new Set(['flatten', 'view', 'reshape']);

/** What the class does when it is called; undefined where it does not say. */
export function callOrderOf(methods: ReadonlyMap<string, Node>): readonly CallStep[] | undefined {
  const name = forwardNames.find((candidate) => methods.has(candidate));
  return name === undefined ? undefined : new Walk(methods).method(name);
}

class Walk {
  readonly #methods: ReadonlyMap<string, Node>;
  /** Methods that are being followed: one that calls itself is followed once. */
  readonly #within = new Set<string>();
  #loopVariables: ReadonlySet<string> = new Set();

  constructor(methods: ReadonlyMap<string, Node>) {
    this.#methods = methods;
  }

  method(name: string): readonly CallStep[] {
    const body = field(this.#methods.get(name)!, 'body');
    if (body === undefined || this.#within.has(name)) return [];
    this.#within.add(name);
    const steps: CallStep[] = [];
    this.#collect(body, steps);
    this.#within.delete(name);
    return steps;
  }

  #collect(node: Node, steps: CallStep[]): void {
    switch (node.type) {
      case 'lambda':
      case 'function_definition':
        return;
      case 'for_statement':
        this.#loop(node, steps);
        return;
      case 'if_statement':
      case 'elif_clause':
        // What a condition computes does not flow on.
        this.#all(
          partsOf(node).filter((part) => part.id !== field(node, 'condition')?.id),
          steps,
        );
        return;
      case 'call':
        this.#call(node, steps);
        return;
      default: {
        this.#all(partsOf(node), steps);
        const name = operationOf(node);
        if (name !== undefined) steps.push({ kind: 'function', name });
      }
    }
  }

  #all(nodes: readonly Node[], steps: CallStep[]): void {
    for (const node of nodes) if (node.childCount > 0) this.#collect(node, steps);
  }

  #loop(node: Node, steps: CallStep[]): void {
    const [left, right, body] = [field(node, 'left'), field(node, 'right'), field(node, 'body')];
    if (body === undefined) return;
    const path = right === undefined ? undefined : listOf(right);
    if (path === undefined) {
      this.#collect(body, steps);
      return;
    }
    const outer = this.#loopVariables;
    this.#loopVariables = new Set([...outer, ...(left?.text.match(/\w+/gu) ?? [])]);
    const inner: CallStep[] = [];
    this.#collect(body, inner);
    this.#loopVariables = outer;
    steps.push({ kind: 'each', path, steps: inner });
  }

  #call(node: Node, steps: CallStep[]): void {
    const callee = field(node, 'function');
    const args = field(node, 'arguments');
    const parts = args === undefined ? [] : partsOf(args);
    const name = callee?.type === 'attribute' ? field(callee, 'attribute')?.text : callee?.text;
    if (callee === undefined || name === undefined) return;
    const path = pathOf(callee);
    if (path === undefined && flattening.has(name)) {
      // Sizes may be computed in the other arguments.
      this.#all(
        [callee, ...parts].filter(({ text }) => text.includes('self.')),
        steps,
      );
      steps.push({ kind: 'flatten' });
      return;
    }
    // Operands and arguments come first, as Python evaluates them; what is called may hold a call, `self.pool(x).relu()`.
    this.#all(path === undefined ? [callee, ...parts] : parts, steps);
    if (path !== undefined) {
      const [first] = path;
      if (path.length === 1 && this.#methods.has(first!)) steps.push(...this.method(first!));
      else steps.push({ kind: 'module', path });
    } else if (callee.type === 'identifier' && this.#loopVariables.has(name)) {
      steps.push({ kind: 'module', path: [] });
    } else if (operationOf(node) !== undefined) {
      const size = sizeValue(parts[1]);
      steps.push({ kind: 'function', name, ...(typeof size === 'number' ? { size } : {}) });
    }
  }
}

/** ["blocks", "0"] of `self.blocks[0]`; undefined of what is no attribute of self. */
function pathOf(node: Node): readonly string[] | undefined {
  if (node.type === 'subscript') {
    const value = field(node, 'value');
    const index = sizeValue(field(node, 'subscript'));
    const above = value === undefined ? undefined : pathOf(value);
    return above === undefined || typeof index !== 'number' ? undefined : [...above, String(index)];
  }
  if (node.type !== 'attribute') return undefined;
  const object = field(node, 'object');
  const name = field(node, 'attribute')?.text;
  if (object === undefined || name === undefined) return undefined;
  if (object.type === 'identifier' && object.text === 'self') return [name];
  const above = pathOf(object);
  return above === undefined ? undefined : [...above, name];
}

/** What a loop goes through: `self.layers`, `enumerate(self.layers)`. A part of a list is not known to be the whole. */
function listOf(node: Node): readonly string[] | undefined {
  if (node.type !== 'call') return pathOf(node);
  const args = field(node, 'arguments');
  const first = args === undefined ? undefined : partsOf(args)[0];
  return field(node, 'function')?.text === 'enumerate' && first !== undefined ? pathOf(first) : undefined;
}
