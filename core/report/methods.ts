import type { Inspection } from './inspection.ts';
import type { MethodName } from './method-names.ts';

/** What a method does, for the end of a report, and who is to be cited for it. */
export interface MethodNote {
  readonly method: string;
  readonly inWords: string;
  readonly citation?: string;
}

const notes: readonly (MethodNote & { readonly method: MethodName })[] = [
  {
    method: 'product',
    inWords:
      'Upper end: the product of the constants of the layers along the graph; branches that meet are summed or combined by the rule of the operator that joins them.',
    citation: 'A. Virmaux, K. Scaman: Lipschitz regularity of deep neural networks, NeurIPS 2018.',
  },
  {
    method: 'diagonal-multipliers',
    inWords:
      'Upper end: every nonlinearity obeys a quadratic constraint; a factor for each neuron makes them add up to L² |x|² − |f|² ≥ 0. The factors come from a semidefinite program; that they add up is proved by a Cholesky factorisation whose rounding errors are bounded.',
    citation:
      'M. Fazlyab et al.: Efficient and accurate estimation of Lipschitz constants for deep neural networks, NeurIPS 2019; S. M. Rump: Verification of positive definiteness, BIT 46, 2006.',
  },
  {
    method: 'slope-recursion',
    inWords:
      'Upper end: from layer to layer, what is known of the changes of its input as a matrix, with one multiplier for each activation; for ReLU this is ECLipsE-Fast, and slopes below 0 are accounted for. Rounding errors are added at every step.',
    citation:
      'Y. Xu, S. Sivaranjani: ECLipsE: Efficient compositional Lipschitz constant estimation for deep neural networks, NeurIPS 2024.',
  },
  {
    method: 'combettes-pesquet',
    inWords:
      'Upper end of a chain in l2: every activation is its middle slope times the identity and a rest that makes nothing longer; the norms of all products of layers between the rests are added up.',
    citation:
      'P. L. Combettes, J.-C. Pesquet: Lipschitz certificates for layered network structures driven by averaged activation operators, SIMODS 2, 2020.',
  },
  {
    method: 'seqlip',
    inWords:
      'Upper end of a chain in l2: every layer is cut in two at the roots of its singular values, and for each activation the largest norm between two halves over all of its slopes is bounded by branch and bound, each part by an eigenvalue that a Cholesky factorisation proves.',
    citation: 'A. Virmaux, K. Scaman: Lipschitz regularity of deep neural networks, NeurIPS 2018.',
  },
  {
    method: 'greedy-seqlip',
    inWords:
      'An estimate, not a bound: SeqLip with the best slopes that a greedy search found, which need not be the largest.',
    citation: 'A. Virmaux, K. Scaman: Lipschitz regularity of deep neural networks, NeurIPS 2018.',
  },
  {
    method: 'lipopt',
    inWords:
      'Upper end of a chain in l1 and l∞: the largest row (column) of the Jacobian over all slopes is the largest value of a polynomial; products of slopes and of what is missing to their ends, one for each path through the neurons, make up the difference to a constant. The coefficients come from a linear program that is descended to; whatever they are, the bound holds.',
    citation:
      'F. Latorre Gómez, P. Rolland, V. Cevher: Lipschitz constant estimation of neural networks via sparse polynomial optimization, ICLR 2020.',
  },
  {
    method: 'slope-corners',
    inWords:
      'Upper end of a chain in l1 and l∞: the largest row (column) of the Jacobian over all slopes lies where every slope is at an end of its range. It is found and proved by branch and bound; where slopes are not decided, chords of absolute values bound what is left, from the input on and from the output back.',
  },
  {
    method: 'samples',
    inWords: 'Lower end: the largest ratio of output distance to input distance among pairs of sampled points.',
  },
  {
    method: 'ascent',
    inWords:
      'Lower end: the pair of points with the largest ratio is moved uphill; the ratio is recomputed from the final pair with rounding errors subtracted.',
    citation: 'D. Terjék: Adversarial Lipschitz regularization, ICLR 2020 (search for the direction).',
  },
  {
    method: 'random-pair',
    inWords:
      'Lower end: two points drawn at random are sent through in doubles, layer after layer, where the network is too large to be run as a whole; certified where outward rounding leaves something of the quotient.',
  },
  {
    method: 'linear-network',
    inWords:
      'Lower end of a network that is linear but for biases: the direction that it stretches most, an element of the input in l1, the signs of a row in l∞, a singular vector in l2; the quotient of two points along it is computed in doubles with outward rounding.',
    citation: 'W. W. Hager: Condition estimates, SIAM J. Sci. Stat. Comput. 5, 1984.',
  },
  {
    method: 'absolute-products',
    inWords:
      'Upper end in l1 and l∞: all paths from an input to an output are added up with absolute values, activations with their largest slope.',
  },
  {
    method: 'centre-expansion',
    inWords:
      'Upper end: around the middle slope of every activation the network is linear, so that layers and branches may cancel; only what the slopes deviate from their middle is added up with absolute values.',
    citation:
      'P. L. Combettes, J.-C. Pesquet: Lipschitz certificates for layered network structures driven by averaged activation operators, SIMODS 2, 2020 (averaged activations); A. Pintore, B. Després: computable Lipschitz bounds for deep neural networks, 2024 (absolute values).',
  },
  {
    method: 'local-expansion',
    inWords:
      'Upper end on a region: units whose slope is fixed there are linear; the others are followed back to the input one by one, and what they deviate from their middle slope is added up with absolute values, in l2 with spectral norms. Where each unit can be is found by intervals and by linear relaxation back to the input.',
    citation:
      'T.-W. Weng et al.: Towards fast computation of certified robustness for ReLU networks, ICML 2018 (FastLip); H. Zhang et al.: Efficient neural network robustness certification with general activation functions, NeurIPS 2018 (CROWN).',
  },
  {
    method: 'jacobian-relaxation',
    inWords:
      'Upper end in l∞ and l1 on a region: entries of the Jacobian whose sign is known there add up with it, the others under a chord; what is left is a linear function of the Jacobian, bounded by linear relaxation of the units that bend.',
    citation:
      'Z. Shi et al.: Efficiently computing local Lipschitz constants of neural networks via bound propagation, NeurIPS 2022.',
  },
  {
    method: 'slope-splitting',
    inWords:
      'Upper end in l∞ on a region: the norm of a row of the Jacobian is convex in the slope of each unit, and so largest where that slope is at an end of its interval. For the units that matter most both ends are tried, one after the other, and the rest is relaxed; the largest of all cases is the bound.',
    citation:
      'R. Bunel et al.: Branch and bound for piecewise linear neural network verification, JMLR 21, 2020; Z. Shi et al.: Efficiently computing local Lipschitz constants of neural networks via bound propagation, NeurIPS 2022.',
  },
  {
    method: 'region-splitting',
    inWords:
      'Upper end on a region of few inputs, or on the whole line where there is one input: the part of the region with the largest bound is halved again and again, each half with its own ranges, relaxation and expansion. Between two points a segment passes through parts; on each the network is no steeper than its bound.',
    citation:
      'R. Bunel et al.: Branch and bound for piecewise linear neural network verification, JMLR 21, 2020; M. Jordan, A. G. Dimakis: Exactly computing the local Lipschitz constant of ReLU networks, NeurIPS 2020.',
  },
  {
    method: 'local-multipliers',
    inWords:
      'Upper end on a region in l2: the units that bend there obey quadratic constraints around their middle slopes; a factor for each makes them add up to L² |x|² − |f|² ≥ 0. The factors come from a semidefinite program with one row for each of these units; that they add up is proved by a Cholesky factorisation whose rounding errors are bounded.',
    citation:
      'M. Fazlyab et al.: Efficient and accurate estimation of Lipschitz constants for deep neural networks, NeurIPS 2019; S. M. Rump: Verification of positive definiteness, BIT 46, 2006.',
  },
  {
    method: 'row-multipliers',
    inWords:
      'Upper end in l∞ on a region: for each row of the Jacobian, a factor for each unit that bends there and a weight for each input make their quadratic constraints add up to L² Σ aᵢ xᵢ² − f² ≥ 0, where the weights add up to 1. They come from a semidefinite program with one row for each of these units; that they add up is proved by a Cholesky factorisation whose rounding errors are bounded.',
    citation:
      'M. Fazlyab et al.: Efficient and accurate estimation of Lipschitz constants for deep neural networks, NeurIPS 2019; Z. Wang et al.: On the scalability and memory efficiency of semidefinite programs for Lipschitz constant estimation of neural networks, ICLR 2024; S. M. Rump: Verification of positive definiteness, BIT 46, 2006.',
  },
  {
    method: 'activation-regions',
    inWords:
      'Both ends: the input space is cut along the kinks of the activations until no cell can hold a Jacobian larger than the largest one found; cells are proved empty by Farkas certificates, rounding errors included.',
    citation: 'M. Jordan, A. Dimakis: Exactly computing the local Lipschitz constant of ReLU networks, NeurIPS 2020.',
  },
  {
    method: 'gram-cholesky',
    inWords:
      'Largest singular value: c² I − WᵀW passes a Cholesky factorisation whose rounding errors are bounded, so c is an upper end.',
    citation: 'S. M. Rump: Verification of positive definiteness, BIT 46, 2006.',
  },
  {
    method: 'any-size',
    inWords:
      'A convolution kernel without its network: the upper end is the supremum of its spectrum over all frequencies, which no input size, stride, dilation or grouping exceeds; the lower end is the longest filter.',
  },
  {
    method: 'materialised',
    inWords:
      'The linear map is written out as a matrix, as a whole or band by band, and its largest singular value is verified.',
    citation: 'S. M. Rump: Verification of positive definiteness, BIT 46, 2006.',
  },
  {
    method: 'circulant-embedding',
    inWords:
      'A zero-padded convolution is a compression of a periodic one on a larger grid, whose norm is the largest over its frequencies.',
    citation: 'H. Sedghi, V. Gupta, P. M. Long: The singular values of convolutional layers, ICLR 2019.',
  },
  {
    method: 'circulant-symbol',
    inWords: 'A convolution around a torus has the largest norm of its kernel over the frequencies of that torus.',
    citation: 'H. Sedghi, V. Gupta, P. M. Long: The singular values of convolutional layers, ICLR 2019.',
  },
  {
    method: 'product-of-parts',
    inWords: 'The layer is two maps after one another, such as a padding and a convolution: their norms multiply.',
  },
  {
    method: 'sampled-symbol',
    inWords:
      'The norm of a convolution on images of any size is the largest over all frequencies; on a grid that is fine for the kernel, samples fall short of it by a known factor.',
    citation: 'L. Pfister, Y. Bresler: Bounding multivariate trigonometric polynomials, IEEE TSP 67, 2019.',
  },
  {
    method: 'power-iteration',
    inWords: 'Repeated application of the map and its adjoint; gives a lower end, recomputed from the vector found.',
    citation: 'H. Gouk et al.: Regularisation of neural networks by enforcing Lipschitz continuity, 2018.',
  },
  {
    method: 'riesz-thorin',
    inWords: 'The l2 norm is at most the geometric mean of the l1 and the l∞ norm.',
    citation: 'M. Riesz, 1927; G. O. Thorin, 1939.',
  },
  { method: 'frobenius', inWords: 'The l2 norm is at most the root of the sum of the squared entries.' },
  {
    method: 'kronecker',
    inWords: 'A map that acts along each axis alone has the product of the norms along the axes.',
  },
  {
    method: 'scalar-section',
    inWords:
      'On a small image only a part of the periodic grid is used: the norms of all frequencies, put into one small matrix for that part, bound the convolution.',
  },
  { method: 'column-sums', inWords: 'The l1 norm is the largest absolute column sum.' },
  { method: 'row-sums', inWords: 'The l∞ norm is the largest absolute row sum.' },
  { method: 'closed-form', inWords: 'The constant follows from a formula for this operator.' },
  { method: 'slope', inWords: 'The largest difference quotient of the activation.' },
  {
    method: 'slope-on-its-range',
    inWords: 'The largest slope on the values that can arrive there.',
  },
  { method: 'norm-equivalence', inWords: 'Carried over from another norm at the price of a factor of the dimension.' },
];

const key = (method: string): string => method.replaceAll(' ', '-');

/** Notes on the methods that this inspection used, in the order of the list; methods without a note are left to their names. */
export function methodNotes(inspection: Inspection): readonly MethodNote[] {
  const used = new Set(inspection.bounds.map(({ method }) => key(method)));
  for (const layer of inspection.layers) for (const norm of Object.values(layer.norms)) used.add(key(norm.method));
  for (const { lower, upper } of Object.values(inspection.lipschitz)) {
    used.add(key(lower.method));
    if (upper.value !== null) used.add(key(upper.method));
  }
  return notes.filter(({ method }) => used.has(method));
}
