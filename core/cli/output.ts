import { writeFile } from 'node:fs/promises';
import { RequestError } from '../sentence.ts';

/** Writes a file that the user named, or standard output for "-". */
export async function writeOutput(target: string, text: string | Uint8Array): Promise<void> {
  if (target !== '-') {
    return writeFile(target, text).catch((error: unknown) => {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new RequestError(`${target} cannot be written (${reason}): choose another place.`);
    });
  }
  // All of it has to leave before the process does, also into a pipe.
  await new Promise<void>((done) => process.stdout.write(text, () => done()));
}
