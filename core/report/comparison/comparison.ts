import type { Norm, Rigor } from '../../bound.ts';
import type { LayerEntry } from '../inspection.ts';

/**
 * Two inspections beside each other: what `lipschitz compare --json` writes and the Compare tab shows (docs/comparison.schema.json).
 * A contract within version 1: fields are only ever added.
 */
export interface Comparison {
  readonly format: 'lipschitz-comparison';
  readonly version: 1;
  readonly tool: { readonly name: 'lipschitz-inspector'; readonly version: string };
  readonly before: ComparedModel;
  readonly after: ComparedModel;
  readonly norm: Norm;
  readonly region: string;
  /** Of the whole network; null where one of the two files holds layers without a network. */
  readonly network: ComparedPair | null;
  readonly layers: readonly ComparedLayer[];
  /** What qualifies the comparison: inputs of other sizes, questions that differ. */
  readonly notes: readonly string[];
}

export interface ComparedModel {
  readonly file: string;
  readonly sha256: string;
  readonly format: string;
  readonly parameters: number;
}

/** An interval of either kind, a layer's or the network's. */
export interface ComparedInterval {
  readonly lower: number;
  readonly lowerRigor: Rigor;
  readonly upper: number | null;
  /** Absent when there is no upper end. */
  readonly upperRigor?: Rigor;
  /** Why upper is null. */
  readonly reason?: string;
}

/** Same: proved equal. Undecided: the intervals meet, so that either may be the rougher one. */
export type Change = 'rougher' | 'smoother' | 'same' | 'undecided';

/** What lies between the two constants, after over before. */
export interface ComparedPair {
  readonly before: ComparedInterval;
  readonly after: ComparedInterval;
  readonly change: Change;
  /** Of the change as said: certified only where both ends that it rests on are. Absent when it is undecided. */
  readonly rigor?: Rigor;
  readonly ratio: Ratio;
}

/** Holds (constant after) / (constant before). Upper is null where nothing is known that bounds it. */
export interface Ratio {
  readonly lower: number;
  readonly upper: number | null;
}

/** How it is known that two layers are the same one. */
export type Match = 'name' | 'end of the name' | 'order and shape';

export type ComparedLayer = LayerOfBoth | LayerOfOne;

export interface LayerOfBoth {
  readonly in: 'both';
  readonly match: Match;
  readonly before: LayerName;
  readonly after: LayerName;
  readonly weights: WeightsChange;
  /** null where the norm of one is not known. */
  readonly constant: ComparedPair | null;
}

/** Only one of the two models has it. */
export interface LayerOfOne {
  readonly in: 'before' | 'after';
  readonly layer: LayerName;
  readonly constant: ComparedInterval | null;
}

export type LayerName = Pick<LayerEntry, 'id' | 'name' | 'op' | 'kind' | 'outputShape' | 'parameters'>;

/** By the digest of the numbers as the file holds them. */
export type WeightsChange = 'same' | 'changed' | 'none' | 'unknown';
