import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packFixture } from './fixture-extension.ts';
import { startWorkbench, type Workbench, type WorkbenchRequest } from './workbench.ts';

const repository = resolve(import.meta.dirname, '../..');

/** The packed extension under test: the one named in LIPSCHITZ_VSIX, else the newest that `npm run package` has left. */
export async function packedExtension(): Promise<string> {
  const named = process.env['LIPSCHITZ_VSIX'];
  if (named !== undefined) return resolve(named);
  const folders = [repository, join(repository, 'dist')];
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.vsix'));
      const paths = names.map((name) => join(folder, name));
      return Promise.all(paths.map(async (path) => ({ path, written: (await stat(path)).mtimeMs })));
    }),
  );
  const newest = found.flat().toSorted((a, b) => b.written - a.written)[0];
  if (newest === undefined) throw new Error('There is no packed extension to test: run "npm run package" first.');
  return newest.path;
}

export interface InspectorWorkbench extends Workbench {
  /** The folder that is open: a copy of the samples, to be changed as a test likes. */
  readonly folder: string;
}

/** VS Code with the extension, on a copy of the sample models and the code that defines them. */
export async function startInspector({
  beside = [],
  models,
  ...options
}: Pick<WorkbenchRequest, 'settings' | 'theme'> & {
  /** Small extensions of `fixtures/` to be installed too. */
  readonly beside?: readonly string[];
  /** A folder of the repository that stands beside the samples as `models`. */
  readonly models?: string;
} = {}): Promise<InspectorWorkbench> {
  const around = await mkdtemp(join(tmpdir(), 'lipschitz-workspace-'));
  // Its name is in every picture.
  const folder = join(around, 'samples');
  const packed = await mkdtemp(join(tmpdir(), 'lipschitz-fixtures-'));
  try {
    await cp(join(repository, 'samples'), folder, { recursive: true });
    if (models !== undefined) await cp(join(repository, models), join(folder, 'models'), { recursive: true });
    const others = await Promise.all(beside.map((name) => packFixture(name, packed)));
    const workbench = await startWorkbench({
      vsix: [await packedExtension(), ...others],
      workspace: folder,
      ...options,
    });
    // A file that is opened before VS Code knows the extension is shown as "binary", by VS Code itself.
    await workbench.untilOffered('Inspect Lipschitz');
    return {
      ...workbench,
      folder,
      dispose: async () => {
        await workbench.dispose();
        await rm(around, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(around, { recursive: true, force: true });
    throw error;
  } finally {
    await rm(packed, { recursive: true, force: true });
  }
}
