/**
 * What people call the methods that bounds and norms come from: the one table that hover, panel, terminal and reports read. JSON and CSV
 * keep the names on the left.
 */
export const methodNames = {
  // Of a network, upper ends.
  product: 'product of the layers',
  'diagonal-multipliers': 'semidefinite program',
  'slope-recursion': 'layer-by-layer recursion',
  'combettes-pesquet': 'averaged activations',
  seqlip: 'SeqLip',
  'greedy-seqlip': 'SeqLip, greedy',
  lipopt: 'polynomial program',
  'slope-corners': 'branch and bound over slopes',
  'absolute-products': 'sum over all paths',
  'centre-expansion': 'expansion around middle slopes',
  'local-expansion': 'expansion on the region',
  'jacobian-relaxation': 'relaxation of the Jacobian',
  'slope-splitting': 'branch and bound over units',
  'region-splitting': 'splitting the region',
  'local-multipliers': 'semidefinite program on the region',
  'row-multipliers': 'semidefinite program for each output',
  // Both ends.
  'activation-regions': 'search through the linear pieces',
  'linear-network': 'the network written out as one matrix',
  // Lower ends.
  samples: 'sampled pairs of points',
  ascent: 'uphill search for a steep pair',
  'random-pair': 'a random pair of points',
  // Norms of layers.
  'gram-cholesky': 'largest singular value, proved by a Cholesky factorisation',
  'any-size': 'spectrum over all frequencies',
  materialised: 'singular values of the layer written out as a matrix',
  'circulant-embedding': 'Fourier transform on a larger grid',
  'circulant-symbol': 'Fourier transform around the torus',
  'sampled-symbol': 'Fourier transform, samples of all frequencies',
  'product-of-parts': 'product of the norms of its parts',
  'power-iteration': 'power iteration',
  'riesz-thorin': 'geometric mean of the l1 and l∞ norms',
  frobenius: 'root of the sum of squares',
  kronecker: 'product of the norms along each axis',
  'scalar-section': 'norms of all frequencies in one matrix',
  'largest-entry': 'largest entry',
  'column-sums': 'largest column sum',
  'row-sums': 'largest row sum',
  'closed-form': 'formula for this operator',
  slope: 'largest slope of the activation',
  'slope-on-its-range': 'largest slope on the values that arrive',
  'norm-equivalence': 'bound in another norm',
} as const;

export type MethodName = keyof typeof methodNames;

/** Reports of earlier versions may name methods that are gone. */
export function methodWords(method: string): string {
  const name = method.replaceAll(' ', '-');
  return name in methodNames ? methodNames[name as MethodName] : method.replaceAll('-', ' ');
}
