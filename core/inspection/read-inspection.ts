import { norms } from '../bound.ts';
import type { Inspection } from '../report/inspection.ts';
import { UserError } from '../sentence.ts';

/** An inspection that somebody hands back: any program may have written it, so its form is looked at before its claims. */
export function readInspection(text: string, name: string): Inspection {
  const value = parsed(text, name);
  const wrong = (what: string): UserError => new UserError(`${name} is not an inspection: ${what}.`);
  if (!isObject(value) || value['format'] !== 'lipschitz-inspection' || value['version'] !== 1)
    throw wrong('its "format" is not "lipschitz-inspection" of version 1');
  const { model, layers, lipschitz, bounds, question, region, norm } = value;
  if (!isObject(model) || !['file', 'sha256'].every((key) => typeof model[key] === 'string'))
    throw wrong('its "model" has no "file" and "sha256"');
  if (!norms.some((known) => known === norm)) throw wrong('its "norm" is not l1, l2 or linf');
  if (typeof region !== 'string') throw wrong('its "region" is not a text');
  if (!Array.isArray(layers) || !layers.every(isLayer)) throw wrong('its "layers" are not a list of layers with norms');
  if (!isObject(lipschitz) || !Object.values(lipschitz).every(isInterval))
    throw wrong('its "lipschitz" is not made of intervals');
  if (!Array.isArray(bounds) || !bounds.every(isBound)) throw wrong('its "bounds" are not a list of bounds');
  if (question !== undefined && !isQuestion(question)) throw wrong('its "question" is not one');
  return value as unknown as Inspection;
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${name} is not JSON.`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumberOrNull = (value: unknown): boolean => value === null || typeof value === 'number';

function isLayer(value: unknown): boolean {
  if (!isObject(value) || typeof value['id'] !== 'string' || typeof value['name'] !== 'string') return false;
  return areNorms(value['norms']) && (value['everywhere'] === undefined || areNorms(value['everywhere']));
}

const areNorms = (value: unknown): boolean =>
  isObject(value) &&
  Object.entries(value).every(
    ([norm, own]) =>
      norms.some((known) => known === norm) &&
      isObject(own) &&
      typeof own['lower'] === 'number' &&
      isNumberOrNull(own['upper']),
  );

const isBound = (value: unknown): boolean =>
  isObject(value) &&
  ['side', 'norm', 'region', 'method', 'rigor'].every((key) => typeof value[key] === 'string') &&
  typeof value['value'] === 'number';

const isQuestion = (value: unknown): boolean =>
  isObject(value) && areAll('string', value['set']) && areAll('number', value['dims']);

const areAll = (type: 'string' | 'number', value: unknown): boolean =>
  value === undefined || (isObject(value) && Object.values(value).every((entry) => typeof entry === type));

function isInterval(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['lower']) || !isObject(value['upper'])) return false;
  const { value: lower, witness } = value['lower'];
  const { value: upper, certificate } = value['upper'];
  return (
    typeof lower === 'number' &&
    (witness === undefined || isWitness(witness)) &&
    isNumberOrNull(upper) &&
    (certificate === undefined || (isObject(certificate) && typeof certificate['kind'] === 'string'))
  );
}

const isWitness = (value: unknown): boolean => isObject(value) && isPoint(value['x']) && isPoint(value['y']);

const isPoint = (value: unknown): boolean => Array.isArray(value) && value.every((entry) => typeof entry === 'number');
