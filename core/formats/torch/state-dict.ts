import { elementCount, type Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import { counted, quoted } from '../wording.ts';
import { isKind, type PickleDict, type PickleValue } from './pickle/values.ts';
import { tensorFrom, type StorageBytes, type StridedTensor } from './storage.ts';

export interface StateDict {
  readonly tensors: ReadonlyMap<string, Tensor>;
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
}

/** The weights of a model out of whatever a checkpoint holds, and which they are. */
export function findStateDict(root: PickleValue, bytesOf: StorageBytes, where: string): StateDict {
  const candidates = collect(root);
  const chosen = best(candidates);
  if (chosen === undefined) {
    throw new UserError(
      `${where} holds no tensors under names, so there are no layers to inspect: save model.state_dict().`,
    );
  }
  return { ...named(chosen, bytesOf), notes: [...notesOn(chosen, candidates), ...foreign(chosen)] };
}

function collect(root: PickleValue): Candidate[] {
  const found: Candidate[] = [];
  const visited = new Set<PickleValue>();
  const visit = (value: PickleValue, path: readonly string[]): void => {
    const dict = dictOf(value);
    if (dict === undefined || visited.has(dict) || path.length > deepest) return;
    visited.add(dict);
    const tensors: (readonly [string, StridedTensor])[] = [];
    for (const [key, inner] of dict.entries) {
      if (typeof key !== 'string') continue;
      if (isKind(inner, 'tensor')) tensors.push([key, inner.tensor]);
      else if (!neverWeights.test(key)) visit(inner, [...path, key]);
    }
    if (tensors.length > 0) found.push({ path, tensors });
  };
  visit(root, []);
  return found;
}

/** A namespace's attributes are looked through like a dictionary. */
const dictOf = (value: PickleValue): PickleDict | undefined =>
  isKind(value, 'dict') ? value : isKind(value, 'object') && isKind(value.state, 'dict') ? value.state : undefined;

function best(candidates: readonly Candidate[]): Candidate | undefined {
  const root = candidates.find(({ path }) => path.length === 0);
  if (root?.tensors.some(([name]) => name.includes('.')) === true) return root;
  const rank = ({ path }: Candidate): number => {
    const place = usualPlaces.indexOf(path[0] ?? '');
    return place === -1 ? usualPlaces.length : place;
  };
  return [...candidates].sort((a, b) => rank(a) - rank(b) || b.tensors.length - a.tensors.length)[0];
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
  const others = candidates.filter((other) => other !== chosen);
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
