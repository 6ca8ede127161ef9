import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';

/** Packs one of the small extensions of `fixtures/`, which play the other extensions a user has. */
export async function packFixture(name: string, into: string): Promise<string> {
  const packagePath = join(into, `${name}.vsix`);
  const lenient = { dependencies: false, allowMissingRepository: true, skipLicense: true };
  await createVSIX({ cwd: join(import.meta.dirname, 'fixtures', name), packagePath, ...lenient });
  return packagePath;
}
