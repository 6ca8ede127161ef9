import { UserError } from '../../sentence.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { Hdf5Object } from '../hdf5/index.ts';
import type { LayerWeights } from '../keras-layers/layer.ts';
import { quoted } from '../wording.ts';

/**
 * The weights of a .keras file: a tree of groups as the Python objects hold each other, in which layers are called by their classes,
 * and variables by their numbers.
 */
export class StoredWeights implements LayerWeights {
  readonly #group: Hdf5Object | undefined;
  readonly #named: NamedGroups;

  constructor(group: Hdf5Object | undefined, named: NamedGroups = new NamedGroups(group)) {
    this.#group = group;
    this.#named = named;
  }

  own(index: number, name: string): Tensor | undefined {
    return this.#group?.members.get('vars')?.members.get(String(index))?.tensor?.(name);
  }

  inside(attribute: string): LayerWeights {
    // Attributes without a public name begin with an underscore.
    const group = this.#group?.members.get(attribute) ?? this.#group?.members.get(`_${attribute}`);
    return new StoredWeights(group, this.#named);
  }

  members(
    attribute: string,
    layers: readonly { readonly className: string; readonly name: string }[],
  ): readonly LayerWeights[] {
    const container = this.#group?.members.get(attribute);
    const counts = new Map<string, number>();
    return layers.map(({ className, name }) => {
      const base = snakeCase((Object.hasOwn(classNames, className) ? classNames[className] : undefined) ?? className);
      const count = counts.get(base) ?? 0;
      counts.set(base, count + 1);
      const key = count === 0 ? base : `${base}_${count}`;
      const group = container?.members.get(key);
      const stated = group?.members.get('vars')?.texts.get('name')?.[0];
      if (stated !== undefined && stated !== name) {
        throw new UserError(
          `The weights of layer ${quoted(name)} are those of ${quoted(stated)}: the parts of the file do not belong together.`,
        );
      }
      return new StoredWeights(group ?? this.#named.find(base, name), this.#named);
    });
  }
}

const deepest = 32;

/** A layer that stands in several models is stored once, where Keras met it first: which may be deep inside another one. */
class NamedGroups {
  readonly #root: Hdf5Object | undefined;
  #groups: ReadonlyMap<string, Hdf5Object> | undefined;

  constructor(root: Hdf5Object | undefined) {
    this.#root = root;
  }

  find(base: string, name: string): Hdf5Object | undefined {
    this.#groups ??= this.#all();
    return this.#groups.get(`${base} ${name}`);
  }

  #all(): ReadonlyMap<string, Hdf5Object> {
    const found = new Map<string, Hdf5Object>();
    const look = (group: Hdf5Object, key: string, depth: number): void => {
      const name = group.members.get('vars')?.texts.get('name')?.[0];
      if (name !== undefined) found.set(`${key.replace(/_\d+$/u, '')} ${name}`, group);
      if (depth < deepest) for (const [inner, member] of group.members) look(member, inner, depth + 1);
    };
    if (this.#root !== undefined) look(this.#root, '', 0);
    return found;
  }
}

/** Classes that the configuration calls otherwise than Python does. */
const classNames: Readonly<Record<string, string | undefined>> = {
  Model: 'Functional',
  GroupQueryAttention: 'GroupedQueryAttention',
};

/** As Keras makes names of classes: Conv2DTranspose is conv2d_transpose. */
export function snakeCase(name: string): string {
  return name
    .replace(/\W+/gu, '')
    .replace(/(.)([A-Z][a-z]+)/gu, '$1_$2')
    .replace(/([a-z])([A-Z])/gu, '$1_$2')
    .toLowerCase();
}
