import { UserError } from '../../sentence.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { quoted } from '../wording.ts';
import { OperationAttributes } from './attributes.ts';

/** The output of an operation that another one reads. */
export interface Source {
  readonly name: string;
  readonly index: number;
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Source[];
  readonly attributes: OperationAttributes;
}

export type Graph = ReadonlyMap<string, GraphNode>;

const mostNodes = 500_000;

/** The operations of a GraphDef by their names. Edges that only say what runs first are left out: nothing here has effects. */
export function graphOf(topology: JsonObject, file: string): Graph {
  const list = Array.isArray(topology['node']) ? (topology['node'] as readonly Json[]) : [];
  if (list.length > mostNodes) throw new UserError(`${file} lists more operations than any network has.`);
  const graph = new Map<string, GraphNode>();
  for (const item of list) {
    const node = nodeFrom(item, file);
    if (graph.has(node.name)) throw new UserError(`${file} names two operations ${quoted(node.name)}: it is damaged.`);
    graph.set(node.name, node);
  }
  return graph;
}

function nodeFrom(item: Json, file: string): GraphNode {
  if (!isObject(item) || typeof item['name'] !== 'string' || typeof item['op'] !== 'string') {
    throw new UserError(`${file} is damaged: its graph lists something that is no operation.`);
  }
  const inputs = Array.isArray(item['input']) ? (item['input'] as readonly Json[]) : [];
  return {
    name: item['name'],
    op: item['op'],
    inputs: inputs.flatMap((input) => (typeof input === 'string' && !input.startsWith('^') ? [sourceFrom(input)] : [])),
    attributes: new OperationAttributes(isObject(item['attr']) ? item['attr'] : {}),
  };
}

/** "name" or "name:2"; in the library's functions "name:output:0". */
export function sourceFrom(text: string): Source {
  const [name = '', ...rest] = text.split(':');
  const index = Number(rest.at(-1) ?? 0);
  return { name, index: Number.isSafeInteger(index) && index >= 0 ? index : 0 };
}

/** A loop of TensorFlow 1 goes round through this one; the edge back is the only one that a graph may have. */
const goesBack = (node: GraphNode | undefined): boolean => node?.op === 'NextIteration';

/** Operations so that each comes after those that it reads, as far as the outputs need them. With an explicit stack: chains may be long. */
export function inOrder(graph: Graph, outputs: readonly string[], file: string): readonly GraphNode[] {
  const ordered: GraphNode[] = [];
  const done = new Set<string>();
  const begun = new Set<string>();
  for (const output of outputs) {
    const stack: { readonly name: string; next: number }[] = [{ name: output, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const node = graph.get(top.name);
      if (node === undefined) {
        throw new UserError(
          `${file} is incomplete: nothing in it makes ${quoted(top.name)}, which an operation or output needs.`,
        );
      }
      begun.add(node.name);
      const read = done.has(node.name) ? undefined : node.inputs[top.next++];
      if (read === undefined) {
        stack.pop();
        if (!done.has(node.name)) ordered.push(node);
        done.add(node.name);
        continue;
      }
      if (done.has(read.name) || goesBack(graph.get(read.name))) continue;
      if (begun.has(read.name)) {
        throw new UserError(`${file} has a cycle: ${quoted(read.name)} needs, through others, its own output.`);
      }
      stack.push({ name: read.name, next: 0 });
    }
  }
  return ordered;
}
