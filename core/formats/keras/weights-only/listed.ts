import type { NamedTensor } from '../../keras-layers/flat-weights.ts';
import { snakeCase } from '../stored-weights.ts';
import { ofModel } from '../older-groups.ts';
import { classOfName } from './classes.ts';
import type { Owner, Variable } from './owner.ts';

/** The older form lists variables by their names, "net/block/dense/kernel", for each layer of the outermost model. */
export function ownersOfGroups(
  groups: ReadonlyMap<string, readonly NamedTensor[]>,
  classes: ReadonlyMap<string, string>,
): readonly Owner[] {
  return [...groups].flatMap(([layer, entries]) => {
    const owners = new Map<string, { readonly parts: readonly string[]; readonly variables: Variable[] }>();
    for (const { path, open } of entries) {
      const parts = path.slice(0, -1);
      const key = parts.join('/');
      const owner = owners.get(key) ?? { parts, variables: [] };
      owners.set(key, owner);
      owner.variables.push({ name: path.at(-1) ?? layer, tensor: open() });
    }
    return [...owners].map(([path, { parts, variables }]): Owner => {
      const last = parts.at(-1) ?? layer;
      const named = classes.get(last);
      return {
        name: placed(layer, parts),
        path: path === '' ? layer : path,
        className: (named === undefined ? undefined : classOfName(snakeCase(named))) ?? classOfName(last),
        wraps: variables.some(({ name }) => name === 'vector_u'),
        variables,
      };
    });
  });
}

/** Within the layer's group names begin with the model's: "net/first/kernel" is of "first". */
function placed(layer: string, parts: readonly string[]): string {
  if (layer === ofModel) return parts.slice(1).join('.');
  const at = parts.indexOf(layer);
  return (at < 0 ? [layer, ...parts] : parts.slice(at)).join('.');
}
