import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { UserError } from '../../sentence.ts';
import { orderCheckpoints, type CheckpointFile, type OrderedCheckpoints } from './checkpoint-order.ts';

export interface FoundCheckpoints extends OrderedCheckpoints {
  readonly notes: readonly string[];
}

/** Most telling first: where a folder holds the same training twice, the files with a graph are taken. */
const endings = ['.onnx', '.pt2', '.keras', '.h5', '.hdf5', 'model.json', '.safetensors', '.safetensors.index.json', '.pt', '.pth', '.ckpt', '.bin']; // prettier-ignore

/** What training writes beside its models. */
const beside = /^(?:optim(?:izer)?|scheduler|scaler|rng_state|training_args|trainer_state|random_states|sampler)/i;
const shard = /-\d+-of-\d+\.\w+$/;

const deepest = 2;
/** A folder with more is not read to its end. */
const mostFiles = 1000;

/** The checkpoints that a training wrote into a folder or the folders in it, in their order. */
export async function checkpointsIn(folder: string): Promise<FoundCheckpoints> {
  const found = await filesBelow(folder, folder, 0);
  const kinds = new Map<string, CheckpointFile[]>();
  for (const file of found) kinds.set(endingOf(file.name)!, [...(kinds.get(endingOf(file.name)!) ?? []), file]);
  const [kind, ...others] = [...kinds].toSorted(
    ([a, ofA], [b, ofB]) => ofB.length - ofA.length || endings.indexOf(a) - endings.indexOf(b),
  );
  if (kind === undefined) return { order: 'time', checkpoints: [], notes: [] };
  const [ending, files] = kind;
  const { order, checkpoints } = orderCheckpoints(files);
  const notes = others.map(
    ([other, left]) =>
      `${left.length} ${left.length === 1 ? 'file' : 'files'} that ${left.length === 1 ? 'ends' : 'end'} in ${other} ${left.length === 1 ? 'is' : 'are'} left out beside ${files.length} in ${ending}.`,
  );
  if (checkpoints.length <= mostFiles) return { order, checkpoints, notes };
  return {
    order,
    checkpoints: checkpoints.slice(-mostFiles),
    notes: [...notes, `Only the last ${mostFiles} of ${checkpoints.length} checkpoints are looked at.`],
  };
}

/** The files that the user named, whatever they are called. */
export async function checkpointsNamed(paths: readonly string[]): Promise<FoundCheckpoints> {
  const files = await Promise.all(
    paths.map(async (path): Promise<CheckpointFile> => {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) throw new UserError(`${path} is not there.`);
      return { path, name: basename(path), modifiedMs: found.mtimeMs };
    }),
  );
  return { ...orderCheckpoints(files), notes: [] };
}

const endingOf = (name: string): string | undefined =>
  endings
    .filter((ending) => (ending === 'model.json' ? basename(name) === ending : name.toLowerCase().endsWith(ending)))
    .toSorted((a, b) => b.length - a.length)[0];

async function filesBelow(root: string, folder: string, depth: number): Promise<readonly CheckpointFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (depth > 0) return [];
    throw new UserError(`${folder} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : String(error)}).`); // prettier-ignore
  });
  const below = await Promise.all(
    entries.map(async (entry): Promise<readonly CheckpointFile[]> => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return depth < deepest && !entry.name.startsWith('.') && entry.name !== 'node_modules'
          ? filesBelow(root, path, depth + 1)
          : [];
      if (endingOf(entry.name) === undefined || beside.test(entry.name) || shard.test(entry.name)) return [];
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() !== true) return [];
      return [{ path, name: relative(root, path).split(sep).join('/'), modifiedMs: found.mtimeMs }];
    }),
  );
  return below.flat();
}
