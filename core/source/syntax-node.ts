import type { Node } from 'web-tree-sitter';
import type { SourceRange } from './definition.ts';

export const rangeOf = (node: Node): SourceRange => {
  const { startPosition: start, endPosition: end } = node;
  return { startLine: start.row, startColumn: start.column, endLine: end.row, endColumn: end.column };
};

/** Named children without comments, which tree-sitter puts between any two nodes. */
export const partsOf = (node: Node): Node[] => node.namedChildren.filter((child) => child.type !== 'comment');

export const field = (node: Node, name: string): Node | undefined => node.childForFieldName(name) ?? undefined;
