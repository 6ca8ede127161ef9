import { bytesPerElement } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { quoted } from '../wording.ts';
import { typeOfDtype, typeOfStorage } from './element-types.ts';
import { inertObject, type Meaning } from './pickle/read-pickle.ts';
import { isKind, tuple, type PickleValue } from './pickle/values.ts';
import { checkedTensor, type Storage } from './storage.ts';

/** Whether objects of the classes that a TorchScript archive brings along are known, as data. */
export type Classes = 'none' | 'of the archive';

/** Tensors whose numbers do not stand in their places: they are named, and not read. */
const sparseTensor = 'sparse tensor';
const quantisedTensor = 'quantised tensor';
export const unreadTensors: ReadonlySet<string> = new Set([sparseTensor, quantisedTensor]);

/** The few names of PyTorch that tensors need. Whatever else a pickle calls is refused by its name. */
export function torchMeaning(where: string, classes: Classes): Meaning {
  const meaning: Meaning = {
    call(callee, args) {
      const { name } = callee;
      const known = Object.hasOwn(callables, name) ? callables[name] : undefined;
      if (known !== undefined) return known(args, where, meaning);
      if (classes === 'of the archive' && name.startsWith('__torch__.')) return inertObject(name);
      throw refused(name, where);
    },
    persistent: (id) => ({ kind: 'storage', storage: storageOf(id, where) }),
  };
  return meaning;
}

const refused = (name: string, where: string): UserError =>
  new UserError(
    `${where} calls ${quoted(name)}, which no tensor needs, so it is not read (nothing of it was run): save model.state_dict() and inspect that.`,
  );

type Callable = (args: readonly PickleValue[], where: string, meaning: Meaning) => PickleValue;

const newDict: Callable = ([items]) => {
  const entries = new Map<PickleValue, PickleValue>();
  if (isKind(items, 'dict')) for (const [key, value] of items.entries) entries.set(key, value);
  if (isKind(items, 'list'))
    for (const pair of items.items)
      if (isKind(pair, 'tuple') || isKind(pair, 'list')) entries.set(pair.items[0] ?? null, pair.items[1] ?? null);
  return { kind: 'dict', entries };
};

const newSet: Callable = ([items]) => ({
  kind: 'dict',
  entries: new Map(isKind(items, 'list') ? items.items.map((item) => [item, null]) : []),
});

/** Data beside the weights (arguments, dates, scores), which checkpoints of other people hold; of it nothing is used. */
const aside =
  (className: string): Callable =>
  () =>
    inertObject(className);

const tensor: Callable = ([storage, offset, shape, strides], where) => {
  if (!isKind(storage, 'storage')) throw damaged(where, 'a tensor without numbers');
  return {
    kind: 'tensor',
    tensor: checkedTensor(
      {
        storage: storage.storage,
        offset: integer(offset, where),
        shape: sizes(shape, where),
        strides: sizes(strides, where),
      },
      where,
    ),
  };
};

/** The third version says the type beside the tensor, and its storage counts bytes. */
const typedTensor: Callable = ([storage, offset, shape, strides, , , dtype], where, meaning) => {
  if (!isKind(storage, 'storage') || !isKind(dtype, 'global')) throw damaged(where, 'a tensor without numbers');
  const typeName = dtype.name.replace(/^torch\./u, '');
  const type = typeOfDtype(typeName);
  const { key, type: own, count } = storage.storage;
  const bytes = count * (own === undefined ? 1 : bytesPerElement[own]);
  const typed: Storage = {
    key,
    type,
    typeName,
    count: Math.floor(bytes / (type === undefined ? 1 : bytesPerElement[type])),
  };
  return tensor([{ kind: 'storage', storage: typed }, offset ?? null, shape ?? null, strides ?? null], where, meaning);
};

const firstOf: Callable = ([data], where) => {
  if (!isKind(data, 'tensor')) throw damaged(where, 'a parameter that is no tensor');
  return data;
};

/** A tensor with attributes of its own: what makes it, its class, the arguments. */
const ofType: Callable = ([make, , args], where, meaning) => {
  if (!isKind(make, 'global') || !isKind(args, 'tuple')) throw damaged(where, 'a tensor of unknown making');
  if (make.name === 'torch._tensor._rebuild_from_type_v2') throw refused(make.name, where);
  return meaning.call(make, args.items);
};

const reconstructed: Callable = ([type], where, meaning) => {
  if (!isKind(type, 'global')) throw damaged(where, 'an object of no class');
  if (type.name === 'copyreg._reconstructor' || type.name === 'copy_reg._reconstructor')
    throw refused(type.name, where);
  return meaning.call(type, []);
};

const newArray: Callable = () => ({ kind: 'array', state: null });

/** How protocol 5 writes arrays: their bytes, type, shape and order. */
const arrayFromBuffer: Callable = ([bytes, dtype, shape, order]) => ({
  kind: 'array',
  state: tuple(shape ?? null, dtype ?? null, order === 'F', bytes ?? null),
});

const callables: Readonly<Record<string, Callable>> = {
  'collections.OrderedDict': newDict,
  'collections.Counter': newDict,
  'collections.defaultdict': ([, items], where, meaning) => newDict(items === undefined ? [] : [items], where, meaning),
  'builtins.dict': newDict,
  '__builtin__.dict': newDict,
  'builtins.set': newSet,
  '__builtin__.set': newSet,
  'builtins.frozenset': newSet,
  '__builtin__.frozenset': newSet,
  'torch._utils._rebuild_tensor': tensor,
  'torch._utils._rebuild_tensor_v2': tensor,
  'torch._utils._rebuild_tensor_v3': typedTensor,
  'torch._utils._rebuild_parameter': firstOf,
  'torch._utils._rebuild_parameter_with_state': firstOf,
  'torch._utils._rebuild_sparse_tensor': aside(sparseTensor),
  'torch._utils._rebuild_qtensor': aside(quantisedTensor),
  'torch.nn.parameter.Parameter': firstOf,
  'torch.nn.parameter.Buffer': firstOf,
  'torch._tensor._rebuild_from_type_v2': ofType,
  'torch._tensor._rebuild_from_type': ([make, , args], where, meaning) =>
    ofType([make ?? null, null, args ?? null], where, meaning),
  'torch.Size': ([items]) => items ?? tuple(),
  'torch.device': aside('torch.device'),
  'torch.serialization._get_layout': aside('torch.layout'),
  'torch.jit._pickle.build_intlist': ([items]) => items ?? null,
  'torch.jit._pickle.build_doublelist': ([items]) => items ?? null,
  'torch.jit._pickle.build_boollist': ([items]) => items ?? null,
  'torch.jit._pickle.build_tensorlist': ([items]) => items ?? null,
  'torch.jit._pickle.restore_type_tag': ([value]) => value ?? null,
  'copyreg._reconstructor': reconstructed,
  'copy_reg._reconstructor': reconstructed,
  'argparse.Namespace': aside('argparse.Namespace'),
  'types.SimpleNamespace': aside('types.SimpleNamespace'),
  'pathlib.PosixPath': aside('pathlib.Path'),
  'pathlib.WindowsPath': aside('pathlib.Path'),
  'pathlib._local.PosixPath': aside('pathlib.Path'),
  'datetime.datetime': aside('datetime'),
  'datetime.timedelta': aside('timedelta'),
  'numpy.dtype': ([name]) => ({ kind: 'dtype', name: typeof name === 'string' ? name : '', state: null }),
  'numpy.ndarray': newArray,
  'numpy.core.multiarray.scalar': aside('numpy.scalar'),
  'numpy._core.multiarray.scalar': aside('numpy.scalar'),
  'numpy.core.multiarray._reconstruct': newArray,
  'numpy._core.multiarray._reconstruct': newArray,
  'numpy.core.numeric._frombuffer': arrayFromBuffer,
  'numpy._core.numeric._frombuffer': arrayFromBuffer,
  // How protocol 2 writes bytes.
  '_codecs.encode': ([text]) => (typeof text === 'string' ? { kind: 'encoded', text } : inertObject('bytes')),
};

/** ('storage', class, key, device, count), with one more in the legacy form. */
function storageOf(id: PickleValue, where: string): Storage {
  if (!isKind(id, 'tuple')) throw damaged(where, 'numbers that are nowhere');
  const [kind, type, key, , count, view] = id.items;
  if (kind === 'module') throw refused(isKind(type, 'global') ? type.name : 'a module', where);
  if (kind !== 'storage' || !isKind(type, 'global')) throw damaged(where, 'numbers that are nowhere');
  if (isKind(view, 'tuple'))
    throw new UserError(`${where} shares numbers between storages, as PyTorch before 0.4 did: load and save it again.`);
  const typeName = type.name.split('.').at(-1)!;
  return {
    key: typeof key === 'string' ? key : String(integer(key, where)),
    type: typeOfStorage(typeName),
    typeName: typeName.replace(/Storage$/u, ''),
    count: integer(count, where),
  };
}

function integer(value: PickleValue | undefined, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  if (typeof value === 'number' || typeof value === 'bigint')
    throw damaged(where, `the impossible size ${String(value)}`);
  throw damaged(where, 'a size that is no number');
}

function sizes(value: PickleValue | undefined, where: string): number[] {
  if (isKind(value, 'tuple') || isKind(value, 'list')) return value.items.map((size) => integer(size, where));
  throw damaged(where, 'a shape that is no list');
}

const damaged = (where: string, what: string): UserError =>
  new UserError(`${where} holds ${what}: it is damaged; copy or save it again.`);
