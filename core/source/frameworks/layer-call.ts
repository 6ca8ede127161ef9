import type { LayerFamily } from '../definition.ts';

/** A layer class of a framework, and under which position or keyword its sizes stand. */
export interface LayerCall {
  readonly family: LayerFamily;
  readonly rank?: number;
  readonly inputs?: Slot;
  readonly outputs?: Slot;
  readonly kernel?: Slot;
  readonly stride?: Slot;
  readonly padding?: Slot;
}

export interface Slot {
  /** `undefined` when it is never given by position, as in the one object that TensorFlow.js takes. */
  readonly position?: number;
  readonly keywords: readonly string[];
}

export type LayerCalls = Readonly<Record<string, LayerCall>>;

export const slot = (position: number, ...keywords: readonly string[]): Slot => ({ position, keywords });

/** Classes of which only the kind is compared with the model. */
export const unsized = (family: LayerFamily, names: string): LayerCalls =>
  Object.fromEntries(names.split(' ').map((name) => [name, { family }]));
