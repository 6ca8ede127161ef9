import type { GraphDirection, GraphLayout } from '../../core/report/graph-layout.ts';

/** What the host says when the panel asks for a layout. */
export type LayoutAnswer =
  | { readonly kind: 'layout'; readonly layout: GraphLayout }
  | { readonly kind: 'failed'; readonly direction: GraphDirection; readonly message: string };

/** The Graph tab's side of a layout. */
export type LayoutState = { readonly kind: 'none' } | { readonly kind: 'asked' } | LayoutAnswer;
