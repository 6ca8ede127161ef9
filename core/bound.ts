export type Norm = 'l1' | 'l2' | 'linf';
export const norms: readonly Norm[] = ['l1', 'l2', 'linf'];

/**
 * certified: holds in exact arithmetic for the weights in the file, the rounding errors of our computation included.
 * numerical: true up to ordinary rounding or convergence. probabilistic: wrong with at most the stated probability over
 * our own random start. estimate: no guarantee.
 */
export type Rigor = 'certified' | 'numerical' | 'probabilistic' | 'estimate';

/** Two points from which anyone can recompute a lower end: |f(x) - f(y)| / |x - y|. */
export interface Witness {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * What an independent checker needs to re-prove an upper end. A method adds its own kind here, and under `inspection/certificates` what
 * checks it.
 */
export type Certificate =
  | ProductCertificate
  | AbsoluteProductsCertificate
  | CentreExpansionCertificate
  | ActivationRegionsCertificate
  | MultipliersCertificate
  | SlopeRecursionCertificate
  | AveragedActivationsCertificate
  | SeqLipCertificate
  | LipOptCertificate
  | LocalExpansionCertificate
  | LocalMultipliersCertificate
  | JacobianRelaxationCertificate
  | RegionSplittingCertificate
  | SlopeSplittingCertificate
  | RowMultipliersCertificate
  | SlopeCornersCertificate;

/** The upper end is the product, along the graph, of the constants of the layers; each was certified on its own. */
export interface ProductCertificate {
  readonly kind: 'product';
  /** Upper end of every layer that takes part, by layer id. */
  readonly layers: Readonly<Record<string, number>>;
}

/** Every activation region lies in one of so many cells, on none of which a Jacobian is larger. */
export interface ActivationRegionsCertificate {
  readonly kind: 'activation-regions';
  readonly cells: number;
}

/**
 * With these factors, one per neuron (or per group of them), the quadratic constraint of every nonlinearity adds up to value^2 |x|^2 - |f|^2 >= 0:
 * doubles, little endian, base64, in the order of the network's nonlinear nodes.
 */
export interface MultipliersCertificate {
  readonly kind: 'multipliers';
  readonly multipliers: string;
}

/** One multiplier for each activation of a chain, in units of the one before it: with them the quadratic constraints add up as above. */
export interface SlopeRecursionCertificate {
  readonly kind: 'slope-recursion';
  readonly ratios: readonly number[];
}

/** What is linear along the middle slopes of a chain, and what the activations add to it; it follows from the model alone. */
export interface AveragedActivationsCertificate {
  readonly kind: 'averaged-activations';
}

/** No slopes of an activation make the halves of the layers around it longer than this, one number for each activation of a chain. */
export interface SeqLipCertificate {
  readonly kind: 'seqlip';
  readonly largest: readonly number[];
}

/**
 * For rows of a chain's Jacobian (in l1: of the transposed one), what each path through the neurons is given for each subset of its variables: floats, little endian, base64.
 * Rows that are missing are bounded around the middles of the slopes.
 */
export interface LipOptCertificate {
  readonly kind: 'lipopt';
  readonly rows: readonly { readonly row: number; readonly given: string }[];
}

/** The largest value that the polynomial of any row takes at a corner of all slopes: it follows from the model, by the same search. */
export interface SlopeCornersCertificate {
  readonly kind: 'slope-corners';
}

/** The sum over all paths from inputs to outputs with absolute values; it follows from the model alone. */
export interface AbsoluteProductsCertificate {
  readonly kind: 'absolute-products';
}

/** The same around the middle of all slopes; it follows from the model alone as well. */
export interface CentreExpansionCertificate {
  readonly kind: 'centre-expansion';
}

/** The expansion of a region, unit by unit; it follows from the model and the region alone. */
export interface LocalExpansionCertificate {
  readonly kind: 'local-expansion';
}

/**
 * With these numbers, one for each unit that bends on the region, and the square of the bound after them, a matrix of the expansion around the middle slopes is
 * positive semidefinite: doubles, little endian, base64.
 */
export interface LocalMultipliersCertificate {
  readonly kind: 'local-multipliers';
  readonly multipliers: string;
}

/** Relaxations of the Jacobian on a region; they follow from the model and the region alone. */
export interface JacobianRelaxationCertificate {
  readonly kind: 'jacobian-relaxation';
}

/**
 * How the region was halved, depth first, the lower half first: a coordinate, or -1 for a part on which the constant is at most the bound. The rest follows from the
 * model and the region.
 */
export interface RegionSplittingCertificate {
  readonly kind: 'region-splitting';
  readonly halvings: readonly number[];
}

/**
 * For every output the units whose slopes were held, depth first, the lower end first: a unit of the expansion, or -1 where the row of the Jacobian is at most the bound. The rest
 * follows from the model and the region.
 */
export interface SlopeSplittingCertificate {
  readonly kind: 'slope-splitting';
  readonly held: readonly (readonly number[])[];
}

/**
 * For every output the numbers of `local-multipliers` and, behind them, the units in which the inputs are measured: doubles, little endian, base64; or null where the relaxation of that row of the
 * Jacobian is at most the bound.
 */
export interface RowMultipliersCertificate {
  readonly kind: 'row-multipliers';
  readonly rows: readonly (string | null)[];
}

export interface CertifiedUpper {
  readonly side: 'upper';
  readonly rigor: 'certified';
  readonly value: number;
  readonly method: string;
  readonly certificate: Certificate;
}

export interface CertifiedLower {
  readonly side: 'lower';
  readonly rigor: 'certified';
  readonly value: number;
  readonly method: string;
  readonly witness: Witness;
}

/** A number that may stand in the list of bounds but never as an end of the interval when a certified one exists. */
export interface WeakerBound {
  readonly side: 'upper' | 'lower';
  readonly rigor: Exclude<Rigor, 'certified'>;
  readonly value: number;
  readonly method: string;
  readonly failure?: number;
  /** Of a lower end that could not be proved, or only in float32. */
  readonly witness?: Witness;
}

export type Bound = CertifiedUpper | CertifiedLower | WeakerBound;

/** Why there is no finite upper end, in words for the user. */
export interface Unbounded {
  readonly node: string;
  readonly op: string;
  readonly reason: string;
  readonly remedy: string;
}

export interface Unsupported {
  readonly node: string;
  readonly op: string;
  readonly reason: string;
}

/** An operator norm as an interval; both ends carry the same rigor, the weaker of the two. */
export interface NormInterval {
  readonly lower: number;
  readonly upper: number;
  readonly rigor: Rigor;
  readonly method: string;
  readonly failure?: number;
}
