import { UserError } from '../sentence.ts';
import type { ByteSource } from './format.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The configurations of the largest networks have some ten megabytes. */
const longest = 2 ** 27;
const deepest = 200;

export function readJson(source: ByteSource): Json {
  if (source.size > longest) {
    throw new UserError(`${source.name} has ${source.size} bytes of JSON, more than any model's description.`);
  }
  return parseJson(new TextDecoder().decode(source.read(0, source.size)), source.name);
}

export function parseJson(text: string, name: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new UserError(`${name} is not valid JSON: it is cut off or damaged; save it again.`, { cause: error });
  }
  refuseDeep(value, name);
  return value;
}

/** Whoever walks it may use the call stack afterwards. */
function refuseDeep(value: Json, name: string): void {
  let level: readonly Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest)
      throw new UserError(`${name} nests its JSON deeper than any model does: it is damaged, or made to harm.`);
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values<Json>(item) : []));
  }
}
