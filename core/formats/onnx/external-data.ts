import type { Tensor } from '../../network/tensor.ts';
import { UserError } from '../../sentence.ts';
import type { ModelFile } from '../format.ts';
import { quoted } from '../wording.ts';

/** A tensor's bytes that stand in another file, after checking that they are really there. */
export function externalBytes(
  entries: ReadonlyMap<string, string>,
  needed: number,
  file: ModelFile,
  where: string,
): Pick<Tensor, 'bytes' | 'part'> {
  const location = entries.get('location') ?? '';
  if (location === '') throw new UserError(`${where} is said to be in another file, but the file is not named.`);
  const offset = wholeNumber('offset', entries, where) ?? 0;
  const length = wholeNumber('length', entries, where) ?? needed;
  if (length !== needed) {
    throw new UserError(
      `${where} needs ${needed} bytes, but ${length} are set aside for it in ${quoted(location)}: export it again.`,
    );
  }
  const companion = file.companion(location);
  if (offset + length > companion.size) {
    throw new UserError(
      `${where} should be bytes ${offset} to ${offset + length} of ${quoted(location)}, but that file has only ${companion.size}: copy it again.`,
    );
  }
  return {
    bytes: () => companion.read(offset, length),
    part: (from, count, room) => companion.read(offset + from, count, room),
  };
}

function wholeNumber(key: string, entries: ReadonlyMap<string, string>, where: string): number | undefined {
  const text = entries.get(key);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new UserError(`${where} is in another file at the impossible ${key} ${quoted(text)}: the file is damaged.`);
}
