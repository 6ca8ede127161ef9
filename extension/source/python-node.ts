import type { Node } from 'web-tree-sitter';
import type { SourceRange } from './definition.ts';

export const rangeOf = (node: Node): SourceRange => {
  const { startPosition: start, endPosition: end } = node;
  return { startLine: start.row, startColumn: start.column, endLine: end.row, endColumn: end.column };
};

/** Named children without comments, which tree-sitter puts between any two nodes. */
export const partsOf = (node: Node): Node[] => node.namedChildren.filter((child) => child.type !== 'comment');

export const field = (node: Node, name: string): Node | undefined => node.childForFieldName(name) ?? undefined;

/** The value of a plain string literal; an f-string with holes has none. */
export function stringValue(node: Node | undefined): string | undefined {
  if (node?.type !== 'string') return undefined;
  const children = node.namedChildren;
  if (children.some((child) => child.type === 'interpolation')) return undefined;
  return children.find((child) => child.type === 'string_content')?.text ?? '';
}

/** The value of an integer literal, or of a tuple of them. */
export function sizeValue(node: Node | undefined): number | readonly number[] | undefined {
  if (node?.type === 'integer') return Number(node.text.replaceAll('_', ''));
  if (node?.type === 'tuple' || node?.type === 'list') {
    const sizes = partsOf(node).map(sizeValue);
    return sizes.every((size) => typeof size === 'number') ? sizes : undefined;
  }
  return undefined;
}
