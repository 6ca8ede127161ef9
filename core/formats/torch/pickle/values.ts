import type { Storage, StridedTensor } from '../storage.ts';

/** What a pickle can mean here. No class is looked up and no function is called: a name stays a name. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleObject
  | PickledTensor
  | PickledStorage
  | PickledArray
  | PickledDtype
  | PickledText;

export interface PickleList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

/** dict and everything that derives from it; a set is one without values. */
export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<PickleValue, PickleValue>;
}

/** A class or function that the pickle names: "torch._utils._rebuild_tensor_v2". */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
}

/** An instance of a class that is known to be mere data; its state is what BUILD gives it. */
export interface PickleObject {
  readonly kind: 'object';
  readonly className: string;
  state: PickleValue;
}

export interface PickledTensor {
  readonly kind: 'tensor';
  readonly tensor: StridedTensor;
}

export interface PickledStorage {
  readonly kind: 'storage';
  readonly storage: Storage;
}

/** An array of numpy; its state says its shape and type and holds its bytes. */
export interface PickledArray {
  readonly kind: 'array';
  state: PickleValue;
}

/** The type of an array: "f4"; its state says the order of bytes. */
export interface PickledDtype {
  readonly kind: 'dtype';
  readonly name: string;
  state: PickleValue;
}

/** Bytes as protocol 2 writes them: a text of which each letter is one. */
export interface PickledText {
  readonly kind: 'encoded';
  readonly text: string;
}

export const tuple = (...items: readonly PickleValue[]): PickleTuple => ({ kind: 'tuple', items });

export type PickleKind = Extract<PickleValue, { readonly kind: string }>['kind'];

export const isKind = <K extends PickleKind>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { readonly kind: K }> =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
