/** Which way a drawn network runs; `rows`: to the right in lines, as text, so that a deep network fits on a page. */
export const graphDirections = ['down', 'right', 'rows'] as const;
export type GraphDirection = (typeof graphDirections)[number];

/** A graph to be laid out: the sizes of its boxes, and who follows whom. */
export interface GraphShape {
  readonly boxes: readonly { readonly width: number; readonly height: number }[];
  readonly edges: readonly (readonly [from: number, to: number])[];
  readonly direction: GraphDirection;
}

/** Where everything stands, in pixels at full size from the upper left. */
export interface GraphLayout {
  readonly direction: GraphDirection;
  readonly width: number;
  readonly height: number;
  /** In the order of the graph's nodes. */
  readonly boxes: readonly GraphBox[];
  /** In the order of the graph's edges. */
  readonly edges: readonly GraphPath[];
}

export interface GraphBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface GraphPath {
  readonly from: number;
  readonly to: number;
  /** The corners of the line: x, y, x, y, … */
  readonly points: readonly number[];
}
