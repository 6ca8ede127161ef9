import type { ElementType } from '../../network/tensor.ts';

type Numeric = Exclude<ElementType, 'string'>;

/** By the names of torch.dtype. */
const dtypes: Readonly<Record<string, Numeric | undefined>> = {
  float32: 'float32',
  float: 'float32',
  float64: 'float64',
  double: 'float64',
  float16: 'float16',
  half: 'float16',
  bfloat16: 'bfloat16',
  float8_e4m3fn: 'float8e4m3fn',
  float8_e4m3fnuz: 'float8e4m3fnuz',
  float8_e5m2: 'float8e5m2',
  float8_e5m2fnuz: 'float8e5m2fnuz',
  float8_e8m0fnu: 'float8e8m0',
  uint8: 'uint8',
  int8: 'int8',
  int16: 'int16',
  short: 'int16',
  int32: 'int32',
  int: 'int32',
  int64: 'int64',
  long: 'int64',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  bool: 'bool',
};

/** By the names of the classes of typed storages. */
const storages: Readonly<Record<string, Numeric | undefined>> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  ByteStorage: 'uint8',
  CharStorage: 'int8',
  ShortStorage: 'int16',
  IntStorage: 'int32',
  LongStorage: 'int64',
  BoolStorage: 'bool',
  // Numbers of any type: the tensor says which.
  UntypedStorage: 'uint8',
};

export const typeOfDtype = (name: string): Numeric | undefined => own(dtypes, name);

export const typeOfStorage = (name: string): Numeric | undefined => own(storages, name);

const own = (table: Readonly<Record<string, Numeric | undefined>>, name: string): Numeric | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
