/**
 * How the layers of an inspection hang together: its layers, the places where tensors meet (sums, concatenations), and both ends.
 * What only re-arranges (reshape, transpose) is part of the edges.
 */
export interface NetworkGraph {
  /** In the order of the network: every edge goes forward. */
  readonly nodes: readonly GraphNode[];
  /** Places in `nodes`. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

export interface GraphNode {
  /** Of a layer: its id in `layers`. */
  readonly id: string;
  readonly op: string;
  readonly role: 'input' | 'layer' | 'junction' | 'output';
}
