import type { Hdf5Object } from '../../hdf5/index.ts';
import { snakeCase } from '../stored-weights.ts';
import { classOfName } from './classes.ts';
import type { Owner, Variable } from './owner.ts';

const variables = 'vars';
const deepest = 32;

/** The form of Keras 3: groups within groups as the Python objects hold each other, and in each its variables by their numbers. */
export const isTree = (root: Hdf5Object): boolean =>
  root.members.has(variables) || root.members.has('layers') || root.members.has('_layer_checkpoint_dependencies');

/** Lists of layers, in which they are called by their classes; the lists of models have no name in the code. */
const unnamedLists = new Set(['layers', '_layer_checkpoint_dependencies']);

/** `classes` are those of layers whose names the configuration mentions. */
export function ownersOfTree(root: Hdf5Object, classes: ReadonlyMap<string, string>): readonly Owner[] {
  const owners: Owner[] = [];
  const visit = (group: Hdf5Object, key: string, inList: boolean, parts: readonly string[], depth: number): void => {
    const own = group.members.get(variables);
    const stated = own?.texts.get('name')?.[0];
    // What trains the network is no part of it.
    if (/optimizer/u.test(key) || (stated !== undefined && optimizers.test(stated))) return;
    const name = inList ? (stated ?? key) : key;
    const here = key === '' || (own === undefined && unnamedLists.has(key)) ? parts : [...parts, name];
    const found = variablesOf(own);
    if (found.length > 0) {
      const named = stated === undefined ? undefined : classes.get(stated);
      owners.push({
        name: here.join('.'),
        path: group.path.slice(1),
        className:
          (inList ? classOfName(key) : undefined) ??
          (named === undefined ? undefined : classOfName(snakeCase(named))) ??
          (stated === undefined ? undefined : classOfName(stated)),
        wraps: group.members.has('layer'),
        variables: found,
      });
    }
    if (depth === deepest) return;
    const isList = own === undefined && key !== '';
    for (const [inner, member] of inOrder(group))
      if (inner !== variables) visit(member, inner, isList, here, depth + 1);
  };
  visit(root, '', false, [], 0);
  return owners;
}

const optimizers =
  /^(?:adam\w*|nadam|sgd|rmsprop|adagrad|adadelta|ftrl|lion|lamb|muon|loss_scale_optimizer)(?:_\d+)?$/u;

function variablesOf(group: Hdf5Object | undefined): readonly Variable[] {
  const found: Variable[] = [];
  for (let i = 0; ; i++) {
    const member = group?.members.get(String(i));
    if (member?.tensor === undefined) return found;
    found.push({ name: undefined, tensor: member.tensor(member.path.slice(1)) });
  }
}

/** "dense_10" after "dense_2". */
const inOrder = ({ members }: Hdf5Object): readonly (readonly [string, Hdf5Object])[] =>
  [...members].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
