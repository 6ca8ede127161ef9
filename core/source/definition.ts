/** Where a call stands in the file; lines and columns count from zero, as editors count them. */
export interface SourceRange {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What kind of map a layer class computes; only kinds are compared with the operators of a model. */
export type LayerFamily =
  | 'conv'
  | 'transposed-conv'
  | 'dense'
  | 'normalisation'
  | 'activation'
  | 'pooling'
  | 'recurrent'
  | 'attention'
  | 'embedding'
  | 'rearrangement'
  /** A function or an operator, `F.relu(x)`: a layer of the model without a module in the code. */
  | 'function';

/** The sizes that stand as literals in the call. What is computed at run time is left out, never guessed. */
export interface LiteralArguments {
  readonly inputs?: number;
  readonly outputs?: number;
  readonly kernel?: number | readonly number[];
  readonly stride?: number;
  readonly padding?: number;
  /** 1 unless the call says otherwise; `null` when it says something that is not a literal. */
  readonly groups: number | null;
  /** Keras: `name="fc1"`. */
  readonly name?: string;
}

/** One line of code that makes a layer: `self.conv1 = nn.Conv2d(3, 16, 3)` or an entry of a Sequential. */
export interface LayerDefinition {
  /** The class, function or variable that owns the path. */
  readonly owner: string;
  /** Attribute path relative to the owner, "layer1.0.conv1" as segments; see `anyIndex` and `afterLoop`. */
  readonly path: readonly string[];
  /** As written: "nn.Conv2d". */
  readonly call: string;
  /** "Conv2d" */
  readonly layer: string;
  readonly family: LayerFamily;
  /** Number of spatial axes, where the class fixes it. */
  readonly rank?: number;
  readonly arguments: LiteralArguments;
  /** What stands around it: "spectral_norm". */
  readonly wrapper?: string;
  readonly range: SourceRange;
  /** It stands under an `if`, so that a model may lack it. */
  readonly conditional: boolean;
  /** It stands in a loop, or is built by a function that is called in one: one line for many layers. */
  readonly repeated: boolean;
  /** Lines where the owner's methods call the attribute; exporters record these, not the line of the definition. */
  readonly uses: readonly number[];
}

/** A path segment made in a loop, or the end of one (`Dense_*`): any index fits. */
export const anyIndex = '*';
/** A path segment that follows a loop in the same list: its index is unknown, but it comes after those of the loop. */
export const afterLoop = '+';
