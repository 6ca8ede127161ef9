import type { LayerFamily, LiteralArguments, SourceRange } from './definition.ts';

/** What an expression builds, as far as it can be told without running it. */
export type Built =
  | BuiltLayer
  /** An instance of a class that is defined in the same file, or of one we do not know. */
  | { readonly kind: 'module'; readonly className: string }
  | Container
  | { readonly kind: 'unknown' };

export interface BuiltLayer {
  readonly kind: 'layer';
  readonly call: string;
  readonly layer: string;
  readonly family: LayerFamily;
  readonly rank?: number;
  readonly arguments: LiteralArguments;
  /** What stands around it, "spectral_norm". */
  readonly wrapper?: string;
  readonly range: SourceRange;
}

/** Sequential, ModuleList, ModuleDict, a Python list or dictionary. */
export interface Container {
  readonly kind: 'container';
  readonly items: readonly Item[];
}

export interface Item {
  /** An index or a name; `undefined` when the next free index. */
  readonly key?: string;
  readonly built: Built;
  readonly repeated: boolean;
  readonly conditional: boolean;
}

export const unknown: Built = { kind: 'unknown' };

export const container = (items: readonly Item[]): Container => ({ kind: 'container', items });

export const itemOf = (built: Built, key?: string): Item => ({
  built,
  repeated: false,
  conditional: false,
  ...(key === undefined ? {} : { key }),
});
