import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { Hdf5Object } from '../hdf5/index.ts';
import { pathOf, type NamedTensor } from '../keras-layers/flat-weights.ts';
import { quoted } from '../wording.ts';

/** The older form of weights: for each layer of the outermost model, its variables in the order of the attribute weight_names. */
export function groupsOf(group: Hdf5Object, fileName: string): ReadonlyMap<string, readonly NamedTensor[]> {
  const names = listed(group, 'layer_names') ?? [...group.members.keys()];
  // What a model made itself stands behind its layers, in a group that is not among them.
  const own = group.members.has(ofModel) && !names.includes(ofModel) ? [ofModel] : [];
  return new Map(
    [...names, ...own].map((name): [string, NamedTensor[]] => {
      const layer = memberAt(group, pathOf(name));
      const weights = layer === undefined ? [] : (listed(layer, 'weight_names') ?? []);
      return [
        name,
        weights.map((weight) => ({ path: pathOf(weight), open: () => openArray(layer!, weight, fileName) })),
      ];
    }),
  );
}

export const ofModel = 'top_level_model_weights';

/** Lists too long for one attribute are cut into several, numbered from 0. */
function listed({ texts }: Hdf5Object, name: string): readonly string[] | undefined {
  const whole = texts.get(name);
  if (whole !== undefined) return whole;
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = texts.get(`${name}${i}`);
    if (part === undefined) return i === 0 ? undefined : parts;
    parts.push(...part);
  }
}

const memberAt = (group: Hdf5Object, path: readonly string[]): Hdf5Object | undefined =>
  path.reduce<Hdf5Object | undefined>((at, part) => at?.members.get(part), group);

function openArray(layer: Hdf5Object, name: string, fileName: string): Tensor {
  const found = memberAt(
    layer,
    name.split('/').filter((part) => part !== ''),
  )?.tensor;
  if (found !== undefined) return found(name);
  throw new UserError(`${fileName} lists the weights ${quoted(name)}, but does not hold them: save it again.`);
}
