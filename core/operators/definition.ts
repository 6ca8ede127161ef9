import type { Norm } from '../bound.ts';
import type { Node } from '../network/network.ts';
import type { Tensor, TensorType } from '../network/tensor.ts';
import type { CentredStep } from './centred/centred-step.ts';
import type { Enclosure } from './enclosure.ts';
import type { LinearMap } from './linear-map.ts';

/**
 * Everything that is known about one operator family, in one file. A new operator is a new file with this object and a line in
 * `index.ts`; shapes, rules, enclosures, documentation and tests all find it from there.
 */
export interface OperatorDefinition {
  /** ONNX names of the operators of this family (standard domain). */
  readonly ops: readonly string[];
  /** What the user calls such a layer in the table ("conv", "activation"), or null for a mere re-arrangement, which is no layer. */
  readonly kind: (node: NodeFacts) => LayerKind | null;
  /** Types of the outputs; only called when the types of all inputs that are present are known. */
  readonly infer: (node: NodeFacts) => readonly TensorType[];
  /** Its output where that follows from the type of the input alone (Shape, Size). */
  readonly known?: (node: NodeFacts) => Tensor;
  /** What the map does to distances. With `ranges`, the rule may use that its inputs stay inside them. */
  readonly rule: (node: NodeFacts, ranges?: Ranges) => LipschitzRule;
  /** Encloses the outputs for inputs anywhere in the given boxes. Absent where the rule is 'affine': then it follows from the map. */
  readonly enclose?: (node: NodeFacts, inputs: Ranges) => readonly Enclosure[];
}

export type LayerKind =
  | 'dense'
  | 'conv'
  | 'transposed conv'
  | 'normalisation'
  | 'activation'
  | 'pooling'
  | 'resize'
  | 'padding'
  | 'scaling'
  | 'attention'
  | 'join'
  | 'other';

/** A node together with what is known about the tensors around it. */
export interface NodeFacts {
  readonly node: Node;
  readonly opset: number;
  /** Type of the i-th input; undefined when absent or unknown. */
  input(index: number): TensorType | undefined;
  /** Type of the i-th output once inferred. */
  output(index: number): TensorType | undefined;
  /** The i-th input when it does not depend on the graph's input. */
  constant(index: number): Tensor | undefined;
}

/** Enclosures of a node's inputs; undefined for absent ones. Constants are enclosed exactly. */
export type Ranges = readonly (Enclosure | undefined)[];

/** How one operator changes distances, as a function of those inputs that depend on the graph's input. */
export type LipschitzRule =
  /** output = W input + offset in one input: its norms are computed, not looked up. */
  | {
      readonly kind: 'affine';
      readonly input: number;
      readonly map: LinearMap;
      /** Where the node has several outputs: the map to one of them. */
      readonly parts?: (output: number) => LinearMap;
      /** Made when asked for: norms do not need it, and it is as large as the output. */
      readonly offset?: () => Offset;
    }
  /** Acts on each element alone with difference quotients inside [lower, upper] (one pair, or one per element). */
  | {
      readonly kind: 'elementwise';
      readonly input: number;
      readonly slopes: Slopes;
      /** On a region: straight lines below and above the function, where there are any. */
      readonly lines?: () => Lines | undefined;
    }
  /** A nonlinear map of one input whose constant has a closed form. */
  | {
      readonly kind: 'gain';
      readonly input: number;
      readonly gains: Readonly<Record<Norm, Gain>>;
      readonly centred?: Centred;
    }
  /** Several inputs: from the constants of the inputs (each relative to the graph's input) to the constant of the output. */
  | {
      readonly kind: 'join';
      readonly inputs: readonly number[];
      readonly combine: (norm: Norm, constants: readonly number[]) => number;
      /** How the inputs are joined, where methods that look at the whole graph at once can use it. */
      readonly exactly?: () => Joined;
      readonly centred?: Centred;
    }
  /** Does not depend on the values of its inputs at all (Shape, Size). */
  | { readonly kind: 'constant' }
  /** No finite constant exists, or none on this region. */
  | { readonly kind: 'unbounded'; readonly reason: string; readonly remedy: string }
  /** The operator is known but this use of it is not understood. */
  | {
      readonly kind: 'unsupported';
      readonly reason: string;
      /** The cause lies in a node before it, whose output has no known shape. */
      readonly follows?: boolean;
    };

/** On a region: changes around the middle of the derivatives; undefined where those are not bounded, or too many. */
export type Centred = () => readonly CentredStep[] | undefined;

/**
 * What becomes of changes of the inputs: the output is the sum of their images, or the largest or smallest of two of them, element
 * by element.
 */
export interface Joined {
  readonly kind: 'sum' | 'largest' | 'smallest';
  /** One for each of the rule's inputs: a factor, which is exact, times a map. */
  readonly images: readonly { readonly factor: number; readonly map: LinearMap }[];
}

export interface Offset {
  readonly values: Float64Array;
  /** Absolute error of any entry, where they had to be computed. */
  readonly error: number;
}

export type Slopes =
  | { readonly kind: 'same'; readonly lower: number; readonly upper: number }
  | { readonly kind: 'each'; readonly lower: Float64Array; readonly upper: Float64Array };

/** Element by element: lowerSlope y + lowerOffset <= z <= upperSlope y + upperOffset for every y in its range. */
export interface Lines {
  readonly lowerSlope: Float64Array;
  readonly lowerOffset: Float64Array;
  readonly upperSlope: Float64Array;
  readonly upperOffset: Float64Array;
}

/** A closed-form constant: upper is proved; lower is attained or approached (0 where nothing better is known). */
export interface Gain {
  readonly lower: number;
  readonly upper: number;
  readonly method: string;
}
