import type { Node } from 'web-tree-sitter';
import { partsOf } from './syntax-node.ts';

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
