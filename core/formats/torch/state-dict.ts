import { elementCount, type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { counted, quoted } from '../wording.ts';
import { unreadTensors } from './meaning.ts';
import { arrayTensor } from './numpy-array.ts';
import { isKind, type PickleValue } from './pickle/values.ts';
import { tensorFrom, type StorageBytes, type StridedTensor } from './storage.ts';

export interface StateDict {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Tensors that are not read, and what they are. */
  readonly foreign: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/** Where training code keeps the weights within a checkpoint, the likeliest first. */
const usualPlaces = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net',
  'network',
  'module',
  'params_ema',
  'params',
  'weights',
  'state',
];
/** What lies beside them and holds tensors as well, but none of the network. */
const neverWeights = /optim|sched|scaler|rng|history|loss/u;
const deepest = 4;

interface Candidate {
  /** Keys from the root. */
  readonly path: readonly string[];
  readonly tensors: readonly (readonly [string, StridedTensor])[];
  /** Names of tensors beside them that are not read, and what they are. */
  readonly unread: readonly (readonly [string, string])[];
}

/** The weights of a model out of whatever a checkpoint holds, and which they are. */
export function findStateDict(root: PickleValue, bytesOf: StorageBytes, where: string): StateDict {
  const candidates = collect(root, where);
  const chosen = nested(best(candidates), candidates);
  const unread = candidates.flatMap((candidate) => candidate.unread);
  if (chosen === undefined || chosen.tensors.length === 0) {
    if (unread.length > 0)
      throw new UserError(`${where} holds no tensors that are read: ${unreadNotes(unread).join(' ')}`);
    throw new UserError(
      `${where} holds no tensors under names, so there are no layers to inspect: save model.state_dict().`,
    );
  }
  return {
    ...named(chosen, bytesOf),
    foreign: new Map([
      ...chosen.tensors.flatMap(([name, { storage }]) =>
        storage.type === undefined ? [[name, storage.typeName] as const] : [],
      ),
      ...chosen.unread,
    ]),
    notes: [...notesOn(chosen, candidates), ...foreign(chosen), ...unreadNotes(chosen.unread)],
  };
}

function collect(root: PickleValue, where: string): Candidate[] {
  const found: Candidate[] = [];
  const visited = new Set<PickleValue>();
  const visit = (value: PickleValue, path: readonly string[]): void => {
    const entries = entriesOf(value);
    if (entries === undefined || visited.has(value) || path.length > deepest) return;
    visited.add(value);
    const tensors: (readonly [string, StridedTensor])[] = [];
    const unread: (readonly [string, string])[] = [];
    const inner: (readonly [string, PickleValue])[] = [];
    for (const [key, one] of entries) {
      const tensor = isKind(one, 'tensor') ? one.tensor : isKind(one, 'array') ? arrayTensor(one, where) : undefined;
      if (tensor !== undefined) tensors.push([key, tensor]);
      else if (isKind(one, 'object') && unreadTensors.has(one.className)) unread.push([key, one.className]);
      else if (!neverWeights.test(key)) inner.push([key, one]);
    }
    if (tensors.length > 0 || unread.length > 0) found.push({ path, tensors, unread });
    for (const [key, one] of inner) visit(one, [...path, key]);
  };
  visit(root, []);
  return found;
}

/** Entries by their names, or by their places in a list. A namespace's attributes are looked through like a dictionary. */
function entriesOf(value: PickleValue): readonly (readonly [string, PickleValue])[] | undefined {
  if (isKind(value, 'list') || isKind(value, 'tuple')) return value.items.map((item, place) => [String(place), item]);
  const dict = isKind(value, 'dict')
    ? value
    : isKind(value, 'object') && isKind(value.state, 'dict')
      ? value.state
      : undefined;
  return dict && [...dict.entries].flatMap(([key, item]) => (typeof key === 'string' ? [[key, item]] : []));
}

function best(candidates: readonly Candidate[]): Candidate | undefined {
  const root = candidates.find(({ path }) => path.length === 0);
  if (root?.tensors.some(([name]) => name.includes('.')) === true) return root;
  const rank = ({ path }: Candidate): number => {
    const place = usualPlaces.indexOf(path[0] ?? '');
    return place === -1 ? usualPlaces.length : place;
  };
  return [...candidates].sort((a, b) => rank(a) - rank(b) || b.tensors.length - a.tensors.length)[0];
}

/** Layers that are dictionaries of their own ({"fc1": {"weight": ..}}), or lists in a list, are one network. */
function nested(chosen: Candidate | undefined, candidates: readonly Candidate[]): Candidate | undefined {
  if (chosen === undefined || chosen.path.length === 0) return chosen;
  const top = chosen.path.slice(0, usualPlaces.includes(chosen.path[0]!) ? 1 : 0);
  const parts = candidates.filter(
    ({ path, tensors }) =>
      top.every((key, depth) => path[depth] === key) && !tensors.some(([name]) => name.includes('.')),
  );
  if (parts.length < 2 || !parts.includes(chosen)) return chosen;
  const full = <T>({ path }: Candidate, [name, one]: readonly [string, T]): readonly [string, T] =>
    [[...path.slice(top.length), name].join('.'), one]; // prettier-ignore
  return {
    path: top,
    tensors: parts.flatMap((part) => part.tensors.map((entry) => full(part, entry))),
    unread: parts.flatMap((part) => part.unread.map((entry) => full(part, entry))),
  };
}

/** What DataParallel puts before every name. */
const wrapper = 'module.';
/** What torch.compile puts before the names within the module that it compiled, wherever that stands: "model._orig_mod.conv". */
const compiled = /(^|\.)_orig_mod\./gu;

function named({ tensors }: Candidate, bytesOf: StorageBytes): Pick<StateDict, 'tensors'> {
  let names = tensors.map(([name]) => name.replaceAll(compiled, '$1'));
  if (new Set(names).size < names.length) names = tensors.map(([name]) => name);
  while (names.length > 0 && names.every((name) => name.startsWith(wrapper)))
    names = names.map((name) => name.slice(wrapper.length));
  return {
    tensors: new Map(
      tensors.flatMap(([, strided], i) => {
        const tensor = tensorFrom(names[i]!, strided, bytesOf);
        return tensor === undefined ? [] : [[names[i]!, tensor]];
      }),
    ),
  };
}

function notesOn(chosen: Candidate, candidates: readonly Candidate[]): string[] {
  if (chosen.path.length === 0 && candidates.length === 1) return [];
  const place = ({ path }: Candidate): string => (path.length === 0 ? 'at the top' : `under ${quoted(path.join('.'))}`);
  const held = new Set(chosen.tensors.map(([, tensor]) => tensor));
  const others = candidates.filter(({ tensors }) => tensors.some(([, tensor]) => !held.has(tensor)));
  const left =
    others.length === 0
      ? ''
      : ` What it holds beside, ${others
          .slice(0, 3)
          .map((other) => `${counted(other.tensors.length, 'tensor')} ${place(other)}`)
          .join(', ')}${others.length > 3 ? ' and more' : ''}, was left aside.`;
  return [`The weights are the ${counted(chosen.tensors.length, 'tensor')} ${place(chosen)} of the checkpoint.${left}`];
}

const foreign = ({ tensors }: Candidate): string[] =>
  tensors
    .filter(([, { storage, shape }]) => storage.type === undefined && elementCount(shape) > 0)
    .slice(0, 3)
    .map(
      ([name, { storage }]) =>
        `The tensor ${quoted(name)} holds numbers of the type ${storage.typeName}, which is not read.`,
    );

const unreadNotes = (unread: Candidate['unread']): string[] =>
  unread.slice(0, 3).map(([name, what]) => `The tensor ${quoted(name)} is a ${what}, which is not read: save it as a dense one.`); // prettier-ignore
